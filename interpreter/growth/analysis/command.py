"""`interpret analyse RUN`: the searches of a run, also of one that still runs. Loads no torch."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.growth.analysis.analysis import Analysis
from autodesign.interpreter.growth.analysis.correlation import SIZES
from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.page import cell, percent, write
from autodesign.interpreter.growth.journal import NAME
from autodesign.interpreter.jobs.failures import refused


def analyse(run: Path, console: Console) -> list[Diagnostic]:
    """Writes analysis.html and analysis.json beside each journal in `run`, the folder of a run or
    of one search, and shows the tables; what is to be said of the journals is given back.

    Raises SpecError AD695 where there is no search, AD696 where none has a candidate yet.
    """
    found = [write(directory) for directory in searches(run)]
    if not any(one.history.candidates for one in found):
        raise refused(
            "AD696",
            f"no candidate of the search in {run} is done yet",
            notes=_remarks(found),
            help="analyse it again when its first candidates are trained; a search that was"
            " interrupted is continued with --resume",
        )
    for one in found:
        show(one, console)
    return [warning for one in found for warning in warnings(one.history)]


def searches(run: Path) -> list[Path]:
    """The folders in `run` with a journal. Raises SpecError AD695."""
    if (run / NAME).exists():
        return [run]
    found = sorted(path.parent for path in run.glob(f"*/{NAME}"))
    if found:
        return found
    if not run.is_dir():
        message, help = f"there is no folder {run}", "name the folder of a run"
    else:
        message = f"there is no search in {run}"
        help = "name the folder of a run whose spec has a `search`"
    raise refused(
        "AD695",
        message,
        notes=[f"A search writes its journal into {run}/NAME/{NAME}."],
        help=f"{help}: the one that --out named, or the newest in runs/",
    )


def warnings(history: History) -> list[Diagnostic]:
    if not history.damaged:
        return []
    several = len(history.damaged) > 1
    lines = ", ".join(map(str, history.damaged))
    message = (
        f"{'lines' if several else 'line'} {lines} of the journal in {history.directory} "
        f"{'are' if several else 'is'} damaged"
    )
    return [
        Diagnostic(
            "AD697",
            message,
            notes=("Passed over: the candidates told of there are missing from the analysis.",),
            help="put the journal back from a backup, or delete what is damaged: candidates whose"
            " folders are complete are read from there when the search is resumed",
            severity="warning",
        )
    ]


def _remarks(found: Iterable[Analysis]) -> list[str]:
    return [warning.message + "." for one in found for warning in warnings(one.history)]


# --- tables ---------------------------------------------------------------------------------------


def show(found: Analysis, console: Console) -> None:
    for table in (_bests(found), _costs(found), _effects(found), _correlations(found)):
        if table.row_count:
            console.print(table)
    console.print(
        f"{found.history.directory / 'analysis.html'}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _bests(found: Analysis) -> Table:
    history, texts = found.history, found.history.texts
    names = [history.name_of(text) for text in texts]
    table = _table(f"{history.opening.name}: the best", ["resolution"], [*names, "step"])
    for one in found.bests:
        values = [cell(one.values.get(text)) for text in texts]
        table.add_row(str(one.resolution or ""), *values, str(one.step))
    return table


def _costs(found: Analysis) -> Table:
    table = _table("what it cost", ["step"], ["candidates", "without a value", "images", "hours"])
    rows = [*((str(step), one) for step, one in found.by_step.items()), ("all", found.totals)]
    for name, one in rows:
        images, hours = f"{one.images:,}", f"{one.seconds / 3600:.3g}"
        table.add_row(name, str(one.candidates), str(one.lost or ""), images, hours)
    return table


def _effects(found: Analysis) -> Table:
    columns = ["children", "better", "improvement", "deviation"]
    table = _table("what each action does", ["action"], columns)
    for one in found.effects:
        numbers = [percent(one.share), cell(one.mean), cell(one.deviation)]
        table.add_row(one.move, str(one.children), *numbers)
    return table


def _correlations(found: Analysis) -> Table:
    """Those with sizes are on the page."""
    columns = ["resolution", "candidates", "rank correlation"]
    table = _table("criteria against each other", ["", " "], columns)
    for one in found.correlations:
        if one.other not in SIZES:
            pair = [found.history.name_of(text) for text in (one.one, one.other)]
            rho = "" if one.rho is None else f"{one.rho:+.2f}"
            table.add_row(*pair, str(one.resolution or ""), str(one.candidates), rho)
    return table


def _table(title: str, names: list[str], numbers: list[str]) -> Table:
    table = Table(title=title)
    for name in names:
        table.add_column(name, no_wrap=len(names) == 1)
    for name in numbers:
        table.add_column(name, justify="right")
    return table
