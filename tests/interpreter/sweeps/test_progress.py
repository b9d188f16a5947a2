"""How a sweep is shown while it runs."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from autodesign.interpreter.jobs.failures import failed
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.progress import Bars, Lines
from autodesign.interpreter.sweeps.result import SweepResult


@pytest.fixture
def found(made_up: Callable[..., SweepResult]) -> SweepResult:
    return made_up(
        {(0.2, 0): (0.8, 200), (0.9, 0): (0.96, 400)},
        {("low", None): (0.70, 100), ("high", 0): (0.96, 800)},
    )


def told(listener: Listener, found: SweepResult) -> None:
    """What a sweep of three points tells, of which one was done and one fails."""
    [error] = failed("AD905", "there is not enough memory for this run").diagnostics
    listener.sweep_started(found.sweep, 3, 1, 2)
    listener.point_stepped("lam=0.2,seed=0", 0, 40)
    listener.point_stepped("lam=0.9,seed=0", 20, 40)
    listener.point_ended("lam=0.2,seed=0", found.rows[0].result, ())
    listener.point_ended("lam=0.9,seed=0", None, [error])
    listener.sweep_ended(found)
    listener.close()


def test_lines_tell_each_point_the_table_and_what_the_curve_is_worth(found: SweepResult) -> None:
    page = io.StringIO()
    told(Lines(Console(file=page, width=120)), found)
    lines = page.getvalue().splitlines()
    assert lines[:3] == [
        "curve: 3 points, 1 of them done before, in 2 processes",
        "2/3 lam=0.2,seed=0  Accuracy(y, label) 0.8  cost 200",
        "3/3 lam=0.9,seed=0  failed: there is not enough memory for this run (AD905)",
    ]
    assert any("│ lam = 0.9 │             0.9600 │  400 │" in line for line in lines)
    assert lines[-2] == (
        "Accuracy(y, label): within half a point of high at 50% of its cost; "
        "on average 0.1057 above the static networks"
    )  # at 200 of 800: .8 - (.7 + .26 / 7), at 400: .96 - (.7 + .26 * 3 / 7)


def test_bars_show_the_points_that_run_and_how_many_are_done(found: SweepResult) -> None:
    page = io.StringIO()
    console = Console(file=page, width=120, force_terminal=True, color_system=None)
    told(Bars(console), found)
    drawn = page.getvalue()
    assert "lam=0.9,seed=0" in drawn and "/40" in drawn
    assert "1/3" in drawn and "3/3 lam=0.9,seed=0  failed" in drawn
