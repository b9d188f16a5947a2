"""What is told about an epoch of training: means over its steps."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Sums = dict[str, list[float]]
"""By goal: the sum of a number over steps, and in how many of them it was there."""


@dataclass(slots=True)
class Tally:
    """Sums over the steps of an epoch, part of a checkpoint made in the middle of one."""

    losses: Sums = field(default_factory=dict)
    rewards: Sums = field(default_factory=dict)
    undefined: dict[str, int] = field(default_factory=dict)
    bags: int = 0
    skipped_bags: int = 0
    surrogates: dict[str, Sums] = field(default_factory=dict)
    spreads: Sums = field(default_factory=dict)

    def add(
        self,
        losses: Mapping[str, float],
        rewards: Mapping[str, float],
        bags: int,
        skipped_bags: int,
        undefined: Iterable[str] = (),
    ) -> None:
        """Rewards are nan where no bag of the step had one; `undefined` goals have no loss."""
        add(self.losses, losses)
        add(self.rewards, rewards)
        for goal in undefined:
            self.undefined[goal] = self.undefined.get(goal, 0) + 1
        self.bags += bags
        self.skipped_bags += skipped_bags

    def vary(self, spreads: Mapping[str, float]) -> None:
        """Standard deviations of a step's rewards, nan where it had fewer than two."""
        add(self.spreads, spreads)

    def look(self, told: Mapping[str, Mapping[str, float]]) -> None:
        """Numbers of each metric that was looked at in a step (watch.py)."""
        for metric, numbers in told.items():
            add(self.surrogates.setdefault(metric, {}), numbers)

    def record(self) -> dict[str, Any]:
        """Mean losses and rewards by goal; how many batches had no loss, and bags no reward."""
        told: dict[str, Any] = {"losses": means(self.losses)}
        if self.undefined:
            told["skipped_batches"] = dict(self.undefined)
        if self.surrogates:
            told["surrogates"] = {name: means(sums) for name, sums in self.surrogates.items()}
        if self.bags:
            told["rewards"] = means(self.rewards)
            told["bags"], told["skipped_bags"] = self.bags, self.skipped_bags
        if self.spreads:
            told["reward_spreads"] = means(self.spreads)
        return told

    def state(self) -> dict[str, Any]:
        return asdict(self)


def add(sums: Sums, numbers: Mapping[str, float]) -> None:
    """Takes numbers into sums; those that are nan are left out."""
    for goal, number in numbers.items():
        if not math.isnan(number):
            total, count = sums.get(goal, (0.0, 0))
            sums[goal] = [total + number, count + 1]


def means(sums: Sums) -> dict[str, float]:
    """By goal: the mean of what was added."""
    return {goal: total / count for goal, (total, count) in sums.items()}
