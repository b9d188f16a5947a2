"""Sweeps: their points, what stands beside them, what they plot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.dsl import spec
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

HEAD = """ad 1
use std.metrics (Accuracy, F1)
param lam: real in 0..1 = 0.5
param seed: int in 0.. = 0
param width: int in 1..64 = 8
param kind = "max"
data digits = Digits()
network Small {
  input x: image[1, 8, 8]
  node   N(x) = AvgPool2d(2) | Flatten | Linear(10)
  output y = N
}
network HighLow {
  input   x: image[1, 8, 8]
  control Q(x)  = Flatten | Linear  ~> N2, N3
  node    N2(x) = AvgPool2d(2) | Flatten | Linear(10)
  node    N3(x) = Flatten | Linear(width) | ReLU | Linear(10)
  output  y = N2 ?? N3
}
train small = Small on digits {
  minimize CrossEntropyLoss(y, label)
  using SGD(lr=0.1)  epochs 2  batch 32  seed seed
  report Accuracy(y, label)
}
train dynamic = HighLow on digits {
  maximize lam * Accuracy(y, label) + (1 - lam) * (1 - cost / cost(N3))
  by       q_learning(explore=linear(1, 0.1, epochs=1))
  minimize CrossEntropyLoss(y, label)
  using SGD(lr=0.1)  epochs 2  batch 32  seed 7 + seed
  report Accuracy(y, label), CrossEntropyLoss(y, label), cost, paths
}
"""


@pytest.fixture
def sweep() -> Callable[[str], spec.Sweep]:
    def check(text: str) -> spec.Sweep:
        found, diagnostics = load_text(HEAD + text, "x.ad", standard(), {})
        assert found is not None, [one.message for one in diagnostics]
        return found.sweeps["s"]

    return check


@pytest.fixture
def errors() -> Callable[[str], list[str]]:
    def check(text: str) -> list[str]:
        _, diagnostics = load_text(HEAD + text, "x.ad", standard(), {})
        return [one.code for one in diagnostics if one.severity == "error"]

    return check


Sweep = Callable[[str], spec.Sweep]
Errors = Callable[[str], list[str]]


def test_points_go_through_the_grid_with_the_last_param_fastest(sweep: Sweep) -> None:
    found = sweep("sweep s = dynamic over lam in [0, 0.5], seed in 0..2")
    assert [tuple(p.settings.values()) for p in found.points] == [
        (0.0, 0), (0.0, 1), (0.0, 2), (0.5, 0), (0.5, 1), (0.5, 2)
    ]  # fmt: skip
    assert [p.job.seed for p in found.points] == [7, 8, 9, 7, 8, 9]


def test_evenly_spaced_values_are_decimal_numbers_and_hold_both_ends(sweep: Sweep) -> None:
    [axis] = sweep("sweep s = dynamic over lam in 0..1 step 0.1").axes
    assert axis.values == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    [axis] = sweep("sweep s = dynamic over width in 1..64 step 20").axes
    assert axis.values == (1, 21, 41, 61) and all(type(value) is int for value in axis.values)


def test_each_point_has_the_network_that_its_values_make(sweep: Sweep) -> None:
    found = sweep("sweep s = dynamic over width in [4, 16], lam in [0.1, 0.2]")
    costs = [point.job.network.node("N3").greatest for point in found.points]
    assert costs == [4 * 74] * 2 + [16 * 74] * 2  # 64 inputs and 10 outputs
    assert found.points[0].job.network is found.points[1].job.network, "checked once"


def test_a_param_in_the_seed_repeats(sweep: Sweep) -> None:
    found = sweep("sweep s = dynamic over lam in [0, 1], seed in [3, 4]")
    assert [(axis.param, axis.repeats) for axis in found.axes] == [("lam", False), ("seed", True)]


def test_a_job_beside_runs_once_for_each_value_that_it_depends_on(sweep: Sweep) -> None:
    found = sweep("sweep s = dynamic over lam in [0, 0.5, 1], seed in 0..1 beside small")
    assert [dict(point.settings) for point in found.beside] == [{"seed": 0}, {"seed": 1}]
    assert [point.job.seed for point in found.beside] == [0, 1]
    found = sweep("sweep s = dynamic over lam in [0, 0.5, 1] beside small")
    assert [dict(point.settings) for point in found.beside] == [{}]


def test_a_plot_names_a_report_by_its_metric_or_its_text(sweep: Sweep) -> None:
    found = sweep(
        "sweep s = dynamic over lam in [0, 1] beside small"
        " { plot Accuracy against cost  plot cost against lam"
        " plot Accuracy(y, label) against lam }"
    )
    first, second, third = found.plots
    assert dict(first.vertical.texts) == dict.fromkeys(("dynamic", "small"), "Accuracy(y, label)")
    assert (first.horizontal.kind, second.vertical.kind, second.horizontal.kind) == (
        "cost", "cost", "param"
    )  # fmt: skip
    assert third.vertical.texts == first.vertical.texts and third.vertical.greater


def test_without_plots_reports_stand_against_the_cost_where_it_varies(sweep: Sweep) -> None:
    found = sweep("sweep s = dynamic over lam in [0, 1]")
    named = [(plot.vertical.name, plot.horizontal.name) for plot in found.plots]
    assert named == [("Accuracy(y, label)", "cost"), ("CrossEntropyLoss(y, label)", "cost")]
    assert [plot.vertical.greater for plot in found.plots] == [True, False]
    found = sweep("sweep s = small over seed in 0..3")
    assert [(p.vertical.name, p.horizontal.name) for p in found.plots] == [
        ("Accuracy(y, label)", "seed")
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("sweep s = dynamc over lam in [0, 1]", ["AD201"]),
        ("sweep s = HighLow over lam in [0, 1]", ["AD203"]),
        ("sweep s = 3 over lam in [0, 1]", ["AD203"]),
        ("sweep s = dynamic over lom in [0, 1]", ["AD201"]),
        ("sweep s = dynamic over digits in [0, 1]", ["AD203"]),
        ("sweep s = dynamic over lam in [0, 1] beside small, smal", ["AD201"]),
        ("sweep s = dynamic over lam in [0, 1] beside small, small", ["AD785"]),
        ("sweep s = dynamic over lam in [0, 2]", ["AD225"]),
        ('sweep s = dynamic over lam in [0, "a"]', ["AD224"]),
        ("sweep s = dynamic over kind in [1, 2]", ["AD224"]),
        ("sweep s = dynamic over seed in [0.5]", ["AD224"]),
        ("sweep s = dynamic over lam in [x]", ["AD201"]),
        ("sweep s = dynamic over lam in {}", ["AD780"]),
        ("sweep s = dynamic over lam in 0..1", ["AD780"]),
        ('sweep s = dynamic over lam in "a".."b"', ["AD780"]),
        ("sweep s = dynamic over lam in [0, 1, 0.0]", ["AD781"]),
        ('sweep s = dynamic over kind in ["a", "b"]', ["AD782"]),
        ('sweep s = dynamic over kind in ["a"]', ["AD782"]),
        ("sweep s = dynamic over seed in 0..1000000000", ["AD783"]),
        ("sweep s = dynamic over seed in 0..99, lam in 0..1 step 0.1", ["AD783"]),
        ("sweep s = dynamic over lam in [0, 1] { plot Accuracy + 1 against cost }", ["AD784"]),
        ("sweep s = dynamic over lam in [0, 1] beside small { plot CrossEntropyLoss against cost }",
         ["AD784"]),
    ],
)  # fmt: skip
def test_what_is_refused(errors: Errors, text: str, codes: list[str]) -> None:
    assert errors(text) == codes


def test_a_point_that_is_refused_is_told_with_its_values() -> None:
    deep = HEAD.replace("Linear(width)", "Linear(width - 8)")
    text = deep + "sweep s = dynamic over width in [9, 8, 7]"
    text = text.replace("width: int in 1..64 = 8", "width: int in 1..64 = 9")
    found, diagnostics = load_text(text, "x.ad", standard(), {})
    assert found is None
    notes = [one.notes[-1] for one in diagnostics if one.severity == "error"]
    assert notes[0] == "This is so at the point width = 8 of the sweep."


def test_values_may_be_computed_and_params_taken_from_elsewhere(sweep: Sweep) -> None:
    [axis] = sweep("sweep s = dynamic over lam in [1 / 4, 1 / 2]").axes
    assert axis.values == (0.25, 0.5)


def test_a_param_taken_under_another_name_is_called_by_that(tmp_path: Path) -> None:
    (tmp_path / "base.ad").write_text(HEAD)
    text = (
        'ad 1 use "base.ad" (dynamic as job, lam as balance)\n'
        "sweep s = job over balance in [0, 1] { plot Accuracy against balance }"
    )
    found, diagnostics = load_text(text, "x.ad", standard(), {}, tmp_path)
    assert found is not None, [one.message for one in diagnostics]
    sweep = found.sweeps["s"]
    assert (sweep.job, sweep.axes[0].param, sweep.axes[0].declared) == ("job", "balance", "lam")
    assert [dict(point.settings) for point in sweep.points] == [{"balance": 0.0}, {"balance": 1.0}]
