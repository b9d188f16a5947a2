"""Points that say `time` are measured by one table, taken before any of them starts."""

from pathlib import Path

from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.sweeps.points import tasks_of
from autodesign.interpreter.sweeps.timing import time_nodes
from autodesign.stdlib.library import standard


def test_points_of_one_network_share_one_table(text: str, tmp_path: Path) -> None:
    timed = text.replace("1 - cost / cost(N3)", "1 - time / time(N3)").replace(
        "cost, paths", "time"
    )
    found, diagnostics = load_text(timed, "digits.ad", standard(), {})
    assert found is not None, [one.message for one in diagnostics]
    [sweep] = found.sweeps.values()
    tasks = tasks_of(sweep, found, Request(device="cpu"), tmp_path)
    time_nodes([*tasks[:2], *tasks[4:]], 1)
    tables = sorted(tmp_path.rglob("times.json"))
    assert [path.parts[-3] for path in tables] == ["lam=0.2,seed=0", "lam=0.2,seed=1"]
    first = tables[0].read_bytes()
    time_nodes(tasks, 1)
    tables = sorted(tmp_path.rglob("times.json"))
    assert len(tables) == 4 and {path.read_bytes() for path in tables} == {first}
