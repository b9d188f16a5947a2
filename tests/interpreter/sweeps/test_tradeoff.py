"""What a curve is worth against static networks, by its definition in docs/sweeps.md."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy
import pytest

from autodesign.interpreter.sweeps.result import SweepResult
from autodesign.interpreter.sweeps.tradeoff import hull, lead, least_cost, tradeoffs

MadeUp = Callable[..., SweepResult]


def test_the_least_cost_is_that_of_a_measured_place_within_half_a_point() -> None:
    curve = [(10.0, 0.80), (40.0, 0.9449), (50.0, 0.945), (70.0, 0.97)]
    assert least_cost(curve, 0.95) == 50
    assert least_cost(curve, 0.95, within=0.01) == 40
    assert least_cost(curve, 0.98) is None
    assert least_cost([], 0.5) is None


def test_the_hull_leaves_out_what_a_mixture_of_others_beats() -> None:
    places = [(1.0, 0.5), (2.0, 0.55), (3.0, 0.9), (4.0, 0.8), (5.0, 0.9)]
    assert hull(places) == [(1.0, 0.5), (3.0, 0.9)]
    assert hull([(1.0, 0.9), (2.0, 0.8)]) == [(1.0, 0.9)], "dearer and worse"
    assert hull([(1.0, 0.7), (1.0, 0.9)]) == [(1.0, 0.9)]
    assert hull([]) == []


def test_the_hull_is_what_mixtures_of_two_reach() -> None:
    """Against the definition: at each cost, the best of all pairs mixed to that cost."""
    rng = random.Random(0)
    for _ in range(50):
        places = [(rng.uniform(1, 9), rng.random()) for _ in range(rng.randint(2, 7))]
        outline = hull(places)
        xs, ys = zip(*outline, strict=True)
        for cost in numpy.linspace(xs[0], xs[-1], 7):
            mixtures = [
                a[1] + (cost - a[0]) / (b[0] - a[0]) * (b[1] - a[1])
                for a in places
                for b in places
                if a[0] <= cost <= b[0] and a[0] < b[0]
            ] + [value for at, value in places if at == cost]
            # 1e-9: both round a few times in double precision
            assert numpy.interp(cost, xs, ys) == pytest.approx(max(mixtures), abs=1e-9)


def test_the_lead_of_a_known_triangle() -> None:
    static = [(0.0, 0.0), (10.0, 1.0)]
    found = lead([(0.0, 0.0), (5.0, 1.0), (10.0, 1.0)], static)
    assert found is not None
    assert (found.area, found.low, found.high, found.least) == (2.5, 0, 10, 0)  # base 10, height .5
    assert found.mean == 0.25


def test_the_lead_counts_poor_places_and_only_common_costs() -> None:
    static = [(2.0, 0.5), (6.0, 0.9)]
    found = lead([(0.0, 0.9), (4.0, 0.5), (8.0, 0.9)], static)
    assert found is not None and (found.low, found.high) == (2, 6)
    # at 2: .7 - .5, at 4: .5 - .7, at 6: .7 - .9; straight between them
    assert found.area == pytest.approx(2 * (0.2 - 0.2) / 2 + 2 * (-0.2 - 0.2) / 2)
    assert found.least == pytest.approx(-0.2)


def test_the_lead_is_the_integral_of_the_difference() -> None:
    rng = random.Random(1)
    for _ in range(30):
        curve = sorted((rng.uniform(0, 10), rng.random()) for _ in range(5))
        static = sorted((rng.uniform(0, 10), rng.random()) for _ in range(4))
        found = lead(curve, static)
        if found is None:
            continue
        costs = numpy.linspace(found.low, found.high, 100_001)
        difference = numpy.interp(costs, *zip(*curve, strict=True)) - numpy.interp(
            costs, *zip(*hull(static), strict=True)
        )
        # the trapezia of 1e5 steps err where the slope changes, by less than 1e-6 here
        assert found.area == pytest.approx(numpy.trapezoid(difference, costs), abs=1e-6)
        assert found.least == pytest.approx(difference.min(), abs=1e-3)


@pytest.mark.parametrize(
    ("curve", "static"),
    [
        ([(1.0, 0.5)], [(0.0, 0.1), (2.0, 0.9)]),
        ([(0.0, 0.5), (1.0, 0.6)], [(0.5, 0.9)]),
        ([(0.0, 0.5), (1.0, 0.6)], [(1.0, 0.1), (2.0, 0.9)]),
        ([], []),
    ],
)
def test_there_is_no_lead_without_costs_in_common(
    curve: list[tuple[float, float]], static: list[tuple[float, float]]
) -> None:
    assert lead(curve, static) is None


def test_a_sweep_is_weighed_by_its_means_and_seed_by_seed(made_up: MadeUp) -> None:
    found = made_up(
        {
            (0.2, 0): (0.80, 200),
            (0.2, 1): (0.82, 220),
            (0.9, 0): (0.96, 400),
            (0.9, 1): (0.94, 420),
        },
        {("low", None): (0.70, 100), ("high", 0): (0.95, 800), ("high", 1): (0.97, 800)},
    )
    mean, first, second = tradeoffs(found, found.sweep.plots[0])
    assert (mean.of, first.of, second.of) == ("mean over seeds", "seed 0", "seed 1")
    assert mean.best.job == "high" and mean.best_value == pytest.approx(0.96)
    assert (mean.least_cost, first.least_cost, second.least_cost) == (None, 400, None)
    assert first.share == 0.5 and mean.share is None
    assert (mean.whole, first.whole) == (True, False)
    assert str(first).startswith("within half a point of high at 50% of its cost; on average 0.")
    assert str(mean).startswith("no point within half a point of high; on average 0.")
    # static at 210 and 410 of 800: .7 + .26 (x - 100) / 700
    steps = [0.81 - (0.7 + 0.26 * 110 / 700), 0.95 - (0.7 + 0.26 * 310 / 700)]
    assert mean.lead is not None
    assert mean.lead.mean == pytest.approx(sum(steps) / 2)
    assert mean.lead.area == pytest.approx(sum(steps) / 2 * 200 / 800)
    assert mean.lead.least == pytest.approx(min(steps))


def test_each_curve_of_a_grid_is_weighed_by_itself(made_up: MadeUp) -> None:
    found = made_up(
        {
            (0.2, 0): (0.80, 200),
            (0.9, 0): (0.95, 400),
            (0.2, 1): (0.70, 300),
            (0.9, 1): (0.90, 500),
        },
        {("low", None): (0.70, 100), ("high", None): (0.95, 800)},
    )
    axes = tuple(replace(axis, repeats=False) for axis in found.sweep.axes)
    found = replace(found, sweep=replace(found.sweep, axes=axes))
    one, other = tradeoffs(found, found.sweep.plots[0])
    assert (one.of, other.of) == ("seed = 0", "seed = 1")
    assert (one.least_cost, other.least_cost) == (400, None)


def test_nothing_is_weighed_without_static_networks_or_cost(made_up: MadeUp) -> None:
    swept = {(0.2, 0): (0.8, 200.0), (0.9, 0): (0.9, 400.0)}
    alone = made_up(swept, {})
    assert tradeoffs(alone, alone.sweep.plots[0]) == ()
    across = made_up(
        swept,
        {("low", None): (0.70, 100)},
        "sweep curve = dynamic over lam in [0.2, 0.9] beside low { plot Accuracy against lam }",
    )
    assert tradeoffs(across, across.sweep.plots[0]) == ()
