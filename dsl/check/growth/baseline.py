"""The search whose distances those of another one are divided by: `against proggan`."""

from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.check.growth.training import only
from autodesign.dsl.check.jobs import named
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.growth import Search
from autodesign.dsl.syntax import ast


def check_baseline(at: Seeking) -> Search | None:
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
    if found.data.call != at.data.call:
        at.refuse(
            "AD632",
            f"`{found.name}` learns from `{found.data.name}`, and this search from"
            f" `{at.data.name}`: their distances do not compare",
            clause.name.span,
            "other data",
            related=(Label(found.span, "the baseline"),),
            help="let both search on the same data",
        )
    return found
