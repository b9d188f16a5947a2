"""The moving average of a generator's weights, from which images are shown and judged."""

import copy

import torch
from torch import Tensor, nn


class Average:
    """Weights `w` that follow those of a module: w <- share * w + (1 - share) * its own.

    The share is `ema`. While the average is `young` it is (1 + t) / (10 + t) in the first
    iterations t where that is less: the weights that it began with, fresh ones among them, are soon
    forgotten.
    """

    def __init__(self, module: nn.Module, ema: float) -> None:
        self.ema, self.module = ema, copy.deepcopy(module).requires_grad_(False)
        self.young = True
        self._own: list[Tensor] = list(self.module.parameters())
        self._followed = [one.detach() for one in module.parameters()]
        self._kept = list(self.module.buffers())
        self._seen = list(module.buffers())

    def follow(self, iteration: int) -> None:
        """After an iteration; statistics such as those of BatchNorm are taken as they are."""
        share = min(self.ema, (1 + iteration) / (10 + iteration)) if self.young else self.ema
        with torch.no_grad():
            torch._foreach_lerp_(self._own, self._followed, 1 - share)
            if self._kept:
                torch._foreach_copy_(self._kept, self._seen)
