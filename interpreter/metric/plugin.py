"""The plugin reading: a metric's own code, read on bits between 0 and 1.

A bit becomes u = sigmoid(comparison / temperature), the probability that it is 1. Counts, sums,
means and ratios stay what they are; `and`, `all` become products; a count against a number becomes
the normal distribution function of its mean and variance; `all` and `any` over the comparisons of
an argmax become its softmax.

At every vertex (comparisons so large that each u is 0 or 1) the reading is the exact one.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from autodesign.interpreter.metric.against import against
from autodesign.interpreter.metric.bitsums import bit_sum
from autodesign.interpreter.metric.exact import EXACT, where_defined
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader, Rows, Rule, Rules, key
from autodesign.interpreter.metric.softmax import logit, own_logit


def _sum(reader: Reader, node: Node) -> Tensor:
    found = bit_sum(reader, node)
    return EXACT["sum()"](reader, node) if found is None else found


def _mean(reader: Reader, node: Node) -> Tensor:
    found = bit_sum(reader, node)
    if found is None:
        return EXACT["mean()"](reader, node)
    count = reader.rows(node).count()
    return where_defined(count != 0, [count], lambda count: found / count)


def exact_on_data(rule: Rule) -> Rule:
    """A rule for truths that depend on bits; operations on data alone are exact."""

    def chosen(reader: Reader, node: Node) -> Tensor:
        if any(part.live for part in node.parts):
            return rule(reader, node)
        return EXACT[key(node.formula)](reader, node)

    return chosen


def _bit(reader: Reader, node: Node) -> Tensor:
    return own_logit(reader, node).sigmoid()


def _truth(compute: Callable[[Reader, Node], Tensor]) -> Rule:
    """Through its logit where the node has one: exact in the limit and safe at 0 and 1."""

    def rule(reader: Reader, node: Node) -> Tensor:
        found = logit(reader, node)
        return compute(reader, node) if found is None else found.sigmoid()

    return rule


def _not(reader: Reader, node: Node) -> Tensor:
    return 1 - reader.numbers(node)[0]


def _and(reader: Reader, node: Node) -> Tensor:
    out, *rest = reader.numbers(node)
    for x in rest:
        out = out * x
    return out


def _or(reader: Reader, node: Node) -> Tensor:
    out, *rest = reader.numbers(node)
    for x in rest:
        out = out + x - out * x
    return out


def _choose(reader: Reader, node: Node) -> Tensor:
    if not node.parts[0].live:
        return EXACT["choose"](reader, node)
    condition, then, otherwise = reader.numbers(node)
    never, always = condition == 0, condition == 1  # what is not chosen may be undefined
    chosen = condition * torch.where(never, 0, then)
    return chosen + (1 - condition) * torch.where(always, 0, otherwise)


def product(rows: Rows, u: Tensor) -> Tensor:
    """The product of probabilities over rows: a sum of logarithms, exact at 0 and 1."""
    weight = rows.weight
    u = rows.reader.as_number(u)
    if weight is not None and weight.dtype != torch.bool:
        u = 1 - weight * (1 - u)
    elif weight is not None:
        u = torch.where(weight, u, 1)
    logarithms = torch.where(u > 0, u, 1).log()
    return torch.where(rows.fold_sum(u <= 0) > 0, 0, rows.fold_sum(logarithms).exp())


def _all(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return product(rows, rows.value)


def _any(reader: Reader, node: Node) -> Tensor:
    rows = reader.rows(node)
    return 1 - product(rows, 1 - reader.as_number(rows.value))


PLUGIN: Rules = {
    **EXACT,
    "bit": _bit,
    "not": exact_on_data(_not),
    "and": exact_on_data(_and),
    "or": exact_on_data(_or),
    "choose": _truth(_choose),
    "sum()": _sum,
    "count()": _sum,
    "mean()": _mean,
    "all()": _truth(_all),
    "any()": _truth(_any),
    ">": exact_on_data(against(">")),
    ">=": exact_on_data(against(">=")),
    "<": exact_on_data(against("<")),
    "<=": exact_on_data(against("<=")),
    "==": exact_on_data(against("==")),
    "!=": exact_on_data(against("!=")),
}
