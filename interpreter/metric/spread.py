"""How numbers that depend on bits spread: variance, and the lattice of values they can take."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from autodesign.interpreter.metric.axes import lift
from autodesign.interpreter.metric.bitsums import bit_variance
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader, key


class Spread(NamedTuple):
    """The values are `offset` plus whole multiples of `step`; a step of 0: not known.

    Bits are taken as independent; products and quotients vary linearly (the delta method).
    """

    variance: Tensor
    step: Tensor
    offset: Tensor


def difference(reader: Reader, node: Node) -> Spread:
    """Of a comparison's left side less its right side."""
    return _sum(reader, node, -1.0)


def spread(reader: Reader, node: Node) -> Spread:
    """Over the axes of the node. What depends on data alone is all offset."""
    value = reader.as_number(reader.value(node))
    zero = reader.constant(0)
    if not node.live:
        return Spread(zero, zero, value)
    if node.truth:
        return Spread(value * (1 - value), reader.constant(1), zero)
    rule = _SPREADS.get(key(node.formula))
    return Spread(zero, zero, zero) if rule is None else rule(reader, node)


def _parts(reader: Reader, node: Node) -> list[Spread]:
    axes = reader.axes(node)
    return [
        Spread(*(lift(_wide(x, len(reader.axes(p))), reader.axes(p), axes) for x in found))
        for p in node.parts
        for found in [spread(reader, p)]
    ]


def _wide(x: Tensor, axes: int) -> Tensor:
    """A constant as a tensor over so many axes."""
    return x.reshape((1,) * axes) if x.ndim < axes else x


def _sum(reader: Reader, node: Node, sign: float = 1.0) -> Spread:
    out, *rest = _parts(reader, node)
    live, *others = [part.live for part in node.parts]
    for one, alive in zip(rest, others, strict=True):
        if live and alive:
            step = torch.where(out.step == one.step, one.step, 0)
        else:
            step = one.step if alive else out.step
        out = Spread(out.variance + one.variance, step, out.offset + sign * one.offset)
        live = live or alive
    return out


def _scaled(one: Spread, factor: Tensor) -> Spread:
    return Spread(one.variance * factor**2, one.step * factor.abs(), one.offset * factor)


def _product(reader: Reader, node: Node) -> Spread:
    left, right = _parts(reader, node)[:2]
    a, b = reader.numbers(node)[:2]
    first, second = node.parts[:2]
    if not second.live:
        return _scaled(left, b)
    if not first.live:
        return _scaled(right, a)
    zero = reader.constant(0)
    return Spread(left.variance * b**2 + right.variance * a**2, zero, zero)


def _quotient(reader: Reader, node: Node) -> Spread:
    left, right = _parts(reader, node)
    a, b = reader.numbers(node)
    safe = torch.where(b == 0, 1, b)
    if not node.parts[1].live:
        return _scaled(left, 1 / safe)
    zero = reader.constant(0)
    return Spread(left.variance / safe**2 + right.variance * (a / safe**2) ** 2, zero, zero)


def _negative(reader: Reader, node: Node) -> Spread:
    return _scaled(_parts(reader, node)[0], reader.constant(-1))


def _steep(slope: Callable[[Tensor], Tensor]) -> Callable[[Reader, Node], Spread]:
    """A function of one number, by its slope."""

    def rule(reader: Reader, node: Node) -> Spread:
        (one,), (x,) = _parts(reader, node), reader.numbers(node)
        zero = reader.constant(0)
        return Spread(one.variance * slope(x) ** 2, zero, zero)

    return rule


def _power(reader: Reader, node: Node) -> Spread:
    base, _ = _parts(reader, node)
    a, b = reader.numbers(node)
    slope = torch.where(a > 0, b * torch.where(a > 0, a, 1) ** (b - 1), 0)
    zero = reader.constant(0)
    return Spread(base.variance * slope**2, zero, zero)


