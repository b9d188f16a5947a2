"""What is said of a search while it runs."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from standin import Here, hashed, planned, searched

from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.numbers import number
from autodesign.interpreter.jobs.progress import Lines


def test_training_the_best_on_is_said_as_what_it_is(tmp_path: Path) -> None:
    said = io.StringIO()
    plan = planned(tmp_path, searched(layers=2, finish=1_500))
    listener = Lines(Console(file=said))
    result = run_search(plan, Here(), hashed, listener, Interruption(), "")
    lines = said.getvalue().splitlines()
    (best,) = [one.parent for one in result.tree.nodes.values() if one.parent and not one.move]
    told = lines.index(f"grown: the best, {best}, is trained for 1,500 iterations more")
    assert "trained on" in lines[told + 1]
    assert [line for line in lines if line.startswith("grown: step 3")] == []
    said.truncate(0)
    run_search(plan, Here(), hashed, listener, Interruption(), "")
    assert "is trained for" not in said.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"),
        (-1234.0, "-1,234"),
        (214529, "214,529"),
        (1234.5, "1234"),
        (2.5e7 + 0.5, "2.5e+07"),
        (float("inf"), "inf"),
        (None, "undefined"),
    ],
)
def test_numbers_as_people_read_them(value: float | None, text: str) -> None:
    assert number(value) == text
