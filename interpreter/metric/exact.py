"""The exact reading: what a metric says, to the letter.

Undefined values (0 / 0, the mean of nothing, a root of a negative number) are NaN and make all that
needs them NaN; a branch not chosen, a row that does not count and `false and ...` need nothing.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.entries import entry
from autodesign.interpreter.metric.fold import fold
from autodesign.interpreter.metric.median import median
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader, Rows, Rules, conjunction

# --- leaves ---------------------------------------------------------------------------------------


def _number(reader: Reader, node: Node) -> Tensor:
    assert isinstance(node.formula, f.Number)
    return reader.constant(node.formula.value)


def _truth(reader: Reader, node: Node) -> Tensor:
    assert isinstance(node.formula, f.Truth)
    return torch.tensor(node.formula.value, device=reader.frames.device)


def _parameter(reader: Reader, node: Node) -> Tensor:
    assert isinstance(node.formula, f.Parameter)
    return reader.constant(reader.frames.parameters[node.formula.name])


def _size(reader: Reader, node: Node) -> Tensor:
    assert isinstance(node.formula, f.Size)
    return reader.constant(reader.frames.sizes[node.formula.dim])


def _variable(reader: Reader, node: Node) -> Tensor:
    assert isinstance(node.formula, f.Variable)
    return reader.frames.variable(node.formula.name, reader.axes(node))


def _bit(reader: Reader, node: Node) -> Tensor:
    assert isinstance(node.formula, f.Bit)
    return reader.bits[node.formula.family]


# --- numbers --------------------------------------------------------------------------------------


def where_defined(defined: Tensor, args: list[Tensor], compute: Callable[..., Tensor]) -> Tensor:
    """The operation, NaN where it is undefined; its gradient is finite everywhere."""
    if defined.device.type == "cpu" and bool(defined.all()):
        return compute(*args)
    safe = [torch.where(defined, x, 1.0) for x in args]
    return torch.where(defined, compute(*safe), torch.nan)


def _arithmetic(compute: Callable[..., Tensor]) -> Callable[[Reader, Node], Tensor]:
    def rule(reader: Reader, node: Node) -> Tensor:
        out, *rest = reader.numbers(node)
        for x in rest:
            out = compute(out, x)
        return out if rest else compute(out)

    return rule


def _divide(reader: Reader, node: Node) -> Tensor:
    a, b = reader.numbers(node)
    return where_defined(b != 0, [b], lambda b: a / b) if node.partial else a / b


def _power(reader: Reader, node: Node) -> Tensor:
    a, b = reader.numbers(node)
    defined = (a > 0) | ((b % 1 == 0) & ((a != 0) | (b >= 0))) | ((a == 0) & (b > 0))
    return where_defined(defined, [a, b], torch.pow)


def _root(reader: Reader, node: Node) -> Tensor:
    (a,) = reader.numbers(node)
    root = torch.where(a > 0, torch.where(a > 0, a, 1.0).sqrt(), 0.0)  # no infinite slope at 0
    return torch.where(a < 0, torch.nan, root).where(~a.isnan(), a)


def _logarithm(compute: Callable[[Tensor], Tensor]) -> Callable[[Reader, Node], Tensor]:
    def rule(reader: Reader, node: Node) -> Tensor:
        (a,) = reader.numbers(node)
        return where_defined(a > 0, [a], compute)

    return rule


def _compare(compute: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Reader, Node], Tensor]:
    def rule(reader: Reader, node: Node) -> Tensor:
        a, b = reader.arguments(node)
        if a.is_floating_point() or b.is_floating_point():
            a, b = reader.as_number(a), reader.as_number(b)
        out = compute(a, b)
        if not node.partial:
            return out
        return torch.where(a.isnan() | b.isnan(), torch.nan, reader.as_number(out))

    return rule


def choose(condition: Tensor, then: Tensor, otherwise: Tensor) -> Tensor:
    """By a truth; NaN where that is undefined."""
    if condition.dtype == torch.bool:
        return torch.where(condition, then, otherwise)
    out = torch.where(condition > 0, then, otherwise)
    return torch.where(condition.isnan(), torch.nan, out)


def _choose(reader: Reader, node: Node) -> Tensor:
    condition, then, otherwise = reader.arguments(node)
    if then.dtype != otherwise.dtype:
        then, otherwise = reader.as_number(then), reader.as_number(otherwise)
    return choose(condition, then, otherwise)


# --- logic ----------------------------------------------------------------------------------------


def negation(truth: Tensor) -> Tensor:
    return ~truth if truth.dtype == torch.bool else 1 - truth


def _and(reader: Reader, node: Node) -> Tensor:
    return conjunction(reader.arguments(node))


def _or(reader: Reader, node: Node) -> Tensor:
    return negation(conjunction([negation(x) for x in reader.arguments(node)]))


def _not(reader: Reader, node: Node) -> Tensor:
    return negation(reader.arguments(node)[0])


def _any(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return _some(rows, rows.value)


def _all(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return negation(_some(rows, negation(rows.value)))


def _some(rows: Rows, truths: Tensor) -> Tensor:
    """Whether any row is true; one that is, is enough, whatever is undefined."""
    counted = rows.weighted(truths)
    if counted.dtype == torch.bool:
        return rows.sum(counted) > 0
    undefined = rows.sum(counted)
    found = rows.sum(torch.where(counted.isnan(), 0, counted)) > 0
    return torch.where(found, 1.0, torch.where(undefined.isnan(), torch.nan, 0.0))


# --- reductions -----------------------------------------------------------------------------------


def _sum(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return rows.sum(rows.value)


def _mean(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    count = rows.count()
    return where_defined(count != 0, [count], lambda count: rows.sum(rows.value) / count)


def _product(reader: Reader, node: Node) -> Tensor:
    """A row that counts with a weight w is the factor 1 + w (x - 1)."""
    rows = reader.rows(node)
    x, weight = reader.as_number(rows.value), rows.weight
    if weight is not None:
        weight = reader.as_number(weight)
        x = torch.where(weight == 0, 1, 1 + weight * (torch.where(weight == 0, 1, x) - 1))
    return fold("prod", x, rows.inner, rows.outer)


def _greatest(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return torch.where(rows.count() > 0, rows.greatest(rows.value), torch.nan)


def _least(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return torch.where(rows.count() > 0, rows.least(rows.value), torch.nan)


def _argmax(reader: Reader, node: Node) -> Tensor:
    """The first of the greatest: least in the first loop's variable, then in the next one's."""
    assert isinstance(node.formula, f.Argmax)
    rows = reader.rows(node)
    x = rows.value
    best = rows.greatest(x)
    candidate = rows.weighted(reader.as_number(x) == rows.lifted(best))
    undefined = (rows.count() == 0) | rows.sum(x).isnan()
    for loop in node.loops[: node.formula.component + 1]:
        index = reader.as_number(reader.frames.variable(loop.variable, rows.inner))
        first = rows.least(torch.where(candidate > 0, index, torch.inf))
        candidate = (candidate > 0) & (index == rows.lifted(first))
    return torch.where(undefined, torch.nan, first)


EXACT: Rules = {
    "number": _number,
    "truth": _truth,
    "parameter": _parameter,
    "size": _size,
    "variable": _variable,
    "entry": entry,
    "bit": _bit,
    "+": _arithmetic(torch.add),
    "-": _arithmetic(torch.sub),
    "*": _arithmetic(torch.mul),
    "/": _divide,
    "^": _power,
    "neg": _arithmetic(torch.neg),
    "abs": _arithmetic(torch.abs),
    "exp": _arithmetic(torch.exp),
    "sqrt": _root,
    "log": _logarithm(torch.log),
    "log2": _logarithm(torch.log2),
    "max": _arithmetic(torch.maximum),
    "min": _arithmetic(torch.minimum),
    ">": _compare(torch.gt),
    ">=": _compare(torch.ge),
    "<": _compare(torch.lt),
    "<=": _compare(torch.le),
    "==": _compare(torch.eq),
    "!=": _compare(torch.ne),
    "choose": _choose,
    "and": _and,
    "or": _or,
    "not": _not,
    "any()": _any,
    "all()": _all,
    "sum()": _sum,
    "count()": _sum,
    "prod()": _product,
    "mean()": _mean,
    "max()": _greatest,
    "min()": _least,
    "median()": lambda reader, node: median(reader.rows(node)),
    "argmax": _argmax,
}
