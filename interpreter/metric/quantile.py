"""Counts against numbers by order: at least k of some bits are 1 iff that of the k-th greatest
comparison is.

So a count against a number is one more comparison, the k-th greatest of those it counts, and
becomes soft as any other does: sigmoid(q / temperature). It has a gradient wherever the scores are,
while the normal distribution function of `plugin` has none far from its bound. All of the gradient
on the k-th greatest alone would be noise of that one example, so q is a soft k-th greatest.
Everything else is read as `plugin` reads it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.against import CLOSE
from autodesign.interpreter.metric.axes import numel
from autodesign.interpreter.metric.plugin import PLUGIN, exact_on_data
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader, Rows, Rule, Rules, key
from autodesign.interpreter.metric.softmax import CERTAIN, logit, own_logit

TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
HALVINGS, STEPS = 10, 2
STEEP = 0.05
"""The least slope by which a Newton step is divided; where the equation holds it is at least 1/4"""

COUNTS = frozenset({"count()", "sum()", "mean()"})


@dataclass(frozen=True, eq=False, slots=True)
class Count:
    """How many of some truths hold, and the number it stands against, over the axes of both."""

    node: Node
    logits: Tensor
    bound: Tensor


def ordered(op: str) -> Rule:
    """The rule of a comparison of numbers: > >= < <="""

    def rule(reader: Reader, node: Node) -> Tensor:
        left, right = node.parts
        if left.live == right.live:
            return PLUGIN[op](reader, node)
        turned = op if left.live else TURNED[op]
        found = _count(reader, node, *((left, right) if left.live else (right, left)))
        if found is None:
            return PLUGIN[op](reader, node)
        return _passes(reader, found, turned)

    return rule


def _count(reader: Reader, node: Node, live: Node, data: Node) -> Count | None:
    """The count in `count op data` or `data + count op data`, None for any other number."""
    axes = reader.axes(node)
    bound = reader.as_number(reader.over(data, axes))
    while key(live.formula) == "+" and len(live.parts) == 2:
        one, other = live.parts
        if one.live == other.live:
            return None
        live, data = (one, other) if one.live else (other, one)
        bound = bound - reader.as_number(reader.over(data, axes))
    if key(live.formula) not in COUNTS or not live.parts[0].truth:
        return None
    if live.parts[0].partial or any(mask.live for loop in live.loops for mask in loop.masks):
        return None
    logits = _logits(reader, live.parts[0])
    if logits is None or reader.axes(live) != axes:
        return None
    return Count(live, logits, bound)


def _logits(reader: Reader, node: Node) -> Tensor | None:
    """Of a bit, of its negation, and of truths that have one by themselves."""
    if isinstance(node.formula, f.Bit):
        return own_logit(reader, node)
    if key(node.formula) == "not":
        inner = _logits(reader, node.parts[0])
        return None if inner is None else -inner
    return logit(reader, node)


def _passes(reader: Reader, count: Count, op: str) -> Tensor:
    rows = reader.rows(count.node)
    total = rows.count()
    mean = key(count.node.formula) == "mean()"
    bound = count.bound * total if mean else count.bound
    near = bound.round()
    bound = torch.where((bound - near).abs() < CLOSE, near, bound)
    least = bound.floor() + 1 if op in (">", "<=") else bound.ceil()  # that the count must reach
    inside = (least >= 1) & (least <= total)
    z = _greatest(rows, rows.lift_value(count.logits), torch.where(inside, least, 1).long())
    above = op in (">", ">=")
    certain = least < 1 if above else least > total
    out = torch.where(inside, z if above else -z, torch.where(certain, CERTAIN, -CERTAIN)).sigmoid()
    return torch.where(bound.isnan() | (mean & (total == 0)), torch.nan, out)


def _greatest(rows: Rows, z: Tensor, k: Tensor) -> Tensor:
    """A soft k-th greatest of each row: the q with sum sigmoid(z - q) = k - 1/2. [*outer]

    Halving an interval that holds it and some Newton steps find it; the gradient is that of the
    last step and so of the equation: it is shared by all z near q.
    """
    z = rows.counted(z, -torch.inf)
    some = rows.count() > 0
    wanted = k - 0.5
    with torch.no_grad():
        reach = math.log(2 * max(1, numel(rows.inner)))
        low = torch.where(some, rows.least(rows.counted(z, torch.inf)), 0) - reach
        high = torch.where(some, rows.greatest(z), 0) + reach
        for _ in range(HALVINGS):
            q = (low + high) / 2
            more = rows.fold_sum((z - rows.lifted(q)).sigmoid()) > wanted
            low, high = torch.where(more, q, low), torch.where(more, high, q)
        q = (low + high) / 2
        for _ in range(STEPS):
            q = _newton(rows, z, q, wanted)
    return _newton(rows, z, q, wanted)


def _newton(rows: Rows, z: Tensor, q: Tensor, wanted: Tensor) -> Tensor:
    u = (z - rows.lifted(q)).sigmoid()
    slope = rows.fold_sum(u.detach() * (1 - u.detach())).clamp(min=STEEP)
    return q + (rows.fold_sum(u) - wanted) / slope


QUANTILE: Rules = {**PLUGIN, **{op: exact_on_data(ordered(op)) for op in TURNED}}
