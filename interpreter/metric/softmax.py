"""Logits of truths: who beats whom, read as the softmax of an argmax.

A bit [v - w > 0] has the logit (v - w) / T. Where v is the same for all rivals w, `all` of such has
the logit of the softmax of v among them, v - log sum exp w: minus the log-sum-exp of minus their
logits. Where w is the same for all v, `any` has the log-sum-exp: the softmax mass of the v. So
`argmax(v) == k` is softmax(v)[k], and P(argmax(v)) the mass of the cells for which P holds.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.fold import fold
from autodesign.interpreter.metric.program import Free, Node, Program
from autodesign.interpreter.metric.reading import Reader, Rows

CERTAIN = 1e4
"""The logit of what is true of nothing left to beat; its sigmoid is 1, that of its negative 0."""


class Sides(NamedTuple):
    """The variables on which the two scores of a comparison depend: the one above, the one below"""

    above: Free
    below: Free


def logit(reader: Reader, node: Node) -> Tensor | None:
    """[..., *axes(node)], or None where the truth is no comparison of this kind."""
    if sides(reader.frames.program, node) is None:
        return None
    return reader.once("logit", node, lambda: _logit(reader, node))


def own_logit(reader: Reader, node: Node) -> Tensor:
    """The logit of a bit: its comparison over the temperature."""
    assert isinstance(node.formula, f.Bit)
    return reader.bits[node.formula.family]


def sides(program: Program, node: Node) -> Sides | None:
    """What the logit of a truth compares, None where it has none."""
    formula = node.formula
    if isinstance(formula, f.Bit):
        return _of_difference(program, program.differences[formula.family])
    if isinstance(formula, f.Apply) and formula.op == "not":
        inner = sides(program, node.parts[0])
        return inner and Sides(inner.below, inner.above)
    if isinstance(formula, f.Reduce) and formula.op in ("all", "any"):
        return _of_rivals(program, node, formula.op)
    return None


def _of_difference(program: Program, difference: Node) -> Sides | None:
    """Both sides must hold scores: against a constant nothing wins or loses."""
    if isinstance(difference.formula, f.Apply) and difference.formula.op == "-":
        above, below = difference.parts
        if above.live and below.live:
            return Sides(above.free, below.free)
    return None


def _of_rivals(program: Program, node: Node, op: str) -> Sides | None:
    own = frozenset(loop.variable for loop in node.loops)
    masks = [mask for loop in node.loops for mask in loop.masks]
    inner = sides(program, node.parts[0])
    if inner is None or any(mask.live for mask in masks):
        return None
    told = node.free.union(*(mask.free for mask in masks)) - own
    if op == "all" and not own & inner.above:
        return Sides(inner.above, (inner.below | told) - own)
    if op == "any" and not own & inner.below:
        return Sides((inner.above | told) - own, inner.below)
    return None


def _logit(reader: Reader, node: Node) -> Tensor:
    formula = node.formula
    if isinstance(formula, f.Bit):
        return own_logit(reader, node)
    inner = logit(reader, node.parts[0])
    assert inner is not None
    if isinstance(formula, f.Apply):
        return -inner
    assert isinstance(formula, f.Reduce)
    rows = reader.rows(node)
    z = rows.lift_value(inner)
    return _log_sum_exp(rows, z) if formula.op == "any" else -_log_sum_exp(rows, -z)


def _log_sum_exp(rows: Rows, z: Tensor) -> Tensor:
    """Over the rows that count; -CERTAIN of none."""
    z = rows.counted(z, -torch.inf)
    top = fold("amax", z.detach(), rows.inner, rows.outer)
    top = torch.where(top.isfinite(), top, 0)
    total = fold("sum", (z - rows.lifted(top)).exp(), rows.inner, rows.outer)
    some = total > 0
    return torch.where(some, top + torch.where(some, total, 1).log(), -CERTAIN)
