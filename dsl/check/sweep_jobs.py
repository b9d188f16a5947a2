"""The jobs that a sweep names: its own, and those it stands beside."""

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.resolve.scope import Entry, Scope, unknown, wrong_kind
from autodesign.dsl.syntax import ast

SEARCHES = (
    "a sweep trains jobs; to repeat a search, write `param n = 0` and in the search `seed n`, and "
    "run it for each value in a folder of its own: `interpret SPEC.ad --set n=1 --out DIRECTORY`"
)


def find_job(program: Program, scope: Scope, expr: ast.Expr) -> Entry:
    """The entry of a job that is named. Reports and raises Refused."""
    if not isinstance(expr, ast.Name):
        program.problems.error(
            "AD203",
            "a job is needed here, by its name",
            expr.span,
            "this is no name",
            help="declare the job with `train`, and write its name here",
        )
        raise Refused()
    entry = scope.find(expr.id)
    if entry is None:
        unknown(program.problems, expr, scope, ("train",), "a job")
        raise Refused()
    if entry.kind != "train":
        mend = SEARCHES if entry.kind == "search" else ""
        wrong_kind(program.problems, expr, entry, "a job", mend)
        raise Refused()
    return entry


def jobs_beside(
    program: Program, scope: Scope, declaration: ast.SweepDeclaration, job: Entry
) -> tuple[Entry, ...]:
    """The jobs that a sweep stands beside. Reports and raises Refused."""
    assert isinstance(declaration.job, ast.Name)
    first = {job: declaration.job}
    for name in declaration.beside:
        entry = find_job(program, scope, name)
        before = first.setdefault(entry, name)
        if before is not name:
            program.problems.error(
                "AD785",
                f"the sweep has the job `{name.id}` twice",
                name.span,
                "again here",
                related=[Label(before.span, "first here")],
                help="leave it out here: each job of a sweep has its own points",
            )
            raise Refused()
    return tuple(entry for entry in first if entry is not job)
