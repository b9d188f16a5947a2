"""Discriminators as modules: images [batch, channels, height, width] in 0..1, scores."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autodesign.stdlib.players.blocks_torch import normalised, side_by_side, start
from autodesign.stdlib.players.discriminators import STRIDED, patch_widths, strided_widths


class Judge(nn.Module):
    """Images in 0..1 through layers that work in -1..1."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        start(layers)
        self.layers = layers

    def forward(self, *images: Tensor) -> Tensor:
        scores: Tensor = self.layers(2 * side_by_side(images) - 1)
        return scores


def PatchGAN(receptive: int, filters: int, norm: str, in_channels: int) -> Judge:
    """Isola et al. (2017), section 6.1.2: C64-C128-C256-C512 for a field of 70 x 70."""
    return Judge(patches(receptive, filters, norm, in_channels))


def patches(receptive: int, filters: int, norm: str, in_channels: int) -> nn.Sequential:
    widths, strided = patch_widths(receptive, filters), STRIDED[receptive]
    layers: list[nn.Module] = []
    for position, (before, after) in enumerate(pairwise((in_channels, *widths))):
        inner = norm if position else "none"
        layers += [
            _convolution(before, after, receptive, 2 if position < strided else 1, inner),
            *normalised(inner, after),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, _convolution(widths[-1], 1, receptive, 1, "none"))


def _convolution(before: int, after: int, receptive: int, stride: int, norm: str) -> nn.Conv2d:
    kernel, padding = (1, 0) if receptive == 1 else (4, 1)
    return nn.Conv2d(before, after, kernel, stride, padding, bias=norm != "batch")


def MultiScalePatchGAN(
    scales: int, receptive: int, filters: int, norm: str, in_channels: int
) -> Judge:
    """Wang et al. (2018), section 3.2."""
    return Judge(Scales([patches(receptive, filters, norm, in_channels) for _ in range(scales)]))


class Scales(nn.Module):
    """Each of several on an image of half the size of the one before; maps of one size."""

    def __init__(self, judges: list[nn.Sequential]) -> None:
        super().__init__()
        self.judges = nn.ModuleList(judges)

    def forward(self, image: Tensor) -> Tensor:
        maps: list[Tensor] = []
        for judge in self.judges:
            found = judge(image)
            maps.append(found if not maps else F.interpolate(found, maps[0].shape[2:]))
            image = F.avg_pool2d(image, 3, stride=2, padding=1, count_include_pad=False)
        return torch.cat(maps, 1)


def GlobalDiscriminator(
    filters: int, norm: str, in_channels: int, layers: int, features: int
) -> Judge:
    """Radford et al. (2016), with a linear layer for the last convolution."""
    halving = _halving(in_channels, strided_widths(layers, filters), norm)
    return Judge(nn.Sequential(*halving, nn.Flatten(), nn.Linear(features, 1)))


def LocalDiscriminator(
    layers: int,
    levels: tuple[int, ...],
    filters: int,
    norm: str,
    in_channels: int,
    features: int,
) -> Judge:
    """Ouyang et al. (2018), section 3.3."""
    halving = _halving(in_channels, strided_widths(layers, filters), norm)
    return Judge(nn.Sequential(*halving, Pyramid(levels), nn.Linear(features, 1)))


def _halving(in_channels: int, widths: tuple[int, ...], norm: str) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for position, (before, after) in enumerate(pairwise((in_channels, *widths))):
        inner = norm if position else "none"
        layers += [
            nn.Conv2d(before, after, 4, stride=2, padding=1, bias=inner != "batch"),
            *normalised(inner, after),
            nn.LeakyReLU(0.2),
        ]
    return layers


class Pyramid(nn.Module):
    """The greatest values in grids of several sizes, as one vector (He et al. 2014)."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, value: Tensor) -> Tensor:
        pooled = [F.adaptive_max_pool2d(value, level).flatten(1) for level in self.levels]
        return torch.cat(pooled, 1)
