"""Shorter ways of writing that the reader turned into plain formulas, found again."""

from typing import TypeAlias

from autodesign.dsl import formula as f

Point: TypeAlias = f.Entry | f.Argmax
"""A point by its row: `p[i, 0]`, or the first component of an argmax"""


def distance(formula: f.Apply) -> tuple[Point, Point] | None:
    """The points a and b of `dist(a, b)`."""
    match formula:
        case f.Apply("sqrt", (f.Apply("+", (f.Apply("^") as rows, f.Apply("^") as columns)),)):
            twice = rows.args[1] == columns.args[1] == f.Number(2.0)
            return _points(rows.args[0], columns.args[0], "-") if twice else None
    return None


def same_point(formula: f.Apply) -> tuple[Point, Point] | None:
    """The points a and b of `a == b`."""
    match formula:
        case f.Apply("and", (rows, columns)):
            return _points(rows, columns, "==")
    return None


def _points(rows: f.Formula, columns: f.Formula, op: str) -> tuple[Point, Point] | None:
    match rows, columns:
        case f.Apply(first, (a0, b0)), f.Apply(second, (a1, b1)) if first == second == op:
            a, b = _point(a0, a1), _point(b0, b1)
            return (a, b) if a is not None and b is not None else None
    return None


def _point(row: f.Formula, column: f.Formula) -> Point | None:
    match row, column:
        case f.Argmax(value, loops, 0, span), _ if f.Argmax(value, loops, 1, span) == column:
            return row if len(loops) > 1 else None
        case f.Entry(name, (*before, f.Number(0.0))), f.Entry(other, (*same, f.Number(1.0))):
            return row if (name, before) == (other, same) else None
    return None


def member(formula: f.Apply) -> tuple[f.Formula, tuple[f.Formula, ...]] | None:
    """The item and the set of `x in {a, b}`."""
    if formula.op != "or":
        return None
    item: f.Formula | None = None
    found: list[f.Formula] = []
    for test in formula.args:
        if not isinstance(test, f.Apply) or test.op != "==" or item not in (None, test.args[0]):
            return None
        item = test.args[0]
        found.append(test.args[1])
    return (item, tuple(found)) if item is not None else None
