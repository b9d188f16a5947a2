"""Data edges: `A`, `A ?? B`, `A ?? 0` in the arguments of nodes and in outputs."""

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.record import record
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Edge, Shape
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr


@record
class Written:
    """A data edge as it is written: its sources by name, and the default behind them."""

    sources: tuple[ast.Name, ...]
    default: float | None
    span: Span

    def text(self) -> str:
        return self.span.text


def read_edge(program: Program, env: Env, expr: ast.Expr) -> Written | None:
    """The edge an expression stands for, or None where it is none (and reported)."""
    parts = _alternatives(expr)
    sources: list[ast.Name] = []
    for index, part in enumerate(parts):
        if isinstance(part, ast.Name) and not _is_number_name(env, part):
            sources.append(part)
            continue
        if not sources:
            _refuse_source(program, part)
            return None
        if index < len(parts) - 1:
            _refuse_rest(program, part, parts[index + 1])
            return None
        default = _default(program, env, part)
        return None if default is None else Written(tuple(sources), default, expr.span)
    return Written(tuple(sources), None, expr.span)


def _is_number_name(env: Env, name: ast.Name) -> bool:
    if name.id in env.locals:
        return True
    entry = env.scope.own.get(name.id) or env.scope.taken.get(name.id, (None,))[0]
    return entry is not None and entry.kind == "param"


def _alternatives(expr: ast.Expr) -> list[ast.Expr]:
    parts: list[ast.Expr] = []
    while isinstance(expr, ast.Binary) and expr.op == "??":
        parts.append(expr.right)
        expr = expr.left
    parts.append(expr)
    return parts[::-1]


def _refuse_source(program: Program, part: ast.Expr) -> None:
    program.problems.error(
        "AD329",
        "a data edge begins with the name of a node or input",
        part.span,
        "this is no name of one",
        help="write a node's name; a fixed value is a dummy: `node D() = const(0)`",
    )


def _refuse_rest(program: Program, part: ast.Expr, after: ast.Expr) -> None:
    program.problems.error(
        "AD325",
        f"nothing after `{print_expr(part)}` can ever be used: a value is never null",
        after.span,
        "never used",
        related=[Label(part.span, "this is always there")],
        help="put the default last, or leave out what follows it",
    )


def _default(program: Program, env: Env, part: ast.Expr) -> float | None:
    try:
        value = evaluate(program, env, part)
    except Refused:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        program.problems.error(
            "AD324",
            "a default value is a number",
            part.span,
            "this is something else",
            help="write a number, as in `A ?? 0`",
        )
        return None
    return float(value)


def fit_edge(program: Program, written: Written, shapes: dict[str, Shape | None]) -> Edge | None:
    """The edge with its shape; None where a source's shape is unknown or they disagree."""
    known = [shapes.get(source.id) for source in written.sources]
    first = known[0]
    if first is None:
        return None
    for source, shape in zip(written.sources[1:], known[1:], strict=True):
        if shape is None:
            return None
        if shape not in (first, ()):
            program.problems.error(
                "AD312",
                f"the sources of `{written.text()}` have different shapes",
                source.span,
                f"this has shape {list(shape)}",
                related=[Label(written.sources[0].span, f"this has shape {list(first)}")],
                help="end both in a layer that gives the same shape",
            )
            return None
    names = tuple(source.id for source in written.sources)
    return Edge(names, written.default, first, written.span)


def unknown_node(program: Program, name: ast.Name, known: list[str], wanted: str) -> None:
    program.problems.error(
        "AD307",
        f"I cannot find {wanted} named `{name.id}` in this network",
        name.span,
        "not declared here",
        help=did_you_mean(name.id, known) or f"this network has {', '.join(known) or 'no nodes'}",
    )