def _either(greatest: bool) -> Callable[[Reader, Node], Spread]:
    def rule(reader: Reader, node: Node) -> Spread:
        out, *rest = _parts(reader, node)
        x, *others = reader.numbers(node)
        zero = reader.constant(0)
        for one, y in zip(rest, others, strict=True):
            first = x >= y if greatest else x <= y
            out = Spread(torch.where(first, out.variance, one.variance), zero, zero)
            x = torch.where(first, x, y)
        return out

    return rule


def _choice(reader: Reader, node: Node) -> Spread:
    which, then, otherwise = _parts(reader, node)
    c, a, b = reader.numbers(node)
    variance = c * then.variance + (1 - c) * otherwise.variance + which.variance * (a - b) ** 2
    if node.parts[1].live or node.parts[2].live:
        zero = reader.constant(0)
        return Spread(variance, zero, zero)
    return Spread(variance, (a - b).abs(), b)


def _count(reader: Reader, node: Node) -> Spread:
    """Of a sum or count: of truths a step of 1; what else is summed has no step."""
    rows = reader.rows(node)
    value = node.parts[0]
    mean = reader.constant(0)
    if value.truth:
        found = bit_variance(reader, node)
        if found is not None:
            return Spread(found, reader.constant(1), mean)
        u = rows.weighted(rows.value)
        variance = rows.fold_sum(reader.as_number(u) * (1 - reader.as_number(u)))
        return Spread(variance, reader.constant(1), mean)
    inner = spread(reader, value)
    given = rows.lift_value(_wide(inner.variance, len(reader.axes(value))))
    variance = rows.sum(given)
    if rows.weight is not None and rows.weight.dtype != torch.bool:
        weight = rows.weight
        variance = variance + rows.fold_sum(weight * (1 - weight) * rows.value**2)
    return Spread(variance, mean, mean)


def _average(reader: Reader, node: Node) -> Spread:
    rows = reader.rows(node)
    count = rows.count()
    count = torch.where(count == 0, 1, count)
    found = _scaled(_count(reader, node), 1 / count)
    if any(mask.live for loop in node.loops for mask in loop.masks):
        return Spread(found.variance, reader.constant(0), reader.constant(0))
    return found


def _widest(reader: Reader, node: Node) -> Spread:
    """Of a greatest, least or middle number: the greatest variance among them."""
    rows = reader.rows(node)
    value = node.parts[0]
    inner = spread(reader, value)
    given = rows.lift_value(_wide(inner.variance, len(reader.axes(value))))
    zero = reader.constant(0)
    return Spread(rows.greatest(given).clamp(min=0), zero, zero)


def _factors(reader: Reader, node: Node) -> Spread:
    """Of a product: what each factor moves it by, the others staying what they are."""
    rows = reader.rows(node)
    value = node.parts[0]
    given = rows.lift_value(_wide(spread(reader, value).variance, len(reader.axes(value))))
    x = reader.as_number(rows.value)
    others = torch.where(x != 0, 1 / torch.where(x != 0, x, 1), 0)
    zero = reader.constant(0)
    return Spread(reader.value(node) ** 2 * rows.sum(given * others**2), zero, zero)


_LOG2_E = 1 / math.log(2)

_SPREADS: dict[str, Callable[[Reader, Node], Spread]] = {
    "+": _sum,
    "-": difference,
    "*": _product,
    "/": _quotient,
    "neg": _negative,
    "^": _power,
    "abs": _steep(torch.sign),
    "exp": _steep(torch.exp),
    "sqrt": _steep(lambda x: torch.where(x > 0, 0.5 / torch.where(x > 0, x, 1).sqrt(), 0)),
    "log": _steep(lambda x: torch.where(x > 0, 1 / torch.where(x > 0, x, 1), 0)),
    "log2": _steep(lambda x: torch.where(x > 0, _LOG2_E / torch.where(x > 0, x, 1), 0)),
    "max": _either(True),
    "min": _either(False),
    "choose": _choice,
    "sum()": _count,
    "count()": _count,
    "mean()": _average,
    "prod()": _factors,
    "max()": _widest,
    "min()": _widest,
    "median()": _widest,
}
