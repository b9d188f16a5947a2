"""Where the boxes of each rank stand from left to right, their order given."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import Protocol

SWEEPS = 80
STRAIGHT = 8.0
"""How much more an edge that passes a rank is to be straight, than one between two boxes."""


class Wide(Protocol):
    @property
    def left(self) -> float: ...
    @property
    def right(self) -> float: ...


def places(
    boxes: Sequence[Wide],
    rows: Sequence[Sequence[int]],
    edges: Sequence[tuple[int, int]],
    real: int,
    gap: float,
) -> list[float]:
    """The middle of each box. The first `real` ones are boxes, the others edges that pass a rank.

    Rank by rank, each box is moved to the mean of what it is joined to, as near as its neighbours
    allow: the least sum of squares for a rank, found exactly, and again for the next one.
    """
    joined: list[list[tuple[int, float]]] = [[] for _ in boxes]
    for source, target in edges:
        weight = STRAIGHT ** ((source >= real) + (target >= real))
        joined[source].append((target, weight))
        joined[target].append((source, weight))
    x = [0.0] * len(boxes)
    for row in rows:
        _put(row, [0.0] * len(row), [1.0] * len(row), boxes, gap, x)
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted, weights = [], []
            for box in row:
                total = sum(weight for _, weight in joined[box])
                mean = sum(x[other] * weight for other, weight in joined[box])
                wanted.append(mean / total if total else x[box])
                weights.append(total or 0.01)
            _put(row, wanted, weights, boxes, gap, x)
    for _ in range(3):
        _straighten(boxes, rows, edges, real, gap, x)
    first = min((x[i] - box.left for i, box in enumerate(boxes)), default=0.0)
    return [round(one - first, 2) for one in x]


def _put(
    row: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    boxes: Sequence[Wide],
    gap: float,
    x: list[float],
) -> None:
    """The places nearest to those wanted that keep order and distance: isotonic regression, by
    pooling neighbours that would overlap."""
    offsets: list[float] = []
    for i, box in enumerate(row):
        apart = boxes[row[i - 1]].right + boxes[box].left + gap if i else 0.0
        offsets.append(offsets[-1] + apart if i else 0.0)
    pools: list[tuple[float, float, int]] = []
    for goal, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, mass, count = goal - offset, weight, 1
        while pools and pools[-1][0] >= mean:
            before, held, members = pools.pop()
            mean = (before * held + mean * mass) / (held + mass)
            mass, count = mass + held, count + members
        pools.append((mean, mass, count))
    steps = [mean for mean, _, count in pools for _ in range(count)]
    for box, step, offset in zip(row, steps, offsets, strict=True):
        x[box] = step + offset


def _straighten(
    boxes: Sequence[Wide],
    rows: Sequence[Sequence[int]],
    edges: Sequence[tuple[int, int]],
    real: int,
    gap: float,
    x: list[float],
) -> None:
    """Puts the parts of a long edge exactly below each other, as far down as there is room."""
    room = _Room(boxes, rows, gap)
    below = {source: target for source, target in edges if source >= real and target >= real}
    beginnings = below.keys() - below.values()
    for lane in sorted(beginnings):
        low, high, run = -inf, inf, list[int]()
        while True:
            least, most = room.around(lane, x)
            if max(low, least) > min(high, most):
                _set(run, low, high, x)
                low, high, run = -inf, inf, []
            low, high = max(low, least), min(high, most)
            run.append(lane)
            if lane not in below:
                break
            lane = below[lane]
        _set(run, low, high, x)


def _set(run: Sequence[int], low: float, high: float, x: list[float]) -> None:
    middle = sorted(x[one] for one in run)[len(run) // 2]
    for one in run:
        x[one] = min(max(middle, low), high)


class _Room:
    """How far a box can move between its neighbours."""

    def __init__(self, boxes: Sequence[Wide], rows: Sequence[Sequence[int]], gap: float) -> None:
        self.boxes, self.gap = boxes, gap
        self.left = {b: a for row in rows for a, b in pairwise(row)}
        self.right = {a: b for row in rows for a, b in pairwise(row)}

    def around(self, box: int, x: Sequence[float]) -> tuple[float, float]:
        boxes, left, right = self.boxes, self.left.get(box), self.right.get(box)
        least = -inf if left is None else x[left] + boxes[left].right + boxes[box].left + self.gap
        most = inf if right is None else x[right] - boxes[right].left - boxes[box].right - self.gap
        return least, max(least, most)
