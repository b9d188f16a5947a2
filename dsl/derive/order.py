"""Values and places by order, said with what the language has besides (LANGUAGE.md section 3).

`sort(v)[t]`, the least of v that more than t of them do not exceed, is
`min(v_j for j if count(v_l <= v_j for l) > t)`; `argsort(v)[t]`, the place that t others precede,
is `min(j for j if count(v_l < v_j or (v_l == v_j and l < j) for l) == t)`. Both are found again
where comparisons of scores are made of them.
"""

from dataclasses import replace

from autodesign.dsl import formula as f
from autodesign.dsl.derive.variables import Fresh, bound, distinct, free, key
from autodesign.dsl.record import record
from autodesign.dsl.source import Span


@record
class Nth:
    """The value, or the place, at `index` of the values over a loop, the least first."""

    value: f.Formula
    loop: f.Loop
    index: f.Formula
    span: Span


def sorted_value(nth: Nth, names: Fresh) -> f.Reduce:
    """`sort(v)[t]`"""
    other = another(nth, names)
    exceeded = f.Apply("<=", (other.value, distinct(nth.value, names)), nth.span)
    count = f.Reduce("count", exceeded, (other.loop,), nth.span)
    order = f.Apply(">", (count, nth.index), nth.span)
    return f.Reduce("min", nth.value, (_also(nth.loop, order),), nth.span)


def sorted_place(nth: Nth, names: Fresh) -> f.Reduce:
    """`argsort(v)[t]`; of equal values the first place comes first."""
    other = another(nth, names)
    own, variable = f.Variable(nth.loop.variable), f.Variable(other.loop.variable)
    once, twice = nth.value, distinct(nth.value, names)
    again = another(other, names, keep=True)
    equal = f.Apply("==", (again.value, twice), nth.span)
    earlier = f.Apply("and", (equal, f.Apply("<", (variable, own), nth.span)), nth.span)
    less = f.Apply("<", (other.value, once), nth.span)
    before = f.Apply("or", (less, earlier), nth.span)
    count = f.Reduce("count", before, (other.loop,), nth.span)
    order = f.Apply("==", (count, nth.index), nth.span)
    return f.Reduce("min", own, (_also(nth.loop, order),), nth.span)


def another(nth: Nth, names: Fresh, keep: bool = False) -> Nth:
    """The same values over a loop with a variable of its own; with `keep` over the same one."""
    if keep:
        return replace(nth, value=distinct(nth.value, names))
    copy = distinct(f.Reduce("sum", nth.value, (nth.loop,), nth.span), names)
    assert isinstance(copy, f.Reduce)
    return replace(nth, value=copy.value, loop=copy.loops[0])


def _also(loop: f.Loop, condition: f.Formula) -> f.Loop:
    return replace(loop, conditions=(*loop.conditions, condition))


def find_value(formula: f.Formula) -> Nth | None:
    """What `sort(v)[t]` was made of."""
    match formula:
        case f.Reduce(
            "min",
            value,
            (f.Loop(variable, over, (*conditions, f.Apply(">", (f.Reduce("count"), index)))),),
            span,
        ):
            nth = Nth(value, f.Loop(variable, over, tuple(conditions)), index, span)
            return nth if _same(formula, sorted_value(nth, _names(formula))) else None
    return None


def find_place(formula: f.Formula) -> Nth | None:
    """What `argsort(v)[t]` was made of."""
    match formula:
        case f.Reduce("min", f.Variable(), (f.Loop(variable, over, (*conditions, order)),), span):
            pass
        case _:
            return None
    match order:
        case f.Apply(
            "==", (f.Reduce("count", f.Apply("or", (f.Apply("<", (_, value)), _))), index)
        ):
            nth = Nth(value, f.Loop(variable, over, tuple(conditions)), index, span)
            return nth if _same(formula, sorted_place(nth, _names(formula))) else None
    return None


def _names(formula: f.Formula) -> Fresh:
    return Fresh({*bound(formula), *free(formula)})


def _same(one: f.Formula, other: f.Formula) -> bool:
    return key(one, {}) == key(other, {})
