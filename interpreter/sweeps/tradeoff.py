"""What a dynamic network's curve is worth against static networks: value against cost.

`docs/sweeps.md` defines both figures for readers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.interpreter.sweeps.result import Mean, SweepResult

WITHIN = 0.005
"""Half a point of a metric that lies between 0 and 1."""

Place = tuple[float, float]
"""A cost and the value that is had for it."""


@dataclass(frozen=True, slots=True)
class Lead:
    """How far a curve lies above another between the costs `low` and `high`.

    `area` is the integral of the difference over the cost, `least` the smallest difference.
    """

    area: float
    low: float
    high: float
    least: float

    @property
    def mean(self) -> float:
        """The mean difference."""
        return self.area / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """A curve against the static networks. `of` says which curve it is, `whole` whether of all
    seeds or of one; `best` is the static network with the greatest value.

    `least_cost` is None where the curve stays more than WITHIN below it; `lead`, with costs as
    shares of the greatest static cost, is None where the two curves have no costs in common.
    """

    of: str
    whole: bool
    best: Mean
    best_value: float
    best_cost: float
    least_cost: float | None
    lead: Lead | None

    @property
    def share(self) -> float | None:
        """The least cost as a share of the best static network's."""
        return None if self.least_cost is None else self.least_cost / self.best_cost

    def __str__(self) -> str:
        """`within half a point of high at 80% of its cost, ...`"""
        best = self.best.label
        near = f"no point within half a point of {best}"
        if self.share is not None:
            near = f"within half a point of {best} at {self.share:.0%} of its cost"
        if self.lead is None:
            return near
        above = f"{abs(self.lead.mean):.4f} {'above' if self.lead.mean >= 0 else 'below'}"
        return f"{near}; on average {above} the static networks"


def least_cost(curve: Sequence[Place], best: float, within: float = WITHIN) -> float | None:
    """The least cost of those places of a curve whose value is at least `best - within`.

    Only places that were measured count: nothing is read off between them. None: there is none.
    """
    enough = [cost for cost, value in curve if value >= best - within]
    return min(enough, default=None)


def hull(places: Sequence[Place]) -> list[Place]:
    """The upper convex hull, from the cheapest place to the first of the greatest value.

    It is what one can have of several networks by choosing one of them at random for each
    example, the probabilities being free (Provost and Fawcett, 2001, for ROC curves).
    """
    found: list[Place] = []
    for place in sorted(dict(sorted(places)).items()):
        while len(found) > 1 and _slope(found[-2], place) >= _slope(found[-2], found[-1]):
            found.pop()
        found.append(place)
    while len(found) > 1 and found[-1][1] <= found[-2][1]:
        found.pop()
    return found


def lead(curve: Sequence[Place], static: Sequence[Place]) -> Lead | None:
    """How far a curve lies above the hull of static networks, over the costs that both have.

    The curve goes straight from each of its places to the next dearer one, so that a poor place
    counts as what it is; equal costs are averaged. Exact: both are piecewise linear. None where
    either is a single point, or they have no interval of costs in common.
    """
    above, below = merged(curve), hull(static)
    if len(above) < 2 or len(below) < 2:
        return None
    low, high = max(above[0][0], below[0][0]), min(above[-1][0], below[-1][0])
    if low >= high:
        return None
    inner = {cost for cost, _ in (*above, *below) if low < cost < high}
    costs = [low, *sorted(inner), high]
    differences = [value_at(above, cost) - value_at(below, cost) for cost in costs]
    area = sum(
        (costs[i + 1] - costs[i]) * (differences[i] + differences[i + 1]) / 2
        for i in range(len(costs) - 1)
    )
    return Lead(area, low, high, min(differences))


def tradeoffs(result: SweepResult, plot: spec.Plot) -> tuple[Tradeoff, ...]:
    """Of each curve, that of the means over seeds, then that of each seed; none where a plot shows
    no value of which more is better against the cost, or nothing static stands beside the sweep."""
    if plot.horizontal.kind != "cost" or not plot.vertical.greater or not result.beside:
        return ()
    found = [
        _tradeoff(", ".join(filter(None, (label, of))), part is family, part, plot)
        for label, family in result.families(plot)
        for of, part in _parts(family)
    ]
    return tuple(one for one in found if one is not None)


def _parts(result: SweepResult) -> Iterator[tuple[str, SweepResult]]:
    """The whole, then each seed by itself where there are several."""
    seeds = result.seeds
    yield ("mean over seeds" if len(seeds) > 1 else ""), result
    if len(seeds) > 1:
        for seed in seeds:
            yield (
                ", ".join(f"{name} {said(value)}" for name, value in seed.items()),
                (result.of_seed(seed)),
            )


def _tradeoff(of: str, whole: bool, result: SweepResult, plot: spec.Plot) -> Tradeoff | None:
    curve = [place for mean in result.means if (place := place_of(mean, plot))]
    beside = [(place, mean) for mean in result.beside_means if (place := place_of(mean, plot))]
    if not curve or not beside:
        return None
    (best_cost, best_value), best = max(beside, key=lambda one: (one[0][1], -one[0][0]))
    most = max(cost for (cost, _), _ in beside) or 1.0
    return Tradeoff(
        of,
        whole,
        best,
        best_value,
        best_cost,
        least_cost(curve, best_value),
        lead(
            [(cost / most, value) for cost, value in curve],
            [(cost / most, value) for (cost, value), _ in beside],
        ),
    )


def place_of(mean: Mean, plot: spec.Plot) -> Place | None:
    """Where a mean lies in a plot."""
    across, up = mean.mean(plot.horizontal), mean.mean(plot.vertical)
    return None if across is None or up is None else (across, up)


def merged(places: Sequence[Place]) -> list[Place]:
    """The places by their costs, those of equal cost averaged."""
    by_cost: dict[float, list[float]] = {}
    for cost, value in places:
        by_cost.setdefault(cost, []).append(value)
    return [(cost, sum(values) / len(values)) for cost, values in sorted(by_cost.items())]


def _slope(left: Place, right: Place) -> float:
    return (right[1] - left[1]) / (right[0] - left[0])


def value_at(path: Sequence[Place], cost: float) -> float:
    """The value of a path at a cost between its ends."""
    for left, right in pairwise(path):
        if cost <= right[0]:
            share = (cost - left[0]) / (right[0] - left[0])
            return left[1] + share * (right[1] - left[1])
    return path[-1][1]
