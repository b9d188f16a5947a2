"""What a search has cost, and what it had when."""

from collections.abc import Sequence
from dataclasses import dataclass

from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.journal import Candidate, Goal


@dataclass(frozen=True, slots=True)
class Totals:
    """`lost` are candidates that diverged or failed. `images` were trained on, by all candidates;
    `seconds` are those of all candidates, one after the other."""

    candidates: int
    lost: int
    images: int
    seconds: float
    steps: int


@dataclass(frozen=True, slots=True)
class Progress:
    """The best value of a criterion at a resolution, whenever it became better: after how many
    candidates of the search, after how many of their seconds."""

    resolution: int
    candidates: tuple[int, ...]
    seconds: tuple[float, ...]
    values: tuple[float, ...]


def totals(candidates: Sequence[Candidate]) -> Totals:
    return Totals(
        len(candidates),
        sum(one.outcome != "done" for one in candidates),
        sum(one.images for one in candidates),
        sum(one.seconds for one in candidates),
        len({one.step for one in candidates}),
    )


def progress(history: History, goal: Goal) -> list[Progress]:
    """One for each resolution; the last place of each is where the search stands now."""
    candidates = list(history.candidates.values())
    sides = sorted({one.resolution for one in candidates if _value(one, goal) is not None})
    return [_progress(candidates, goal, side) for side in sides]


def _progress(candidates: Sequence[Candidate], goal: Goal, side: int) -> Progress:
    places: list[tuple[int, float, float]] = []
    seconds, sign = 0.0, 1 if goal.direction == "minimize" else -1
    for number, one in enumerate(candidates, 1):
        seconds += one.seconds
        value = _value(one, goal)
        if value is None or one.resolution != side:
            continue
        if not places or sign * value < sign * places[-1][2]:
            places.append((number, seconds, value))
    places.append((len(candidates), seconds, places[-1][2]))
    numbers, times, values = zip(*places, strict=True)
    return Progress(side, numbers, times, values)


def _value(one: Candidate, goal: Goal) -> float | None:
    return one.values.get(goal.text) if one.outcome == "done" else None
