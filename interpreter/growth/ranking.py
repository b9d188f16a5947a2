"""Which candidates are better: by the criteria in their order, as a tuple (thesis 6.3).

A distance between images says something within one resolution only, where it is not divided by the
baseline's at that resolution. Where candidates of several resolutions stand side by side without
such a ratio, each is ranked by its place among those of its own resolution: the best tenth of one
stands beside the best tenth of the other. So of K that are kept each resolution gets its share, and
no number is compared that means something else.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from autodesign.interpreter.growth.journal import Candidate, Goal

Key = tuple[float, ...]


def ordered(criteria: Sequence[Goal], found: Iterable[Candidate]) -> list[Candidate]:
    """Those that are done, best first. Equal ones follow their ids, so the order never depends on
    that in which they were trained."""
    done = [one for one in found if one.outcome == "done"]
    keys = {one.id: _key(criteria, one, ratios=True) for one in done}
    if len({one.resolution for one in done}) > 1 and not _comparable(criteria, done):
        keys = _places(criteria, done)
    return sorted(done, key=lambda one: (keys[one.id], one.id))


def best(criteria: Sequence[Goal], found: Iterable[Candidate]) -> Candidate | None:
    """The best at the highest resolution that any has reached."""
    done = [one for one in found if one.outcome == "done"]
    highest = max((one.resolution for one in done), default=0)
    return next(iter(ordered(criteria, [c for c in done if c.resolution == highest])), None)


def best_at(criteria: Sequence[Goal], found: Iterable[Candidate]) -> dict[int, Candidate]:
    """The best at each resolution."""
    by_resolution: dict[int, list[Candidate]] = {}
    for one in found:
        by_resolution.setdefault(one.resolution, []).append(one)
    ranked = {side: ordered(criteria, those) for side, those in by_resolution.items()}
    return {side: those[0] for side, those in sorted(ranked.items()) if those}


def normalised(
    goals: Sequence[Goal],
    values: Mapping[str, float | None],
    baseline: Candidate | None,
) -> dict[str, float | None]:
    """Distances divided by those of the baseline's best at that resolution, where it has one."""
    if baseline is None:
        return {}
    ratios: dict[str, float | None] = {}
    for goal in (goal for goal in goals if goal.divided):
        value, by = values.get(goal.text), baseline.values.get(goal.text)
        ratios[goal.text] = None if value is None or not by else value / by
    return ratios


def _comparable(criteria: Sequence[Goal], done: Sequence[Candidate]) -> bool:
    return all(
        one.normalised.get(criterion.text) is not None
        for criterion in criteria
        for one in done
        if criterion.distance and one.values.get(criterion.text) is not None
    )


def _key(criteria: Sequence[Goal], one: Candidate, *, ratios: bool) -> Key:
    """Less is better; what is undefined is worst."""
    key = []
    for criterion in criteria:
        value = one.values.get(criterion.text)
        if ratios and one.normalised.get(criterion.text) is not None:
            value = one.normalised[criterion.text]
        sign = 1.0 if criterion.direction == "minimize" else -1.0
        key.append(math.inf if value is None else sign * value)
    return tuple(key)


def _places(criteria: Sequence[Goal], done: Sequence[Candidate]) -> dict[str, Key]:
    """The share of its resolution that is better than each; of equal shares the higher resolution
    is first."""
    places: dict[str, Key] = {}
    for resolution in {one.resolution for one in done}:
        those = [one for one in done if one.resolution == resolution]
        keys = {one.id: _key(criteria, one, ratios=False) for one in those}
        those.sort(key=lambda one: (keys[one.id], one.id))
        for place, one in enumerate(those):
            places[one.id] = ((place + 0.5) / len(those), -resolution)
    return places
