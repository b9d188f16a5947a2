"""What is told about an epoch of training: means over its steps."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """Sums over the steps of an epoch, part of a checkpoint made in the middle of one."""

    steps: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    rewards: dict[str, float] = field(default_factory=dict)
    rewarded: dict[str, int] = field(default_factory=dict)
    bags: int = 0
    skipped_bags: int = 0

    def add(
        self,
        losses: Mapping[str, float],
        rewards: Mapping[str, float],
        bags: int,
        skipped_bags: int,
    ) -> None:
        """Rewards are nan where no bag of the step had one."""
        self.steps += 1
        self.bags += bags
        self.skipped_bags += skipped_bags
        for goal, loss in losses.items():
            self.losses[goal] = self.losses.get(goal, 0.0) + loss
        for goal, reward in rewards.items():
            if not math.isnan(reward):
                self.rewards[goal] = self.rewards.get(goal, 0.0) + reward
                self.rewarded[goal] = self.rewarded.get(goal, 0) + 1

    def record(self) -> dict[str, Any]:
        """Mean losses and rewards by goal, and how many bags had no reward."""
        told: dict[str, Any] = {
            "losses": {goal: total / self.steps for goal, total in self.losses.items()}
        }
        if self.bags:
            told["rewards"] = {g: t / self.rewarded[g] for g, t in self.rewards.items()}
            told["bags"], told["skipped_bags"] = self.bags, self.skipped_bags
        return told

    def state(self) -> dict[str, Any]:
        return asdict(self)
