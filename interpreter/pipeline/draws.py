"""What a step draws: batches without end from each data set, shuffled anew at each pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl.pipeline import Draw
from autodesign.interpreter.jobs.device import stream
from autodesign.stdlib.data.reading.examples import Examples

FIRST_STREAM = 2
"""Streams of random numbers before it are taken (jobs/learner.py)."""


@dataclass(slots=True)
class Position:
    """Where a draw is in its data: examples already taken in pass number `turn`."""

    turn: int = 0
    taken: int = 0


class Draws:
    """The data of a pipeline's draws, and where each is in it.

    Each draw goes its own way through its data, which depends on the job's seed alone: two draws
    from the same data see different examples. Without a seed all go in order. `rows` are those last
    taken, int64 [count].
    """

    def __init__(self, draws: Sequence[Draw], data: Sequence[Examples], seed: int | None) -> None:
        self.draws, self.data, self.seed = draws, data, seed
        self.positions = [Position() for _ in draws]
        self.rows: dict[int, Tensor] = {}
        self._orders: dict[int, tuple[int, Tensor]] = {}

    def take(self, draw: int, count: int) -> Mapping[str, Tensor]:
        """The next `count` examples of a draw, by field; over the end of a pass where need be."""
        place, parts = self.positions[draw], []
        while count > 0:
            order = self._order(draw, place.turn)
            part = order[place.taken : place.taken + count]
            parts.append(part)
            count -= len(part)
            place.taken += len(part)
            if place.taken == len(order):
                place.turn, place.taken = place.turn + 1, 0
        self.rows[draw] = torch.cat(parts)
        fields = self.data[draw].batch(self.rows[draw])
        return {name: fields[name] for name in self.draws[draw].fields}

    def begin(self, turn: int) -> None:
        """The first draw, by which epochs are counted, begins pass `turn`."""
        self.positions[0] = Position(turn)

    def pass_over(self, count: int) -> None:
        """Takes `count` examples of the first draw without reading them."""
        self.positions[0].taken += count

    def _order(self, draw: int, turn: int) -> Tensor:
        if self.seed is None:
            return torch.arange(len(self.data[draw]))
        found = self._orders.get(draw)
        if found is None or found[0] != turn:
            number = FIRST_STREAM + turn * len(self.draws) + draw
            random = torch.Generator().manual_seed(stream(self.seed, number))
            found = turn, torch.randperm(len(self.data[draw]), generator=random)
            self._orders[draw] = found
        return found[1]

    def state(self) -> list[list[int]]:
        return [[place.turn, place.taken] for place in self.positions]

    def restore(self, saved: Sequence[Sequence[int]]) -> None:
        self.positions = [Position(turn, taken) for turn, taken in saved]
