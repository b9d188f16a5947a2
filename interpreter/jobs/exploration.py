"""Epsilon-greedy decisions (thesis 2.4.1), from a random generator of their own.

The generator lies on the CPU, so that a job explores alike on every device.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor


class Explorer:
    """Takes the best action, or with a probability any of them, all alike likely.

    `schedule` gives the probability for a node by its name, from the epochs that have passed, a
    real number. `rate` is the greatest in force.
    """

    def __init__(self, schedule: Callable[[str, float], float], seed: int) -> None:
        self.schedule = schedule
        self.random = torch.Generator().manual_seed(seed)
        self.rate, self.epochs = 0.0, 0.0

    def advance(self, epochs: float) -> None:
        self.rate, self.epochs = 0.0, epochs

    def decisions(self, controls: Mapping[str, int], examples: int) -> dict[str, Tensor]:
        """What is decided at random: for control nodes, by their numbers of actions, int64
        [examples], -1 where a node decides by its scores."""
        drawn = {}
        for name, actions in controls.items():
            rate = self.schedule(name, self.epochs)
            self.rate = max(self.rate, rate)
            wanders = torch.rand(examples, generator=self.random) < rate
            anywhere = torch.randint(actions, (examples,), generator=self.random)
            drawn[name] = torch.where(wanders, anywhere, -1)
        return drawn

    def choose(self, name: str, scores: Tensor) -> Tensor:
        """Actions int64 [n] for scores [n, k]; the first best one where there is a tie."""
        best = scores.detach().argmax(1)
        n, k = scores.shape
        rate = self.schedule(name, self.epochs)
        self.rate = max(self.rate, rate)
        wanders = torch.rand(n, generator=self.random) < rate
        anywhere = torch.randint(k, (n,), generator=self.random)
        return torch.where(wanders.to(best.device), anywhere.to(best.device), best)
