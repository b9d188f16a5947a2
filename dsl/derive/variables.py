"""Formulas as trees with variables: what is free in them, what is the same up to names."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace

from autodesign.dsl import formula as f

Names = Mapping[str, Hashable]
SYMMETRIC = frozenset({"==", "!="})
TURNED = {"<": ">", "<=": ">="}


class Fresh:
    """Gives names that nothing in a metric has yet."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)

    def name(self, like: str) -> str:
        """`i`, or `i2`, `i3`, ... where that is taken."""
        base = re.sub(r"\d+$", "", like) or like
        candidate, number = base, 2
        while candidate in self.taken:
            candidate, number = f"{base}{number}", number + 1
        self.taken.add(candidate)
        return candidate


def mapped(formula: f.Formula, change: Callable[[f.Formula], f.Formula]) -> f.Formula:
    """The formula with each of its direct parts changed."""
    match formula:
        case f.Entry() | f.Bit():
            return replace(formula, indices=tuple(map(change, formula.indices)))
        case f.Apply():
            return replace(formula, args=tuple(map(change, formula.args)))
        case f.Reduce() | f.Argmax():
            loops = tuple(mapped_loop(loop, change) for loop in formula.loops)
            return replace(formula, value=change(formula.value), loops=loops)
    return formula


def mapped_loop(loop: f.Loop, change: Callable[[f.Formula], f.Formula]) -> f.Loop:
    over = loop.over
    if isinstance(over, tuple):
        over = (change(over[0]), change(over[1]))
    return f.Loop(loop.variable, over, tuple(map(change, loop.conditions)))


def substitute(formula: f.Formula, values: Mapping[str, f.Formula]) -> f.Formula:
    """The formula with some of its free variables replaced."""
    if isinstance(formula, f.Variable):
        return values.get(formula.name, formula)
    return mapped(formula, lambda part: substitute(part, values))


def bound(formula: f.Formula) -> list[str]:
    """The variables of all loops inside a formula, as often as they occur."""
    own = _bound_by(formula)
    return own + [name for part in f.parts(formula) for name in bound(part)]


def written(metric: f.Metric) -> set[str]:
    """The variables of all loops in a metric's families and value."""
    names = set(bound(metric.value))
    for family in metric.families:
        names.update(loop.variable for loop in family.loops)
        inside = (family.difference, *(c for loop in family.loops for c in loop.conditions))
        names.update(name for part in inside for name in bound(part))
    return names


def free(formula: f.Formula) -> set[str]:
    """The variables that a formula takes from the loops around it."""
    if isinstance(formula, f.Variable):
        return {formula.name}
    inside = {name for part in f.parts(formula) for name in free(part)}
    return inside.difference(_bound_by(formula))


def free_in_loop(loop: f.Loop) -> set[str]:
    over = loop.over if isinstance(loop.over, tuple) else ()
    names = {name for part in (*over, *loop.conditions) for name in free(part)}
    return names - {loop.variable}


def _bound_by(formula: f.Formula) -> list[str]:
    loops = formula.loops if isinstance(formula, f.Reduce | f.Argmax) else ()
    return [loop.variable for loop in loops]


def distinct(formula: f.Formula, names: Fresh) -> f.Formula:
    """The same formula, the variables of all its loops different from each other."""
    return _renamed(formula, names, {})


def _renamed(formula: f.Formula, names: Fresh, now: Mapping[str, str]) -> f.Formula:
    """The formula with the loops around it called as they are `now`."""
    if isinstance(formula, f.Variable):
        return f.Variable(now.get(formula.name, formula.name))
    if not isinstance(formula, f.Reduce | f.Argmax):
        return mapped(formula, lambda part: _renamed(part, names, now))
    inner = dict(now)
    loops: list[f.Loop] = []
    for loop in formula.loops:
        inner[loop.variable] = names.name(loop.variable)
        inside = mapped_loop(loop, lambda part: _renamed(part, names, inner))
        loops.append(replace(inside, variable=inner[loop.variable]))
    return replace(formula, value=_renamed(formula.value, names, inner), loops=tuple(loops))


def key(formula: f.Formula, names: Names) -> Hashable:
    """Equal for formulas that differ only in bound variables and in those that `names` equates.

    `a == b` and `b == a` have the same key, and so have `a < b` and `b > a`.
    """
    match formula:
        case f.Variable(name):
            return ("variable", names.get(name, name))
        case f.Entry(input, indices):
            return ("entry", input, tuple(key(index, names) for index in indices))
        case f.Bit(family, indices):
            return ("bit", family, tuple(key(index, names) for index in indices))
        case f.Apply(op, args):
            return _operation(op, [key(arg, names) for arg in args])
        case f.Reduce() | f.Argmax():
            return _loops(formula, names)
    return formula


def _operation(op: str, args: list[Hashable]) -> Hashable:
    if op in SYMMETRIC:
        return (op, *sorted(args, key=repr))
    return (TURNED[op], *reversed(args)) if op in TURNED else (op, *args)


def _loops(formula: f.Reduce | f.Argmax, names: Names) -> Hashable:
    inner = dict(names)
    loops: list[Hashable] = []
    for loop in formula.loops:
        inner[loop.variable] = ("bound", len(inner))
        over = loop.over
        ends = tuple(key(end, inner) for end in over) if isinstance(over, tuple) else over
        loops.append((ends, tuple(key(condition, inner) for condition in loop.conditions)))
    how = formula.op if isinstance(formula, f.Reduce) else formula.component
    return (how, tuple(loops), key(formula.value, inner))


def conjuncts(condition: f.Formula) -> tuple[f.Formula, ...]:
    """`a and b and c` as its parts."""
    if isinstance(condition, f.Apply) and condition.op == "and":
        return tuple(part for arg in condition.args for part in conjuncts(arg))
    return (condition,)
