"""`from static(N1, N3=N2)`: the weights that a job's nodes start from."""

from collections.abc import Iterator

from autodesign.dsl import spec
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

CHECKPOINT = "Checkpoint"
"""The data source that holds weights"""


@record
class Pair:
    """A node that starts as another one, and where that is written."""

    here: ast.Name
    there: ast.Name


def check_starts(program: Program, entry: Entry, network: spec.Network) -> tuple[spec.Start, ...]:
    """What the clause `from` of a job says; what is refused is reported and left out."""
    starts: list[spec.Start] = []
    for expr in _sources(entry.declaration):
        name = expr.function if isinstance(expr, ast.Call) else expr
        try:
            source = _source(program, entry, name)
            start = spec.Start(source, _pairs(program, expr, network), expr.span)
            _check_nodes(program, start, network)
        except Refused:
            continue
        starts.append(start)
    _once(program, starts)
    return tuple(starts)


def _sources(declaration: ast.AnyDeclaration) -> Iterator[ast.Expr]:
    assert isinstance(declaration, ast.TrainDeclaration)
    for item in declaration.items:
        if isinstance(item, ast.Clause) and item.keyword == "from":
            yield from item.values


def _source(program: Program, job: Entry, name: ast.Expr) -> spec.Train | spec.Call:
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
        return _job(program, job, entry, name)
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


def _pairs(program: Program, expr: ast.Expr, network: spec.Network) -> tuple[tuple[str, str], ...]:
    """The nodes that are named, as they are called here and there."""
    if not isinstance(expr, ast.Call):
        return ()
    pairs = [Pair(_node(program, arg), _node(program, arg)) for arg in expr.args]
    pairs += [Pair(keyword.name, _node(program, keyword.value)) for keyword in expr.keywords]
    known = [node.name for node in network.nodes]
    for pair in pairs:
        if pair.here.id not in known:
            raise _no_node(program, pair.here.id, pair.here.span, network.name, known)
    return tuple((pair.here.id, pair.there.id) for pair in pairs)


def _node(program: Program, expr: ast.Expr) -> ast.Name:
    if isinstance(expr, ast.Name):
        return expr
    program.problems.error(
        "AD372",
        "a node is needed here, by its name",
        expr.span,
        "this is no name",
        help="write for example `from static(N1, N3=N2)`: N1 starts as its N1, N3 as its N2",
    )
    raise Refused()


def _no_node(program: Program, name: str, at: Span, network: str, known: list[str]) -> Refused:
    program.problems.error(
        "AD372",
        f"`{network}` has no node `{name}`",
        at,
        "named here",
        help=did_you_mean(name, known) or f"its nodes are {', '.join(known)}",
    )
    return Refused()


def _once(program: Program, starts: list[spec.Start]) -> None:
    first: dict[str, spec.Start] = {}
    for start in starts:
        for here, _ in start.nodes:
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


def _job(program: Program, job: Entry, entry: Entry, name: ast.Name) -> spec.Train:
    """The job of an entry, which has to come first."""
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
    if isinstance(source, spec.Train):
        return source
    program.problems.error(
        "AD370",
        f"`{name.id}` is the job of a pipeline, and a network's nodes start from a network's",
        name.span,
        "a job of a network is needed here",
        related=[Label(entry.declaration.name.span, "declared here")],
        help="name the job of a network, or a checkpoint",
    )
    raise Refused()


def _check_nodes(program: Program, start: spec.Start, network: spec.Network) -> None:
    """Looks for the nodes in a job's network; those of a checkpoint show when it is read."""
    if isinstance(start.source, spec.Call):
        return
    other = start.source.network
    known = [node.name for node in other.nodes]
    for _, there in start.nodes:
        if there not in known:
            raise _no_node(program, there, start.span, other.name, known)
    if not start.nodes and not {node.name for node in network.nodes} & set(known):
        program.problems.error(
            "AD373",
            f"`{network.name}` and `{other.name}` have no node of the same name",
            start.span,
            "nothing to start from",
            help=f"say which node starts as which: `from {start.source.name}"
            f"({network.nodes[0].name}={known[0]})`",
        )
        raise Refused()
