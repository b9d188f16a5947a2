"""What generators and discriminators are put together from."""

import torch
from torch import Tensor, nn

DEVIATION = 0.02
SHY = -2.0
"""The bias of opacities: a blending generator starts by changing about an eighth of each pixel."""


def normalised(norm: str, channels: int) -> list[nn.Module]:
    """The normalisation by its name, or nothing."""
    if norm == "none":
        return []
    return [nn.InstanceNorm2d(channels) if norm == "instance" else nn.BatchNorm2d(channels)]


def start(module: nn.Module) -> None:
    """Normally distributed weights, and biases of zero."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, std=DEVIATION)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def side_by_side(images: tuple[Tensor, ...]) -> Tensor:
    """The channels of all images; what comes as one example is repeated."""
    batch = max(len(image) for image in images)
    return torch.cat([image.expand(batch, *image.shape[1:]) for image in images], 1)


class Painter(nn.Module):
    """Images in 0..1 through layers that work in -1..1, to an image in 0..1.

    The layers give `channels`, and with `blend` one more: how opaque the image is that they give,
    over the first source.
    """

    def __init__(self, layers: nn.Module, channels: int, blend: bool) -> None:
        super().__init__()
        start(layers)
        self.layers, self.channels, self.blend = layers, channels, blend

    def forward(self, *images: Tensor) -> Tensor:
        made: Tensor = self.layers(2 * side_by_side(images) - 1)
        # (tanh(v) + 1) / 2 is the sigmoid of 2 v
        image = torch.sigmoid(2 * made[:, : self.channels])
        if not self.blend:
            return image
        opacity = torch.sigmoid(made[:, self.channels :] + SHY)
        return opacity * image + (1 - opacity) * images[0]
