"""Loops: `for i in n if y[i] for j in n if j != i`, `for k in 1..5`, `for i in top(s, 3)`."""

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric import expressions
from autodesign.dsl.check.metric.reading import Bound, Reading
from autodesign.dsl.check.metric.values import Num, Top
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.syntax import ast


def enter(at: Reading, written: tuple[ast.Loop, ...]) -> tuple[Reading, tuple[f.Loop, ...]]:
    """The place inside nested loops, and the loops as formulas. Reports and raises Refused."""
    made: list[f.Loop] = []
    for loop in written:
        at, one = _one(at, loop)
        made.append(one)
    return at, tuple(made)


def _one(at: Reading, loop: ast.Loop) -> tuple[Reading, f.Loop]:
    name = loop.variable.id
    top: Top | None = None
    over: str | tuple[f.Formula, f.Formula] | None
    if loop.over is None:
        bound, over = _inherited(at, loop), None
    elif isinstance(loop.over, ast.Range):
        bound, over = Bound(at.fresh(name), None), ends(at, loop.over)
    elif isinstance(loop.over, ast.Name) and loop.over.id in at.dims:
        over = at.dims[loop.over.id]
        bound = Bound(at.fresh(name), over)
    else:
        top = _top(at, loop.over)
        over = top.vector.dims[0]
        bound = Bound(at.fresh(name), over)
    inner = at.within(name, bound)
    conditions = [expressions.truth(inner, condition).formula for condition in loop.conditions]
    if top is not None:
        place = Num(f.Variable(bound.variable), bound.dim)
        from autodesign.dsl.check.metric.calls import rank_of

        rank = rank_of(inner, top.vector, place, loop.span)
        conditions.insert(0, f.Apply("<=", (rank, top.count), loop.span))
    return inner, f.Loop(bound.variable, over, tuple(conditions))


def _inherited(at: Reading, loop: ast.Loop) -> Bound:
    name = loop.variable.id
    if name not in at.domains:
        at.refuse(
            "AD407",
            f"`{name}` does not say what it runs over",
            loop.span,
            "no `in` here",
            help=f"write `for {name} in {next(iter(at.dims), 'n')}`"
            + (f"; without `in` go {', '.join(at.domains)}" if at.domains else ""),
        )
    return at.domains[name]


def ends(at: Reading, span: ast.Range) -> tuple[f.Formula, f.Formula]:
    """The first and the last number of a range. Reports and raises Refused."""
    if span.low is None or span.high is None:
        at.refuse(
            "AD407",
            "a loop runs from a number to a number",
            span.span,
            "one end is open",
            help="write both ends, as in `1..5`",
        )
    return expressions.number(at, span.low).formula, expressions.number(at, span.high).formula


def _top(at: Reading, over: ast.Expr) -> Top:
    if isinstance(over, ast.Name):
        at.refuse(
            "AD407",
            f"`{over.id}` is no dimension of this metric",
            over.span,
            "loops run over dimensions",
            help=did_you_mean(over.id, at.dims)
            or f"its dimensions are {', '.join(at.dims) or 'none'}",
        )
    value = expressions.read(at, over)
    if not isinstance(value, Top):
        at.refuse(
            "AD407",
            "a loop runs over a dimension, a range or `top(v, n)`",
            over.span,
            "this is something else",
            help="write for example `for i in n`",
        )
    return value
