"""Sliced Wasserstein distance between patches of images, as Karras et al. 2018 measured it."""

from typing import Any

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 7
COARSEST = 16
AT_ONCE = 1 << 26
"""Numbers that are sorted at a time"""


def pyramid(images: Tensor) -> list[Tensor]:
    """Levels of a Laplacian pyramid (Burt & Adelson 1983), the finest first: each holds what the
    next coarser one, enlarged, does not. The last is the image itself at 16 x 16 or its least."""
    levels = []
    while min(images.shape[2:]) >= 2 * COARSEST and not any(n % 2 for n in images.shape[2:]):
        coarser = smaller(images)
        levels.append(images - larger(coarser))
        images = coarser
    return [*levels, images]


def smaller(images: Tensor) -> Tensor:
    """Smoothed, and every other pixel."""
    return smoothed(images)[:, :, ::2, ::2]


def larger(images: Tensor) -> Tensor:
    """Twice as large: zeros between pixels, smoothed."""
    n, channels, height, width = images.shape
    wide = images.new_zeros(n, channels, 2 * height, 2 * width)
    wide[:, :, ::2, ::2] = 4 * images
    return smoothed(wide)


def smoothed(images: Tensor) -> Tensor:
    """With the binomial filter 1 4 6 4 1 in both directions; edges are mirrored."""
    line = torch.tensor([1, 4, 6, 4, 1], dtype=images.dtype, device=images.device) / 16
    channels = images.shape[1]
    filters = torch.outer(line, line).expand(channels, 1, 5, 5)
    return F.conv2d(F.pad(images, (2, 2, 2, 2), mode="reflect"), filters, groups=channels)


class Patches(nn.Module):
    """Patches of 7 x 7 at random places of each level, [n, levels, patches, channels, 7, 7].

    The places are the same for the images of every call. Smaller images are a patch as they are.
    """

    def __init__(self, patches: int) -> None:
        super().__init__()
        self.patches = patches

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        return torch.stack([cut(level, self.patches) for level in pyramid(images)], 1), None


def cut(images: Tensor, patches: int) -> Tensor:
    """[n, patches, channels, 7, 7]"""
    n, _, height, width = images.shape
    side = min(SIDE, height, width)
    random = torch.Generator().manual_seed(0)
    tops, lefts = (
        torch.randint(0, size - side + 1, (n, patches, 1, 1), generator=random)
        for size in (height, width)
    )
    down = torch.arange(side).view(1, 1, side, 1)
    across = torch.arange(side).view(1, 1, 1, side)
    which = torch.arange(n).view(n, 1, 1, 1)
    # advanced indexing puts the indexed dimensions first: [n, patches, 7, 7, channels]
    found = images.permute(0, 2, 3, 1)[which, tops + down, lefts + across]
    return found.permute(0, 1, 4, 2, 3)


def standardised(patches: Tensor) -> Tensor:
    """[n, patches, channels, 7, 7] as [n * patches, channels * 7 * 7]: each channel has mean 0 and
    deviation 1 over all of them."""
    flat = patches.flatten(0, 1)
    mean = flat.mean((0, 2, 3), keepdim=True)
    spread = flat.std((0, 2, 3), correction=0, keepdim=True)
    return ((flat - mean) / spread.clamp(min=1e-8)).flatten(1)  # collapsed images have none


def wasserstein(some: Tensor, others: Tensor, directions: int) -> float:
    """The mean distance of [m, d] and [m, d] along random directions: sorted, they are matched."""
    random = torch.Generator().manual_seed(1)
    drawn = torch.randn(some.shape[1], directions, generator=random).to(some)
    drawn = drawn / drawn.norm(dim=0)
    total = 0.0
    for part in drawn.split(max(1, AT_ONCE // len(some)), 1):
        one, other = (in_order(part.T @ x.T) for x in (some, others))
        total += float(numpy.abs(one - other).mean(1, dtype=numpy.float64).sum())
    return total / directions


def in_order(rows: Tensor) -> Any:
    """Each row sorted. numpy does it four times as fast as torch on a CPU."""
    return numpy.sort(rows.numpy(), 1)
