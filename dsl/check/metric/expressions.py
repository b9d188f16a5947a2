"""Expressions of a metric, read into formulas: names, entries, arithmetic, logic, choice."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric import calls
from autodesign.dsl.check.metric.reading import Reading
from autodesign.dsl.check.metric.values import (
    Num,
    Point,
    Several,
    Single,
    Top,
    Tru,
    Value,
    Vec,
    name,
)
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

ARITHMETIC = frozenset("+-*/^")
ORDER = frozenset({">", ">=", "<", "<="})


def read(at: Reading, expr: ast.Expr) -> Value:
    """The value of an expression. Reports and raises Refused."""
    at.count(expr.span)
    rule = _RULES.get(type(expr))
    if rule is None:
        at.refuse(
            "AD404",
            "this has no meaning in a metric",
            expr.span,
            "metrics are made of numbers, truths and their inputs",
            help="see the language reference on metrics",
        )
    return rule(at, expr)


def number(at: Reading, expr: ast.Expr) -> Num:
    """The value of an expression that must be a number; a truth counts as 0 or 1."""
    return as_number(at, read(at, expr), expr.span)


def truth(at: Reading, expr: ast.Expr) -> Tru:
    """The value of an expression that must be true or false."""
    return as_truth(at, read(at, expr), expr.span)


def as_number(at: Reading, value: Value, span: Span) -> Num:
    if isinstance(value, Tru):
        return Num(f.Apply("choose", (value.formula, f.Number(1.0), f.Number(0.0)), span))
    if not isinstance(value, Num):
        wanted(at, span, value, "a number")
    return value


def as_truth(at: Reading, value: Value, span: Span) -> Tru:
    if not isinstance(value, Tru):
        wanted(at, span, value, "true or false")
    return value


def wanted(at: Reading, span: Span, value: Value, what: str) -> NoReturn:
    at.refuse(
        "AD404",
        f"{what} is needed here",
        span,
        f"this is {name(value)}",
        help="index it fully, as in `s[i]`" if isinstance(value, Vec) else f"write {what}",
    )


def _number(at: Reading, expr: ast.Number) -> Value:
    return Num(f.Number(float(expr.value)))


def _truth(at: Reading, expr: ast.Bool) -> Value:
    return Tru(f.Truth(expr.value))


def _name(at: Reading, expr: ast.Name) -> Value:
    if expr.id in at.loops:
        bound = at.loops[expr.id]
        return Num(f.Variable(bound.variable), bound.dim)
    if expr.id in at.lets:
        return read(_before(at, expr.id), at.lets[expr.id].value)
    if expr.id in at.values:
        value = at.values[expr.id]
        return value.at((), expr.span) if isinstance(value, Vec) and not value.dims else value
    if expr.id in at.dims:
        return Num(f.Size(at.dims[expr.id]))
    if expr.id in at.families and not at.families[expr.id].loops:
        return Tru(f.Bit(expr.id, (), expr.span))
    _unknown(at, expr)


def _before(at: Reading, let: str) -> Reading:
    """A let is read where it was written: outside of all loops, knowing the lets before it."""
    earlier = list(at.lets.items())[: list(at.lets).index(let)]
    return replace(at, lets=dict(earlier), loops={})


def _unknown(at: Reading, expr: ast.Name) -> NoReturn:
    known = [*at.loops, *at.lets, *at.values, *at.dims, *at.families]
    at.refuse(
        "AD406",
        f"I cannot find `{expr.id}` in this metric",
        expr.span,
        "no input, dimension, let or variable of a loop",
        help=did_you_mean(expr.id, known) or f"there are {', '.join(known)}",
    )


def _index(at: Reading, expr: ast.Index) -> Value:
    if isinstance(expr.base, ast.Name) and expr.base.id in at.families:
        return _bit(at, expr, at.families[expr.base.id])
    base = read(at, expr.base)
    if isinstance(base, Point) and len(expr.indices) == 1:
        return _component(at, base, expr.indices[0])
    if isinstance(base, Vec) and len(expr.indices) == len(base.dims) + 1:
        place = _fixed(at, replace(expr, indices=expr.indices[:-1]), base)
        if isinstance(place, Point):
            return _component(at, place, expr.indices[-1])
    if not isinstance(base, Vec) or len(expr.indices) > len(base.dims):
        count = len(base.dims) if isinstance(base, Vec) else 0
        at.refuse(
            "AD405",
            f"{name(base)} with {count} open dimensions takes {count} indices",
            expr.span,
            f"{len(expr.indices)} are given",
            help="leave out the indices it does not take",
        )
    return _fixed(at, expr, base)


def _component(at: Reading, point: Point, index: ast.Expr) -> Num:
    """`p[i, 0]` and `p[i, 1]`: a point's row and column."""
    if not isinstance(index, ast.Number) or index.value not in (0, 1):
        at.refuse(
            "AD405",
            "a point has a row and a column",
            index.span,
            "neither of them",
            help="write 0 for the row, 1 for the column",
        )
    return Num(point.column if index.value else point.row)


def _fixed(at: Reading, expr: ast.Index, base: Vec) -> Value:
    """The vector with some of its dimensions fixed; `_` leaves one open."""
    given: list[f.Formula | None] = []
    for dim, index in zip(base.dims, expr.indices, strict=False):
        open_ = isinstance(index, ast.Name) and index.id == "_"
        given.append(None if open_ else _index_formula(at, index, dim))
    given += [None] * (len(base.dims) - len(given))
    rest = tuple(dim for dim, g in zip(base.dims, given, strict=True) if g is None)

    def fix(indices: tuple[f.Formula, ...], span: Span) -> Single:
        remaining = iter(indices)
        return base.at(tuple(g if g is not None else next(remaining) for g in given), span)

    return fix((), expr.span) if not rest else Vec(rest, fix)


def _index_formula(at: Reading, index: ast.Expr, dim: str) -> f.Formula:
    value = number(at, index)
    if value.dim is not None and value.dim != dim:
        at.refuse(
            "AD403",
            f"this index runs over `{value.dim}`, and the dimension is `{dim}`",
            index.span,
            f"runs over `{value.dim}`",
            help=f"index with a variable that runs over `{dim}`",
        )
    return value.formula


def _bit(at: Reading, expr: ast.Index, family: f.Family) -> Value:
    indices = tuple(number(at, index).formula for index in expr.indices)
    variables = tuple(f.Variable(loop.variable) for loop in family.loops)
    if indices != variables:
        names = ", ".join(loop.variable for loop in family.loops)
        at.refuse(
            "AD410",
            f"`{family.binary}` is indexed by the variables it was made with",
            expr.span,
            f"its variables are {names}",
            help=f"write `{family.binary}[{names}]` within loops over them",
        )
    return Tru(f.Bit(family.binary, indices, expr.span))


def _unary(at: Reading, expr: ast.Unary) -> Value:
    if expr.op == "not":
        return Tru(f.Apply("not", (truth(at, expr.operand).formula,), expr.span))
    inner = number(at, expr.operand).formula
    if isinstance(inner, f.Number):
        return Num(f.Number(-inner.value))
    return Num(f.Apply("neg", (inner,), expr.span))


def _binary(at: Reading, expr: ast.Binary) -> Value:
    if expr.op in ARITHMETIC or expr.op in ORDER:
        args = (number(at, expr.left).formula, number(at, expr.right).formula)
        made = f.Apply(expr.op, args, expr.span)
        return Num(made) if expr.op in ARITHMETIC else Tru(made)
    if expr.op in ("and", "or"):
        args = (truth(at, expr.left).formula, truth(at, expr.right).formula)
        return Tru(f.Apply(expr.op, args, expr.span))
    if expr.op in ("==", "!="):
        return _equal(at, expr)
    if expr.op == "in":
        return _member(at, expr)
    at.refuse(
        "AD404",
        f"`{expr.op}` has no meaning in a metric",
        expr.op_span,
        "not used in metrics",
        help="metrics know + - * / ^, comparisons, and, or, not, in",
    )


def _equal(at: Reading, expr: ast.Binary) -> Value:
    left, right = read(at, expr.left), read(at, expr.right)
    if isinstance(left, Point) and isinstance(right, Point):
        both = tuple(
            f.Apply("==", pair, expr.span)
            for pair in ((left.row, right.row), (left.column, right.column))
        )
        same: f.Formula = f.Apply("and", both, expr.span)
    elif isinstance(left, Tru) and isinstance(right, Tru):
        same = f.Apply("==", (left.formula, right.formula), expr.span)
    else:
        first = as_number(at, left, expr.left.span)
        second = as_number(at, right, expr.right.span)
        _same_dim(at, expr, first, second)
        same = f.Apply("==", (first.formula, second.formula), expr.span)
    if expr.op == "!=":
        same = (
            f.Apply("!=", same.args, expr.span)
            if isinstance(same, f.Apply) and same.op == "=="
            else f.Apply("not", (same,), expr.span)
        )
    return Tru(same)


def _same_dim(at: Reading, expr: ast.Binary, left: Num, right: Num) -> None:
    if left.dim is not None and right.dim is not None and left.dim != right.dim:
        at.refuse(
            "AD403",
            f"places in `{left.dim}` and in `{right.dim}` are compared",
            expr.span,
            "two different dimensions",
            help="compare places in one dimension",
        )


def _member(at: Reading, expr: ast.Binary) -> Value:
    if isinstance(expr.right, ast.Range):
        inner = number(at, expr.left).formula
        bounds = ((expr.right.low, ">="), (expr.right.high, "<="))
        tests = tuple(
            f.Apply(op, (inner, number(at, end).formula), expr.span)
            for end, op in bounds
            if end is not None
        )
        return Tru(tests[0] if len(tests) == 1 else f.Apply("and", tests, expr.span))
    container = read(at, expr.right)
    item = number(at, expr.left)
    if isinstance(container, Top):
        rank = calls.rank_of(at, container.vector, item, expr.span)
        return Tru(f.Apply("<=", (rank, container.count), expr.span))
    if isinstance(container, Several) and container.items:
        tests = tuple(
            f.Apply("==", (item.formula, one.formula), expr.span) for one in container.items
        )
        return Tru(tests[0] if len(tests) == 1 else f.Apply("or", tests, expr.span))
    wanted(at, expr.right.span, container, "`top(v, n)`, a range or a set")


def _if_else(at: Reading, expr: ast.IfElse) -> Value:
    condition = truth(at, expr.condition).formula
    then, otherwise = read(at, expr.then), read(at, expr.otherwise)
    if isinstance(then, Tru) and isinstance(otherwise, Tru):
        return Tru(f.Apply("choose", (condition, then.formula, otherwise.formula), expr.span))
    first = as_number(at, then, expr.then.span).formula
    second = as_number(at, otherwise, expr.otherwise.span).formula
    return Num(f.Apply("choose", (condition, first, second), expr.span))


def _several(at: Reading, expr: ast.SetOf | ast.ListOf) -> Value:
    return Several(tuple(number(at, item) for item in expr.items))


def _call(at: Reading, expr: ast.Call) -> Value:
    return calls.read_call(at, expr)


_RULES: dict[type, Callable[..., Value]] = {
    ast.Number: _number,
    ast.Bool: _truth,
    ast.Name: _name,
    ast.Index: _index,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.IfElse: _if_else,
    ast.SetOf: _several,
    ast.ListOf: _several,
    ast.Call: _call,
}
