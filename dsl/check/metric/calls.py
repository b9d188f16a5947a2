"""Functions of the metric language: reductions, argmax, rank, top, dist, and other metrics."""

from collections.abc import Callable
from typing import NoReturn

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric import expressions, loops
from autodesign.dsl.check.metric.reading import Reading
from autodesign.dsl.check.metric.values import Num, Point, Top, Tru, Value, Vec, name
from autodesign.dsl.derive.order import Nth, sorted_place, sorted_value
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

OF_TRUTHS = ("count", "any", "all")
REDUCTIONS = (*OF_TRUTHS, "mean", "sum", "prod", "max", "min", "median")
OF_NUMBERS = ("abs", "sqrt", "exp", "log", "log2")


def read_call(at: Reading, call: ast.Call) -> Value:
    """The value of a call. Reports and raises Refused."""
    if not isinstance(call.function, ast.Name):
        misused(at, call.span, "a function is called by its name", "write its name")
    called = call.function.id
    rule = _RULES.get(called)
    if rule is not None:
        if call.keywords:
            misused(at, call.span, f"`{called}` takes no named arguments", "leave the name out")
        return rule(at, call, called)
    return _metric(at, call, call.function)


def misused(at: Reading, span: Span, message: str, help: str) -> NoReturn:
    at.refuse("AD408", message, span, "written otherwise here", help=help)


def _one(at: Reading, call: ast.Call, called: str) -> ast.Expr:
    if len(call.args) != 1:
        misused(
            at,
            call.span,
            f"`{called}` takes one argument, and is given {len(call.args)}",
            f"write `{called}(...)` with one",
        )
    return call.args[0]


def _reduce(at: Reading, call: ast.Call, called: str) -> Value:
    if called in ("max", "min") and len(call.args) > 1:
        numbers = tuple(expressions.number(at, arg).formula for arg in call.args)
        return Num(f.Apply(called, numbers, call.span))
    arg = _one(at, call, called)
    if isinstance(arg, ast.Comprehension):
        inner, made = loops.enter(at, arg.loops)
        value = _reduced(inner, called, arg.value)
    else:
        made, value = _whole(at, call, called, arg)
    reduced = f.Reduce(called, value, made, call.span)
    return Tru(reduced) if called in ("any", "all") else Num(reduced)


def _reduced(at: Reading, called: str, expr: ast.Expr) -> f.Formula:
    value = expressions.read(at, expr)
    if called in OF_TRUTHS:
        return expressions.as_truth(at, value, expr.span).formula
    if called == "mean" and isinstance(value, Tru):
        return value.formula
    return expressions.as_number(at, value, expr.span).formula


def _whole(
    at: Reading, call: ast.Call, called: str, arg: ast.Expr
) -> tuple[tuple[f.Loop, ...], f.Formula]:
    """`mean(y)`: over all dimensions that are open."""
    vector = expressions.read(at, arg)
    if not isinstance(vector, Vec):
        misused(
            at,
            call.span,
            f"`{called}` goes over several values, and this is {name(vector)}",
            f"write `{called}(... for i in n)`",
        )
    variables, entry = opened(at, vector, arg.span)
    if isinstance(entry, Point) or (called in OF_TRUTHS and not isinstance(entry, Tru)):
        expressions.wanted(at, arg.span, entry, "a truth" if called in OF_TRUTHS else "a number")
    return variables, entry.formula


def opened(at: Reading, vector: Vec, span: Span) -> tuple[tuple[f.Loop, ...], Num | Tru | Point]:
    """Loops over the open dimensions of a vector, and its entry within them."""
    made = tuple(f.Loop(at.fresh("j"), dim) for dim in vector.dims)
    return made, vector.at(tuple(f.Variable(loop.variable) for loop in made), span)


def _argmax(at: Reading, call: ast.Call, called: str) -> Value:
    arg = _one(at, call, called)
    if isinstance(arg, ast.Comprehension):
        inner, made = loops.enter(at, arg.loops)
        value = expressions.number(inner, arg.value).formula
    else:
        vector = expressions.read(at, arg)
        if not isinstance(vector, Vec):
            expressions.wanted(at, arg.span, vector, "a row of scores, as in `s[i]`,")
        made, entry = opened(at, vector, arg.span)
        if not isinstance(entry, Num):
            expressions.wanted(at, arg.span, entry, "scores")
        value = entry.formula
    if len(made) > 2 or any(isinstance(loop.over, tuple) for loop in made):
        misused(at, call.span, "`argmax` goes over one or two dimensions", "index the others")
    picked = [f.Argmax(value, made, part, call.span) for part in range(len(made))]
    if len(picked) == 2:
        return Point(picked[0], picked[1])
    over = made[0].over
    return Num(picked[0], over if isinstance(over, str) else None)


def _vector(at: Reading, expr: ast.Expr) -> Vec:
    vector = expressions.read(at, expr)
    if not isinstance(vector, Vec) or len(vector.dims) != 1:
        expressions.wanted(at, expr.span, vector, "a row with one open dimension")
    return vector


