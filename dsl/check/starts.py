"""`from static(N1, N3=N2)`: the weights that a job's nodes, or its players, start from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from autodesign.dsl import spec
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

if TYPE_CHECKING:
    from autodesign.dsl.pipeline import Pipeline

CHECKPOINT = "Checkpoint"
"""The data source that holds weights"""

NAMED = {
    "node": "`from static(N1, N3=N2)`: N1 starts as its N1, N3 as its N2",
    "player": "`from base(G, D=D2)`: G starts as its G, D as its D2",
}
"""By what is named: how that is done"""


@record
class Whole:
    """What a job trains, and the names of its parts that weights can be given to."""

    kind: Literal["network", "pipeline"]
    name: str
    part: Literal["node", "player"]
    parts: tuple[str, ...]

    @staticmethod
    def of_network(network: spec.Network) -> "Whole":
        names = tuple(node.name for node in network.nodes)
        return Whole("network", network.name, "node", names)

    @staticmethod
    def of_pipeline(pipeline: "Pipeline") -> "Whole":
        names = tuple(player.name for player in pipeline.players)
        return Whole("pipeline", pipeline.name, "player", names)

    @staticmethod
    def of(job: "spec.Job") -> "Whole":
        if isinstance(job, spec.Train):
            return Whole.of_network(job.network)
        return Whole.of_pipeline(job.pipeline)


def check_starts(program: Program, entry: Entry, whole: Whole) -> tuple[spec.Start, ...]:
    """What the clause `from` of a job says; what is refused is reported and left out."""
    starts: list[spec.Start] = []
    for expr in _sources(entry.declaration):
        name = expr.function if isinstance(expr, ast.Call) else expr
        try:
            source = _source(program, entry, name, whole)
            start = spec.Start(source, _pairs(program, expr, whole), expr.span)
            _check_parts(program, start, whole)
        except Refused:
            continue
        starts.append(start)
    _once(program, starts, whole)
    return tuple(starts)


def _sources(declaration: ast.AnyDeclaration) -> Iterator[ast.Expr]:
    assert isinstance(declaration, ast.TrainDeclaration)
    for item in declaration.items:
        if isinstance(item, ast.Clause) and item.keyword == "from":
            yield from item.values


def _source(program: Program, job: Entry, name: ast.Expr, whole: Whole) -> "spec.Job | spec.Call":
    """A job, or the checkpoint that a `data` declaration names."""
    wanted = "a job or a checkpoint"
    if not isinstance(name, ast.Name):
        program.problems.error(
            "AD370",
            f"{wanted} is needed here, by its name",
            name.span,
            "this is no name",
            help="write `from JOB`; or declare `data trained = "
            'Checkpoint("weights.safetensors")` and write `from trained`',
        )
        raise Refused()
    entry = job.scope.find(name.id)
    if entry is None:
        unknown(program.problems, name, job.scope, ("train", "data"), wanted)
        raise Refused()
    if isinstance(entry.declaration, ast.TrainDeclaration):
        return _job(program, job, entry, name, whole)
    if not isinstance(entry.declaration, ast.DataDeclaration):
        wrong_kind(program.problems, name, entry, wanted)
        raise Refused()
    call = program.data_call(entry)
    if call.name != CHECKPOINT:
        program.problems.error(
            "AD370",
            f"`{name.id}` holds examples, and a job starts from weights",
            name.span,
            f"{wanted} is needed here",
            related=[Label(entry.declaration.name.span, "declared here")],
            help='declare `data trained = Checkpoint("weights.safetensors")`, or name a job',
        )
        raise Refused()
    return call


def _pairs(program: Program, expr: ast.Expr, whole: Whole) -> tuple[tuple[str, str], ...]:
    """The parts that are named, as they are called here and there."""
    if not isinstance(expr, ast.Call):
        return ()
    pairs = [(name, name) for name in (_part(program, arg, whole) for arg in expr.args)]
    pairs += [(word.name, _part(program, word.value, whole)) for word in expr.keywords]
    first: dict[str, ast.Name] = {}
    for here, _ in pairs:
        if here.id not in whole.parts:
            raise _no_part(program, here.id, here.span, whole)
        if first.setdefault(here.id, here) is not here:
            raise _twice(program, here, first[here.id])
    return tuple((here.id, there.id) for here, there in pairs)


def _twice(program: Program, name: ast.Name, first: ast.Name) -> Refused:
    program.problems.error(
        "AD379",
        f"`{name.id}` is named twice",
        name.span,
        "again here",
        related=[Label(first.span, "first here")],
        help="name it once",
    )
    return Refused()


def _part(program: Program, expr: ast.Expr, whole: Whole) -> ast.Name:
    if isinstance(expr, ast.Name):
        return expr
    program.problems.error(
        "AD372",
        f"a {whole.part} is needed here, by its name",
        expr.span,
        "this is no name",
        help=f"write for example {NAMED[whole.part]}",
    )
    raise Refused()


def _no_part(program: Program, name: str, at: Span, whole: Whole) -> Refused:
    program.problems.error(
        "AD372",
        f"`{whole.name}` has no {whole.part} `{name}`",
        at,
        "named here",
        help=did_you_mean(name, whole.parts) or f"its {whole.part}s are {', '.join(whole.parts)}",
    )
    return Refused()


def _once(program: Program, starts: list[spec.Start], whole: Whole) -> None:
    first: dict[str, spec.Start] = {}
    for start in starts:
        for here in _given(start, whole):
            before = first.setdefault(here, start)
            if before is not start:
                program.problems.error(
                    "AD379",
                    f"`{here}` would start from two sources",
                    start.span,
                    "the second",
                    related=[Label(before.span, "the first")],
                    help="name it in one of them",
                )


def _given(start: spec.Start, whole: Whole) -> list[str]:
    """The parts that a source gives weights to, as far as that is known before it is read."""
    if start.pairs or isinstance(start.source, spec.Call):
        return [here for here, _ in start.pairs]
    others = Whole.of(start.source).parts
    return [name for name in whole.parts if name in others]


def _job(program: Program, job: Entry, entry: Entry, name: ast.Name, whole: Whole) -> "spec.Job":
    """The job of an entry, which has to come first and be of the same kind."""
    written = list(job.scope.own.values())
    if entry in written and job in written and written.index(entry) >= written.index(job):
        program.problems.error(
            "AD371",
            f"`{name.id}` is not trained before the job that starts from it",
            name.span,
            "its weights are not there yet",
            related=[Label(entry.declaration.name.span, "declared here")],
            help="start from another job, or write that one above this",
        )
        raise Refused()
    source = program.job(entry)
    if source is None:
        raise Refused()
    kind = Whole.of(source).kind
    if kind == whole.kind:
        return source
    program.problems.error(
        "AD370",
        f"`{name.id}` is the job of a {kind}, and a {whole.kind}'s {whole.part}s start from "
        f"a {whole.kind}'s",
        name.span,
        f"a job of a {whole.kind} is needed here",
        related=[Label(entry.declaration.name.span, "declared here")],
        help=f"name the job of a {whole.kind}, or a checkpoint",
    )
    raise Refused()


def _check_parts(program: Program, start: spec.Start, whole: Whole) -> None:
    """Looks for the parts in another job; those of a checkpoint show when it is read."""
    if isinstance(start.source, spec.Call):
        return
    other = Whole.of(start.source)
    for _, there in start.pairs:
        if there not in other.parts:
            raise _no_part(program, there, start.span, other)
    if not start.pairs and not {*whole.parts} & {*other.parts}:
        program.problems.error(
            "AD373",
            f"`{whole.name}` and `{other.name}` have no {whole.part} of the same name",
            start.span,
            "nothing to start from",
            help=f"say which {whole.part} starts as which: `from {start.source.name}"
            f"({whole.parts[0]}={other.parts[0]})`",
        )
        raise Refused()
