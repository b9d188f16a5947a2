"""How long a run is, for schedules that stretch over all of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Length:
    """`epochs` of `steps_per_epoch` optimiser steps each."""

    epochs: int
    steps_per_epoch: int

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch
