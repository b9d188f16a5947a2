"""What greedy pruning risks: whether good children come from good parents (thesis 5.5.3)."""

from dataclasses import dataclass

from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.measure import Measure

THRESHOLDS = 11
TRIMMED = 0.05
"""Thresholds lie between the best and the worst children but for this part on either side."""


@dataclass(frozen=True, slots=True)
class Chance:
    """At a threshold that both parents and children must pass to be good: how many children good
    and other parents have, and how many of them are good."""

    threshold: float
    good: tuple[int, int]
    other: tuple[int, int]

    @property
    def of_good(self) -> float | None:
        return self.good[1] / self.good[0] if self.good[0] else None

    @property
    def of_other(self) -> float | None:
        return self.other[1] / self.other[0] if self.other[0] else None


def chances(history: History, measure: Measure) -> list[Chance]:
    """At thresholds over the range of the children's numbers; nothing where all are equal.

    Children without a number are not good; parents without one have no children.
    """
    worst = float("inf") if measure.lower else float("-inf")
    pairs = [
        (measure.values[parent.id], measure.values.get(child.id, worst))
        for parent, child in history.pairs()
        if parent.id in measure.values
    ]
    numbers = sorted(child for _, child in pairs if abs(child) != float("inf"))
    if len(numbers) < 2:
        return []
    cut = int(TRIMMED * len(numbers))
    low, high = numbers[cut], numbers[-1 - cut]
    if low == high:
        return []
    steps = [low + (high - low) * i / (THRESHOLDS - 1) for i in range(THRESHOLDS)]
    return [_chance(threshold, pairs, measure) for threshold in steps]


def _chance(threshold: float, pairs: list[tuple[float, float]], measure: Measure) -> Chance:
    counts = {True: [0, 0], False: [0, 0]}
    for parent, child in pairs:
        count = counts[not measure.better(threshold, parent)]
        count[0] += 1
        count[1] += not measure.better(threshold, child)
    good, other = counts[True], counts[False]
    return Chance(threshold, (good[0], good[1]), (other[0], other[1]))
