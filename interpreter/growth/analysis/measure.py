"""By what number candidates of a search are compared in its pictures and tables.

Distances between images mean something within one resolution only. Divided by what the baseline
has there (thesis 5.5.1) they can be compared across resolutions. Without a baseline they are
divided by the median of the search's own candidates at that resolution, which puts them into one
picture, but says nothing of what a doubling is worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.journal import Candidate


@dataclass(frozen=True)
class Measure:
    """`values` by candidate, of those that have one. `name` is what the numbers are, `short` where
    there is little room; `lower`: less is better; `across`: numbers of different resolutions can be
    compared. `usual`: what is about it is neither good nor bad."""

    criterion: str
    name: str
    short: str
    lower: bool
    across: bool
    values: Mapping[str, float]
    usual: float

    def better(self, one: float, other: float) -> bool:
        return one < other if self.lower else one > other

    def improvement(self, parent: Candidate, child: Candidate) -> float | None:
        """By how much the child is better than its parent: of a distance the part of it that is
        gone (thesis 5.5.2), of anything else the difference. None where they cannot be compared."""
        old, new = self.values.get(parent.id), self.values.get(child.id)
        if old is None or new is None:
            return None
        if not self.across and parent.resolution != child.resolution:
            return None
        if self.relative:
            return 1 - new / old
        return old - new if self.lower else new - old

    @property
    def relative(self) -> bool:
        return self.lower and all(value > 0 for value in self.values.values())


def measure_of(history: History) -> Measure | None:
    """By the first criterion. None where no candidate has a value of it."""
    for goal in history.goals[:1]:
        text, lower = goal.text, goal.direction == "minimize"
        values = {c.id: v for c in history.done if (v := c.values.get(text)) is not None}
        divided = {c.id: v for c in history.done if (v := c.normalised.get(text)) is not None}
        if divided:
            to = f" / that of {history.opening.baseline}"
            return _measure(history, text, lower, True, divided, 1.0, to)
        if values and goal.distance:
            return _within(history, text, lower, values)
        if values:
            return _measure(history, text, lower, True, values, median(values.values()))
    return None


def _within(history: History, text: str, lower: bool, values: Mapping[str, float]) -> Measure:
    """Distances that are divided by no baseline's."""
    sides = {one: history.candidates[one].resolution for one in values}
    medians = {r: median(v for one, v in values.items() if sides[one] == r) for r in sides.values()}
    if len(medians) == 1 or min(medians.values()) <= 0:
        return _measure(history, text, lower, len(medians) == 1, values, median(values.values()))
    shares = {one: value / medians[sides[one]] for one, value in values.items()}
    return _measure(history, text, lower, False, shares, 1.0, " / its median there")


def _measure(
    history: History,
    text: str,
    lower: bool,
    across: bool,
    values: Mapping[str, float],
    usual: float,
    to: str = "",
) -> Measure:
    name = history.name_of(text)
    return Measure(text, name + to, kind(name) + to, lower, across, values, usual)


def kind(name: str) -> str:
    """`Frechet distance` of `Frechet distance (MobileNetV2, n=500)`."""
    return name.partition("(")[0].strip()
