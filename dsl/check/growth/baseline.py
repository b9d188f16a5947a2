"""The search whose distances those of another one are divided by: `against proggan`."""

from collections.abc import Sequence

from autodesign.dsl.check.growth.reading import Seeking, only
from autodesign.dsl.check.jobs import named
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.grow.bounds import data_resolution
from autodesign.dsl.grow.grow import resolution
from autodesign.dsl.growth import Criterion, Double, Search, Until
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast


def check_baseline(at: Seeking, criteria: Sequence[Criterion], until: Until) -> Search | None:
    """The baseline; None where there is none. Reports and raises Refused."""
    clause = only(at, ast.AgainstClause, "against")
    if clause is None:
        return None
    assert isinstance(clause, ast.AgainstClause)
    entry = named(at.program, at.env, clause.name, ("search",), "a search")
    if entry is None:
        raise Refused()
    own = list(at.entry.scope.own.values())
    if entry is at.entry or (entry in own and own.index(entry) > own.index(at.entry)):
        at.refuse(
            "AD631",
            f"`{clause.name.id}` has not run when this search compares with it",
            clause.name.span,
            "this search itself" if entry is at.entry else "declared below",
            help="write the baseline above this search",
        )
    found = at.program.search(entry)
    if found is None:
        raise Refused()
    differs = _differs(at, found, criteria, until)
    if differs:
        at.refuse(
            "AD632",
            f"what is found here cannot be compared with `{found.name}`: {differs[0]}",
            clause.name.span,
            "the two differ",
            related=(Label(found.span, "the baseline"),),
            help=differs[1],
        )
    return found


def _differs(
    at: Seeking, baseline: Search, criteria: Sequence[Criterion], until: Until
) -> tuple[str, str] | None:
    """What keeps two searches from being compared, and the mend; None: nothing."""
    if baseline.data.call != at.data.call:
        return (
            f"it learns from `{baseline.data.name}`, and this search from `{at.data.name}`",
            "let both search on the same data",
        )
    judged = [one.text for one in criteria if isinstance(one.value, Call)]
    known = {one.text for one in (*baseline.criteria, *baseline.reports)}
    if judged and not known & {*judged}:
        return f"it does not take {judged[0]}", f"write `report {judged[0]}` there"
    wanted, reached = _highest(at, until), _reached(baseline)
    if wanted is not None and reached is not None and wanted > reached:
        return (
            f"it ends at the resolution {reached}, and this search at {wanted}",
            f"let it go on to {wanted}",
        )
    return None


def _highest(at: Seeking, until: Until) -> int | None:
    """The highest resolution that this search may come to; None: not known."""
    doubles = any(isinstance(move.change, Double) for move in at.growth.moves)
    if not doubles or not at.first.resolution:
        return at.first.resolution or None
    return until.resolution or data_resolution(at.data)


def _reached(baseline: Search) -> int | None:
    """The resolution that the baseline comes to; None: not known."""
    if baseline.until.resolution is not None:
        return baseline.until.resolution
    if "moves" not in baseline.method.args:
        return data_resolution(baseline.data)
    growth = baseline.growth
    begin = resolution(growth, {grown.name: grown.network for grown in growth.networks})
    return begin << sum(isinstance(move.change, Double) for move in baseline.path)
