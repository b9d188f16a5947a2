"""Logits of truths: who beats whom, read as the softmax of an argmax.

A bit [v - w > 0] has the logit (v - w) / T. Where v is the same for all rivals w, `all` of such has
the logit of the softmax of v among them, v - log sum exp w: minus the log-sum-exp of minus their
logits. Where w is the same for all v, `any` has the log-sum-exp: the softmax mass of the v. So
`argmax(v) == k` is softmax(v)[k], and P(argmax(v)) the mass of the cells for which P holds.
"""

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.fold import fold
from autodesign.interpreter.metric.program import Node, Program, Sides
from autodesign.interpreter.metric.reading import Reader, Rows

CERTAIN = 1e4
"""The logit of what is true of nothing left to beat; its sigmoid is 1, that of its negative 0."""


def logit(reader: Reader, node: Node) -> Tensor | None:
    """[..., *axes(node)], or None where the truth is no comparison of this kind."""
    if sides(reader.frames.program, node) is None:
        return None
    return reader.once("logit", node, lambda: _logit(reader, node))


def own_logit(reader: Reader, node: Node) -> Tensor:
    """The logit of a bit: its comparison over the temperature."""
    assert isinstance(node.formula, f.Bit)
    family = node.formula.family
    if family in reader.pairs:
        return reader.once("comparison", node, lambda: reader.pairs[family].difference)
    return reader.bits[family]


def sides(program: Program, node: Node) -> Sides | None:
    """What the logit of a truth compares, None where it has none."""
    if node not in program.sides:
        program.sides[node] = _sides(program, node)
    return program.sides[node]


def _sides(program: Program, node: Node) -> Sides | None:
    formula = node.formula
    if isinstance(formula, f.Bit):
        return _of_difference(program, program.differences[formula.family])
    if isinstance(formula, f.Apply) and formula.op == "not":
        inner = sides(program, node.parts[0])
        return inner and Sides(inner.below, inner.above)
    if isinstance(formula, f.Reduce) and formula.op in ("all", "any"):
        return _of_rivals(program, node, formula)
    return None


def _of_difference(program: Program, difference: Node) -> Sides | None:
    """Both sides must hold scores: against a constant nothing wins or loses."""
    if isinstance(difference.formula, f.Apply) and difference.formula.op == "-":
        above, below = difference.parts
        if above.live and below.live:
            return Sides(program.varies_with(above.formula), program.varies_with(below.formula))
    return None


def _of_rivals(program: Program, node: Node, formula: f.Reduce) -> Sides | None:
    """Of `all` the one above, of `any` the one below must be the same for all rows."""
    own = frozenset(loop.variable for loop in formula.loops)
    inner = sides(program, node.parts[0])
    if inner is None or any(mask.live for loop in node.loops for mask in loop.masks):
        return None
    conditions = (condition for loop in formula.loops for condition in loop.conditions)
    told = frozenset[str]().union(*(program.varies_with(one) for one in conditions))
    told = told.union(*(program.variables[name].mentioned for name in own)) - own
    if formula.op == "all" and not own & inner.above:
        return Sides(inner.above, (inner.below | told) - own)
    if formula.op == "any" and not own & inner.below:
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
