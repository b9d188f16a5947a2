"""Comparisons that cannot change the value are not made: what data decides picks the rows.

`count(A and B for i)`, A of data alone, is `count(B for i if A)`: where A is false no bit of B
matters, and the families of B have no rows there.
"""

from dataclasses import replace
from functools import reduce

from autodesign.dsl import formula as f
from autodesign.dsl.derive.simplify import ZERO, negate
from autodesign.dsl.derive.taint import COMPARISONS, Taint
from autodesign.dsl.derive.variables import conjuncts, mapped
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
    chosen: Parts
    rest: Parts
    match formula.op, formula.value:
        case (("count" | "any" | "mean"), f.Apply("and", span=span)):
            chosen, rest = _parted(conjuncts(formula.value), taint, numbers)
            inner = _joined("and", rest, span)
        case "all", f.Apply("or", span=span):
            chosen, rest = _parted(tuple(map(negate, _disjuncts(formula.value))), taint, numbers)
            inner = _joined("or", tuple(map(negate, rest)), span)
        case "sum", f.Apply("choose", (condition, then, otherwise)) if ZERO in (then, otherwise):
            chosen, rest = _parted(
                (condition if otherwise == ZERO else negate(condition),), taint, numbers
            )
            inner = then if otherwise == ZERO else otherwise
        case _:
            return formula
    if not chosen or (formula.op != "sum" and not rest):
        return formula
    return _within(formula, inner, chosen)


def _within(formula: f.Reduce, inner: f.Formula, chosen: Parts) -> f.Formula:
    """The reduction of `inner` where the chosen conditions hold; a mean stays one over all rows."""
    *before, last = formula.loops
    loops = (*before, replace(last, conditions=(*last.conditions, *chosen)))
    if formula.op != "mean":
        return replace(formula, value=inner, loops=loops)
    hits = f.Reduce("count", inner, loops, formula.span)
    rows = f.Reduce("count", f.Truth(True), formula.loops, formula.span)
    return f.Apply("/", (hits, rows), formula.span)


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


def _disjuncts(formula: f.Formula) -> Parts:
    if isinstance(formula, f.Apply) and formula.op == "or":
        return tuple(part for arg in formula.args for part in _disjuncts(arg))
    return (formula,)


def _joined(op: str, parts: Parts, span: Span) -> f.Formula:
    if not parts:
        return f.Truth(op == "and")
    return reduce(lambda left, right: f.Apply(op, (left, right), span), parts)