def _two(at: Reading, call: ast.Call, called: str, sample: str) -> tuple[ast.Expr, ast.Expr]:
    if len(call.args) != 2:
        misused(
            at,
            call.span,
            f"`{called}` takes two arguments, and is given {len(call.args)}",
            f"write `{sample}`",
        )
    return call.args[0], call.args[1]


def _rank(at: Reading, call: ast.Call, called: str) -> Value:
    vector, place = _two(at, call, called, "rank(s, i)")
    row = _vector(at, vector)
    return Num(rank_of(at, row, expressions.number(at, place), call.span))


def rank_of(at: Reading, vector: Vec, place: Num, span: Span) -> f.Formula:
    """1 + how many others are greater: `1 + count(v[j] > v[i] for j in dim if j != i)`."""
    if place.dim is not None and place.dim != vector.dims[0]:
        at.refuse(
            "AD403",
            f"a place in `{place.dim}` is ranked among `{vector.dims[0]}`",
            span,
            "two different dimensions",
            help=f"rank a place in `{vector.dims[0]}`",
        )
    variable = f.Variable(at.fresh("j"))
    other, own = vector.at((variable,), span), vector.at((place.formula,), span)
    if not isinstance(other, Num) or not isinstance(own, Num):
        expressions.wanted(at, span, other, "a row of numbers")
    apart = f.Apply("!=", (variable, place.formula), span)
    loop = f.Loop(variable.name, vector.dims[0], (apart,))
    greater = f.Apply(">", (other.formula, own.formula), span)
    return f.Apply("+", (f.Number(1.0), f.Reduce("count", greater, (loop,), span)), span)


def _top(at: Reading, call: ast.Call, called: str) -> Value:
    vector, count = _two(at, call, called, "top(s, 5)")
    return Top(_vector(at, vector), expressions.number(at, count).formula)


def _dist(at: Reading, call: ast.Call, called: str) -> Value:
    first, second = _two(at, call, called, "dist(argmax(h[i]), p[i])")
    left, right = expressions.read(at, first), expressions.read(at, second)
    if isinstance(left, Point) and isinstance(right, Point):
        squares = tuple(
            f.Apply("^", (f.Apply("-", pair, call.span), f.Number(2.0)), call.span)
            for pair in ((left.row, right.row), (left.column, right.column))
        )
        return Num(f.Apply("sqrt", (f.Apply("+", squares, call.span),), call.span))
    ends = (expressions.number(at, first).formula, expressions.number(at, second).formula)
    return Num(f.Apply("abs", (f.Apply("-", ends, call.span),), call.span))


def _of_number(at: Reading, call: ast.Call, called: str) -> Value:
    inner = expressions.number(at, _one(at, call, called)).formula
    return Num(f.Apply(called, (inner,), call.span))


def _sort(at: Reading, call: ast.Call, called: str) -> Value:
    """A row like the one that is sorted: of its values, the least first, or of their places."""
    arg = _one(at, call, called)
    made = sorted_place if called == "argsort" else sorted_value
    if isinstance(arg, ast.Comprehension):
        inner, row = loops.enter(at, arg.loops)
        value = expressions.number(inner, arg.value).formula
    else:
        row, entry = opened(at, _vector(at, arg), arg.span)
        if not isinstance(entry, Num):
            expressions.wanted(at, arg.span, entry, "a row of numbers")
        value = entry.formula
    over = row[0].over
    if len(row) > 1 or not isinstance(over, str):
        misused(at, call.span, f"`{called}` goes over one dimension", "index the others")

    def nth(indices: tuple[f.Formula, ...], span: Span) -> Num:
        if isinstance(indices[0], f.Number) and indices[0].value < 0:
            misused(at, span, "places in an order count from 0", f"write `{called}(...)[n - 1]`")
        found = made(Nth(value, row[0], indices[0], span), at.names())
        return Num(found, over if called == "argsort" else None)

    return Vec((over,), nth)


def _metric(at: Reading, call: ast.Call, called: ast.Name) -> Value:
    from autodesign.dsl.check.metric.metric import inlined

    entry = at.scope.find(called.id)
    if entry is not None and isinstance(entry.declaration, ast.MetricDeclaration):
        return Num(inlined(at, entry, entry.declaration, call))
    known = [*_RULES, *at.scope.names(("metric",))]
    at.refuse(
        "AD406",
        f"I cannot find a function or metric named `{called.id}`",
        called.span,
        "not known",
        help=did_you_mean(called.id, known) or f"functions are {', '.join(_RULES)}",
    )


_RULES: dict[str, Callable[[Reading, ast.Call, str], Value]] = {
    **dict.fromkeys(REDUCTIONS, _reduce),
    **dict.fromkeys(OF_NUMBERS, _of_number),
    "argmax": _argmax,
    "rank": _rank,
    "top": _top,
    "dist": _dist,
    "sort": _sort,
    "argsort": _sort,
}
