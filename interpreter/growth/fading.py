"""How the old gives way to the new while a candidate trains (Karras et al. 2018, figure 2)."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autodesign.stdlib.growth.layers_torch import FadeIn


@dataclass(frozen=True, slots=True)
class Fade:
    """Alpha goes from 0 to 1 in a line over so many `iterations`; real images fade too where it is
    a `doubling` that does."""

    iterations: float
    doubling: bool

    def alpha(self, iteration: int) -> float:
        """The share of the new in an iteration; the first is 0."""
        return iteration / self.iterations if iteration < self.iterations else 1.0


def fading_layers(modules: Iterable[nn.Module]) -> list[FadeIn]:
    return [layer for one in modules for layer in one.modules() if isinstance(layer, FadeIn)]


def blended(images: Tensor, alpha: float) -> Tensor:
    """Images [n, c, h, w] as between two resolutions: half as sharp at alpha 0."""
    coarse = F.interpolate(F.avg_pool2d(images, 2), scale_factor=2, mode="nearest")
    return torch.lerp(coarse, images, alpha)
