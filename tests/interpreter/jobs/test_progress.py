"""What a run shows on a terminal and in a log."""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from autodesign.interpreter.jobs.interruption import watched
from autodesign.interpreter.jobs.progress import Bars, Lines, listener_for, table
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.run import Run

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]


def shown(start: Start, out: Path, terminal: bool) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=160, color_system=None)
    listener = listener_for(console)
    assert isinstance(listener, Bars) == terminal
    start(out, listener=listener)
    return text.getvalue()


def test_a_log_has_one_line_for_each_epoch(start: Start, tmp_path: Path) -> None:
    lines = shown(start, tmp_path / "run", terminal=False).splitlines()
    assert lines[0] == f"run {tmp_path / 'run'} on cpu"
    assert lines[1] == "job: 3 epochs of 5 steps"
    assert [line.partition("  ")[0] for line in lines[2:5]] == ["job 1/3", "job 2/3", "job 3/3"]
    assert "explore 1.00" not in lines[4] and "Accuracy(y, label)" in lines[4]


def test_a_terminal_has_a_bar_and_the_table_at_the_end(start: Start, tmp_path: Path) -> None:
    text = shown(start, tmp_path / "run", terminal=True)
    assert "15/15" in text and "━" in text
    assert text.index("15/15") < text.index("on the test split") < text.index("report: ")


def result(job: str, **values: float | None) -> Result:
    return Result(
        job=job,
        epochs=3,
        best_epoch=2,
        examples=10,
        values=values,
        cost=250.0,
        least=100,
        greatest=1000,
        rates={"N": 1.0},
        paths={"N": 10},
    )


def test_the_table_has_all_jobs_and_all_reports() -> None:
    text = io.StringIO()
    results = [result("low", F1=0.5, cost=250.0), result("high", F1=None, AP=0.25)]
    Console(file=text, width=100).print(table(results))
    rows = [[cell.strip() for cell in line.split("│")] for line in text.getvalue().splitlines()]
    cells = [row[1:-1] for row in rows if len(row) > 2]
    assert ["low", "0.5", "", "250", "25%"] in cells
    assert ["high", "undefined", "0.25", "250", "25%"] in cells


def test_names_are_shown_as_they_are_written() -> None:
    text = io.StringIO()
    console = Console(file=text, width=200)
    Lines(console).say("[red]x[/red]")
    console.print(table([result("[bold]a[/bold]", F1=1.0)]))
    assert "[red]x[/red]" in text.getvalue() and "[bold]a[/bold]" in text.getvalue()


def test_a_second_request_to_end_is_obeyed_at_once() -> None:
    with watched() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
