"""What a metric means, one formula and one row at a time. Slow on purpose: the tests hold the
readings on tensors to it.

Undefined is None: what needs an undefined value is undefined, but a branch not chosen, a row that
does not count and `false and ...` need nothing.
"""

import math
import operator
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from torch import Tensor

from autodesign.dsl import formula as f

Value: TypeAlias = float | bool | None
Env: TypeAlias = Mapping[str, int]
Bits: TypeAlias = Mapping[str, Mapping[tuple[int, ...], bool]]


class Reference:
    """A metric on one batch. `bits` are those of an explicit form, by their indices."""

    def __init__(
        self,
        metric: f.Metric,
        tensors: Mapping[str, Tensor],
        parameters: Mapping[str, float] | None = None,
        bits: Bits | None = None,
    ) -> None:
        self.metric = metric
        self.tensors = tensors
        self.parameters = {**metric.parameters, **(parameters or {})}
        self.bits = bits or {}
        self.sizes = {
            dim: size
            for one in metric.inputs
            for dim, size in zip(one.dims, tensors[one.name].shape, strict=False)
        }
        self.shared = {loop.variable: loop for one in metric.families for loop in one.loops}

    def value(self) -> float:
        """The metric; NaN where it is undefined."""
        found = self.of(self.metric.value, {})
        return math.nan if found is None else float(found)

    def comparisons(self, family: f.Family) -> dict[tuple[int, ...], Value]:
        """The differences of a family by the indices of their rows, in order."""
        rows = self._rows(family.loops, {})
        return {tuple(env.values()): self.of(family.difference, env) for env in rows}

    def of(self, formula: f.Formula, env: Env) -> Value:
        match formula:
            case f.Number(value) | f.Truth(value):
                return value
            case f.Parameter(name):
                return self.parameters[name]
            case f.Size(dim):
                return self.sizes[dim]
            case f.Variable(name):
                return env[name]
            case f.Entry():
                return self._entry(formula, env)
            case f.Bit(family, indices):
                return self.bits[family][tuple(int(self.of(i, env) or 0) for i in indices)]
            case f.Apply():
                return self._apply(formula, env)
            case f.Reduce():
                return self._reduce(formula, env)
            case f.Argmax():
                return self._argmax(formula, env)

    def _entry(self, entry: f.Entry, env: Env) -> Value:
        tensor = self.tensors[entry.input]
        for place in entry.indices:
            index = self.of(place, env)
            if index is None or index != int(index) or not 0 <= index < len(tensor):
                return None
            tensor = tensor[int(index)]
        found: float = tensor.item()
        return bool(found) if self.metric.input(entry.input).kind == "flag" else found

    # --- operations -------------------------------------------------------------------------------

    def _apply(self, formula: f.Apply, env: Env) -> Value:
        if formula.op == "choose":
            condition = self.of(formula.args[0], env)
            return None if condition is None else self.of(formula.args[1 if condition else 2], env)
        args = [self.of(arg, env) for arg in formula.args]
        if formula.op == "and":
            return _every(args)
        if formula.op == "or":
            return _negation(_every([_negation(one) for one in args]))
        if None in args:
            return None
        try:
            return _OPERATIONS[formula.op](*args)
        except (ArithmeticError, ValueError):
            return None

    # --- loops ------------------------------------------------------------------------------------

    def _rows(self, loops: tuple[f.Loop, ...], env: Env) -> Iterator[Env]:
        """The rows that count; one whose conditions are undefined is marked by the name ''."""
        if not loops:
            yield env
            return
        loop, *rest = loops
        for place in self._places(loop, env):
            inner = {**env, loop.variable: place}
            holds = _every([self.of(one, inner) for one in loop.conditions])
            if holds is None:
                yield {**inner, "": 0}
            elif holds:
                yield from self._rows(tuple(rest), inner)

    def _places(self, loop: f.Loop, env: Env) -> Iterator[int]:
        if isinstance(loop.over, str):
            yield from range(self.sizes[loop.over])
        elif loop.over is None:
            shared = self.shared[loop.variable]
            for row in self._rows((shared,), env):
                yield row[loop.variable]
        else:
            first, last = (self.of(end, env) for end in loop.over)
            yield from range(int(first or 0), int(last or 0) + 1)

    def _reduce(self, formula: f.Reduce, env: Env) -> Value:
        rows = self._rows(formula.loops, env)
        values = [None if "" in row else self.of(formula.value, row) for row in rows]
        if formula.op == "all":
            return _every(values)
        if formula.op == "any":
            return _negation(_every([_negation(one) for one in values]))
        numbers = [one for one in values if one is not None]
        if len(numbers) < len(values):
            return None
        if not values and formula.op not in ("sum", "count", "prod"):
            return None
        return _REDUCTIONS[formula.op](numbers)

    def _argmax(self, formula: f.Argmax, env: Env) -> Value:
        """The first row of the greatest, in the order of the loops."""
        best: tuple[float, int] | None = None
        for row in self._rows(formula.loops, env):
            value = None if "" in row else self.of(formula.value, row)
            if value is None:
                return None
            if best is None or value > best[0]:
                best = value, row[formula.loops[formula.component].variable]
        return best and best[1]


def _every(truths: list[Value]) -> Value:
    if any(one is not None and not one for one in truths):
        return False
    return None if None in truths else True


def _negation(truth: Value) -> Value:
    return None if truth is None else not truth


def _power(a: float, b: float) -> float:
    found = a**b
    if isinstance(found, complex):
        raise ValueError
    return float(found)


_OPERATIONS: dict[str, Callable[..., Value]] = {
    "+": lambda *args: math.fsum(args),
    "-": operator.sub,
    "*": lambda *args: math.prod(args),
    "/": operator.truediv,
    "^": _power,
    "neg": operator.neg,
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "max": max,
    "min": min,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "not": operator.not_,
}

_REDUCTIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "count": math.fsum,
    "prod": math.prod,
    "mean": statistics.fmean,
    "max": max,
    "min": min,
    "median": statistics.median,
}
