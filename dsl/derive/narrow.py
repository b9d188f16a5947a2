"""Comparisons that cannot change the value are not made: what data decides picks the rows.

`count(A and B for i)`, A of data alone, is `count(B for i if A)`: where A is false no bit of B
matters, and the families of B have no rows there. `count(A or B for i)` is as many as A, and those
of B where A is false.
"""

from dataclasses import replace
from functools import reduce

from autodesign.dsl import formula as f
from autodesign.dsl.derive.simplify import ZERO, negate
from autodesign.dsl.derive.taint import COMPARISONS, Taint
from autodesign.dsl.derive.variables import mapped
from autodesign.dsl.source import Span

Parts = tuple[f.Formula, ...]
DEFINED = COMPARISONS | {"and", "or", "not", "+", "-", "*", "neg", "abs"}
"""Operations that are defined wherever their arguments are."""


def narrowed(formula: f.Formula, taint: Taint, numbers: frozenset[str] = frozenset()) -> f.Formula:
    """The same value, its reductions over scores only where data lets the scores matter.

    `numbers` are the variables around that run from a number to a number.
    """
    if taint.data(formula):
        return formula
    if isinstance(formula, f.Reduce | f.Argmax):
        own = {loop.variable for loop in formula.loops if isinstance(loop.over, tuple)}
        numbers = numbers | own
    inside = mapped(formula, lambda part: narrowed(part, taint, numbers))
    return _reduction(inside, taint, numbers) if isinstance(inside, f.Reduce) else inside


def _reduction(formula: f.Reduce, taint: Taint, numbers: frozenset[str]) -> f.Formula:
    value = formula.value
    both, either = _parts("and", value), _parts("or", value)
    if formula.op in ("count", "any", "mean") and both:
        chosen, rest = _parted(both, taint, numbers)
        inner = _joined("and", rest, formula.span)
    elif formula.op == "all" and either:
        chosen, rest = _parted(tuple(map(_not, either)), taint, numbers)
        inner = _joined("or", tuple(map(_not, rest)), formula.span)
    elif formula.op in ("count", "mean") and either:
        return _or(formula, *_parted(either, taint, numbers))
    elif formula.op == "sum" and isinstance(value, f.Apply) and value.op == "choose":
        condition, then, otherwise = value.args
        if ZERO not in (then, otherwise):
            return formula
        picks = condition if otherwise == ZERO else negate(condition)
        chosen, rest = _parted((picks,), taint, numbers)
        inner = then if otherwise == ZERO else otherwise
    else:
        return formula
    if not chosen or (formula.op != "sum" and not rest):
        return formula
    return _within(formula, inner, chosen)


def _or(formula: f.Reduce, chosen: Parts, rest: Parts) -> f.Formula:
    """`count(A or B)` is how many A there are, and how many B among the others."""
    if not chosen or not rest:
        return formula
    span = formula.span
    counted = f.Reduce("count", _joined("or", rest, span), formula.loops, span)
    hits = _within(counted, counted.value, tuple(map(negate, chosen)))
    sure = _within(counted, f.Truth(True), (_joined("or", chosen, span),))
    found = f.Apply("+", (hits, sure), span)
    return f.Apply("/", (found, _rows(formula)), span) if formula.op == "mean" else found


def _within(formula: f.Reduce, inner: f.Formula, chosen: Parts) -> f.Formula:
    """The reduction of `inner` where the chosen conditions hold; a mean stays one over all rows."""
    *before, last = formula.loops
    loops = (*before, replace(last, conditions=(*last.conditions, *chosen)))
    if formula.op != "mean":
        return replace(formula, value=inner, loops=loops)
    hits = f.Reduce("count", inner, loops, formula.span)
    return f.Apply("/", (hits, _rows(formula)), formula.span)


def _rows(formula: f.Reduce) -> f.Formula:
    return f.Reduce("count", f.Truth(True), formula.loops, formula.span)


def _parted(parts: Parts, taint: Taint, numbers: frozenset[str]) -> tuple[Parts, Parts]:
    """Those that data alone decides, whatever the data, and the others."""
    chosen = tuple(part for part in parts if taint.data(part) and _defined(part, numbers))
    return chosen, tuple(part for part in parts if part not in chosen)


def _defined(formula: f.Formula, numbers: frozenset[str]) -> bool:
    """Whether a formula is seen to have a value on any data."""
    match formula:
        case f.Argmax():
            return False
        case f.Apply(op) if op not in DEFINED:
            return False
        case f.Reduce(op) if op not in ("count", "sum", "any", "all"):
            return False
        case f.Reduce(loops=loops) if any(isinstance(loop.over, tuple) for loop in loops):
            return False
        case f.Entry(indices=indices):
            return all(isinstance(i, f.Variable) and i.name not in numbers for i in indices)
    return all(_defined(part, numbers) for part in f.parts(formula))


def _parts(op: str, formula: f.Formula) -> Parts:
    """What `and` or `or` join, negations of the other one among them; none where neither does."""
    match formula:
        case f.Apply(joins, args) if joins == op:
            return tuple(part for arg in args for part in _parts(op, arg) or (arg,))
        case f.Apply("not", (inner,)):
            return tuple(map(_not, _parts("or" if op == "and" else "and", inner)))
    return ()


def _not(formula: f.Formula) -> f.Formula:
    """The negation, in which a bit `difference > 0` stays one."""
    match formula:
        case f.Apply(">", (_, f.Number(0.0)), span):
            return f.Apply("not", (formula,), span)
    return negate(formula)


def _joined(op: str, parts: Parts, span: Span) -> f.Formula:
    if not parts:
        return f.Truth(op == "and")
    return reduce(lambda left, right: f.Apply(op, (left, right), span), parts)
