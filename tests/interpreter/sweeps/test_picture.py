"""What a picture shows, and that it covers nothing."""

import re
from collections.abc import Callable
from dataclasses import replace

import matplotlib.figure
import pytest

from autodesign.dsl import spec
from autodesign.interpreter.sweeps import picture
from autodesign.interpreter.sweeps.labels import Label, put_labels
from autodesign.interpreter.sweeps.picture import band, curves_of, draw, statics_of
from autodesign.interpreter.sweeps.result import SweepResult

MadeUp = Callable[..., SweepResult]


@pytest.fixture
def found(made_up: MadeUp) -> SweepResult:
    return made_up(
        {(0.2, 0): (0.8, 200), (0.2, 1): (0.9, 240), (0.9, 0): (0.96, 400), (0.9, 1): (0.96, 420)},
        {("low", None): (0.70, 100), ("high", 0): (0.95, 800), ("high", 1): (0.97, 800)},
    )


def test_a_curve_is_the_mean_over_seeds_with_its_deviation(found: SweepResult) -> None:
    [curve] = curves_of(found, found.sweep.plots[0])
    assert curve.places == ((220, pytest.approx(0.85)), (410, 0.96))
    assert curve.spreads == (pytest.approx(0.1 / 2**0.5), 0)  # of a sample of two
    assert curve.names == ("0.2", "0.9")
    assert curve.seeds == (((200, 0.8), (400, 0.96)), ((240, 0.9), (420, 0.96)))


def test_the_band_compares_seeds_at_equal_cost() -> None:
    one = [(0.0, 0.0), (10.0, 1.0)]
    assert band([one, [(5.0, 0.5), (10.0, 1.0)]]) == ((5, 10), (0.5, 1), (0.5, 1)), "one curve"
    found = band([[(0.0, 0.2), (4.0, 0.2)], [(2.0, 0.4), (6.0, 0.4)]])
    deviation = 0.2 / 2**0.5  # of a sample of two that differ by .2
    assert found is not None and found[0] == (2, 4)
    assert found[1] == pytest.approx((0.3 - deviation,) * 2)
    assert found[2] == pytest.approx((0.3 + deviation,) * 2)
    assert band([one]) is None and band([]) is None
    assert band([one, [(11.0, 0.0), (12.0, 0.0)]]) is None


def test_static_networks_are_single_places(found: SweepResult) -> None:
    low, high = statics_of(found, found.sweep.plots[0])
    assert (low.label, low.place, low.spread) == ("low", (100, 0.7), (0, 0))
    assert (high.label, high.place[0]) == ("high", 800)
    assert high.place[1] == pytest.approx(0.96)


def test_what_is_undefined_has_no_place(made_up: MadeUp) -> None:
    found = made_up({(0.2, 0): (None, 200), (0.9, 0): (0.9, 400)}, {})
    [curve] = curves_of(found, found.sweep.plots[0])
    assert curve.places == ((400, 0.9),) and curve.names == ("0.9",)


def test_a_grid_has_a_curve_for_each_value_of_its_further_params(found: SweepResult) -> None:
    axes = tuple(replace(axis, repeats=False) for axis in found.sweep.axes)
    grid = replace(found, sweep=replace(found.sweep, axes=axes))
    first, second = curves_of(grid, grid.sweep.plots[0])
    assert (first.label, second.label) == ("seed = 0", "seed = 1")
    assert first.places == ((200, 0.8), (400, 0.96)) and first.seeds == ()


def test_values_that_are_no_numbers_lie_in_their_order(found: SweepResult) -> None:
    choices = spec.Figure("param", "kind", {}, True, ("max", "avg"))
    rows = tuple(
        replace(row, settings={"kind": kind})
        for row, kind in zip(found.rows[:2], ("avg", "max"), strict=True)
    )
    assert [row.value(choices) for row in rows] == [1, 0]


def test_a_picture_is_the_same_bytes_each_time(found: SweepResult) -> None:
    plot = found.sweep.plots[0]
    first = draw(found, plot)
    assert first == draw(found, plot)
    assert first["png"].startswith(b"\x89PNG") and b"<svg" in first["svg"]


def test_a_picture_draws_each_seed_the_mean_and_each_static_network(
    found: SweepResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures: list[matplotlib.figure.Figure] = []
    real = picture._written
    monkeypatch.setattr(
        picture, "_written", lambda figure, kind: figures.append(figure) or real(figure, kind)
    )
    draw(found, found.sweep.plots[0])
    [axes] = figures[0].axes
    drawn = {line.get_label(): line for line in axes.lines}
    mean = drawn["dynamic, mean (numbers: lam)"]
    assert [tuple(xy) for xy in mean.get_xydata()] == [(220, pytest.approx(0.85)), (410, 0.96)]
    assert [text.get_text() for text in axes.texts] == ["0.2", "0.9"]
    assert axes.get_xlabel().startswith("cost (multiplications per example")
    assert axes.get_ylabel() == "Accuracy(y, label), test split"
    names = [text.get_text() for text in figures[0].legends[0].texts]
    assert {"each seed", "± one standard deviation", "dynamic, mean (numbers: lam)"} <= set(names)
    assert {"low", "high", "static networks, mixed at random"} <= set(names)
    assert len(names) == len(set(names)) == 6


def test_labels_cover_neither_points_nor_each_other() -> None:
    figure = matplotlib.figure.Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    crowd = [Label((0.5 + i / 60, 0.5 + i % 2 / 50), f"{i / 20:.2f}", "k") for i in range(12)]
    put_labels(figure, axes, crowd)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 0 < len(boxes) <= len(crowd)
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert not box.overlaps(other)
        for label in crowd:
            assert not box.contains(*axes.transData.transform(label.place))


def test_names_of_strangers_are_text(made_up: MadeUp) -> None:
    found = made_up({(0.2, 0): (0.8, 200), (0.9, 0): (0.9, 400)}, {("low", None): (0.7, 100)})
    text = draw(found, found.sweep.plots[0])["svg"].decode()
    assert not re.search(r"<(?:script|image)\b", text)
