"""Epsilon-greedy decisions (thesis 2.4.1), from a random generator of their own.

The generator lies on the CPU, so that a job explores alike on every device.
"""

from collections.abc import Callable

import torch
from torch import Tensor


class Explorer:
    """Takes the best action, or with probability `rate` any of them, all alike likely.

    `schedule` gives the rate from the epochs that have passed, a real number.
    """

    def __init__(self, schedule: Callable[[float], float], seed: int) -> None:
        self.schedule = schedule
        self.random = torch.Generator().manual_seed(seed)
        self.rate = schedule(0.0)

    def advance(self, epochs: float) -> None:
        self.rate = self.schedule(epochs)

    def choose(self, name: str, scores: Tensor) -> Tensor:
        """Actions int64 [n] for scores [n, k]; the first best one where there is a tie."""
        best = scores.detach().argmax(1)
        n, k = scores.shape
        wanders = torch.rand(n, generator=self.random) < self.rate
        anywhere = torch.randint(k, (n,), generator=self.random)
        return torch.where(wanders.to(best.device), anywhere.to(best.device), best)
