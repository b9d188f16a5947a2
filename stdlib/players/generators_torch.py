"""Generators as modules: images [batch, channels, height, width] in 0..1, an image in 0..1."""

import torch
from torch import Tensor, nn

from autodesign.stdlib.players.blocks_torch import Painter, normalised
from autodesign.stdlib.players.generators import unet_widths


def ResnetGenerator(
    blocks: int, filters: int, channels: int, norm: str, blend: bool, in_channels: int
) -> Painter:
    """Johnson et al. (2016), section 4; its names in CycleGAN: c7s1-64, d128, d256, R256 ..."""
    f, bias = filters, norm != "batch"
    layers: list[nn.Module] = [
        nn.ReflectionPad2d(3),
        nn.Conv2d(in_channels, f, 7, bias=bias),
        *normalised(norm, f),
        nn.ReLU(),
    ]
    for width in (f, 2 * f):
        convolution = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=bias)
        layers += [convolution, *normalised(norm, 2 * width), nn.ReLU()]
    layers += [Residual(4 * f, norm, bias) for _ in range(blocks)]
    for width in (4 * f, 2 * f):
        back = nn.ConvTranspose2d(
            width, width // 2, 3, stride=2, padding=1, output_padding=1, bias=bias
        )
        layers += [back, *normalised(norm, width // 2), nn.ReLU()]
    layers += [nn.ReflectionPad2d(3), nn.Conv2d(f, channels + blend, 7)]
    return Painter(nn.Sequential(*layers), channels, blend)


class Residual(nn.Module):
    """Two 3x3 convolutions, added to what they are given."""

    def __init__(self, width: int, norm: str, bias: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, bias=bias),
            *normalised(norm, width),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, bias=bias),
            *normalised(norm, width),
        )

    def forward(self, value: Tensor) -> Tensor:
        changed: Tensor = value + self.layers(value)
        return changed


def UnetGenerator(
    depth: int,
    filters: int,
    channels: int,
    norm: str,
    dropout: float,
    blend: bool,
    in_channels: int,
) -> Painter:
    """Isola et al. (2017), section 6.1.1."""
    widths = unet_widths(filters, depth)
    return Painter(Unet(in_channels, widths, channels + blend, norm, dropout), channels, blend)


class Unet(nn.Module):
    """Down through the widths and back up, each step up beside what came down at its size."""

    def __init__(
        self, before: int, widths: tuple[int, ...], after: int, norm: str, dropout: float
    ) -> None:
        super().__init__()
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        last = len(widths) - 1
        for level, width in enumerate(widths):
            above = widths[level - 1] if level else before
            self.down.append(_down(above, width, norm, level, last))
            result = widths[level - 1] if level else after
            seen = width if level == last else 2 * width
            dropped = dropout if 4 <= level < last else 0.0
            self.up.append(_up(seen, result, norm if level else "none", level == 0, dropped))

    def forward(self, image: Tensor) -> Tensor:
        kept = [image]
        for step in self.down:
            kept.append(step(kept[-1]))
        value: Tensor = self.up[-1](kept.pop())
        for step in reversed(self.up[:-1]):
            value = step(torch.cat([kept.pop(), value], 1))
        return value


def _down(before: int, after: int, norm: str, level: int, last: int) -> nn.Sequential:
    """The outermost is not normalised, and the innermost, which may be a single pixel."""
    inner = norm if 0 < level < last else "none"
    convolution = nn.Conv2d(before, after, 4, stride=2, padding=1, bias=norm != "batch")
    first = [nn.LeakyReLU(0.2)] if level else []
    return nn.Sequential(*first, convolution, *normalised(inner, after))


def _up(before: int, after: int, norm: str, outermost: bool, dropout: float) -> nn.Sequential:
    bias = outermost or norm != "batch"
    back = nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=bias)
    dropped = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(nn.ReLU(), back, *normalised(norm, after), *dropped)
