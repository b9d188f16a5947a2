"""All sums of one family's bits in one pass.

A metric counts the same bits in several ways: all of them, those of positives, those at the top.
Each on its own would make torch fill, for its gradient, a tensor as large as the comparisons. Here
the bits are made once, and their gradient is made once, from those of all the sums.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import Axes, flatten, lift
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Some bits and the sums they go to: flat indices [rows] of both, and a sign."""

    bits: Tensor
    owners: Tensor
    sign: float


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """One sum of bits over `outer`, which are some of the family's axes: over all other axes where
    `dense`, and over parts of the bits."""

    axes: Axes
    outer: Axes
    dense: bool
    parts: tuple[Part, ...]


def bit_sum(reader: Reader, node: Node) -> Tensor | None:
    """The sum of bits that a reduction takes, [*axes(node)]; None where it is not of this kind."""
    bit = node.parts[0]
    if not isinstance(bit.formula, f.Bit) or reader.bits[bit.formula.family].ndim != len(
        reader.frames.family_axes(bit.formula.family)
    ):
        return None
    found: dict[Node, Tensor] = reader.together(bit, lambda: _sums(reader, bit))
    return found.get(node)


def _sums(reader: Reader, bit: Node) -> dict[Node, Tensor]:
    """Every sum of these bits in the metric."""
    assert isinstance(bit.formula, f.Bit)
    plans = {node: _plan(reader, node, bit) for node in reader.frames.program.sums_of(bit)}
    known = {node: plan for node, plan in plans.items() if plan is not None}
    if not known:
        return {}
    logits = reader.bits[bit.formula.family]
    sums = _Sums.apply(logits, list(known.values()))
    return dict(zip(known, sums, strict=True))


def _plan(reader: Reader, node: Node, bit: Node) -> Sum | None:
    kept = reader.frames.rows(node)
    axes, outer = reader.axes(bit), reader.axes(node)
    live = any(mask.live for loop in node.loops for mask in loop.masks)
    ours = all(axis in axes or axis.ancestors & set(axes) for axis in kept.inner)
    if live or kept.weight is not None or not ours or not set(outer) <= set(axes):
        return None
    if kept.padded and kept.without is None:
        return None
    dense = set(kept.inner) == set(axes)
    if not dense and not _tells(kept.inner, axes):
        return None
    parts = [] if dense else [_part(kept.inner, axes, outer, 1.0)]
    if kept.without is not None:
        parts.append(_part(kept.without, axes, outer, -1.0))
    return Sum(axes, outer, dense, tuple(parts))


def _tells(inner: Axes, axes: Axes) -> bool:
    """Whether the rows of `inner` are rows of the bits, and nothing else."""
    told = set(inner).union(*(axis.ancestors for axis in inner))
    roots = {axis for axis in told if not axis.origins}
    own = set(axes).union(*(axis.ancestors for axis in axes))
    return set(axes) <= told and roots <= own


def _part(inner: Axes, axes: Axes, outer: Axes, sign: float) -> Part:
    return Part(_flat(inner, axes), _flat(inner, outer), sign)


def _flat(inner: Axes, axes: Axes) -> Tensor:
    """For each row of `inner` its flat row of the product of `axes`."""
    device = next(o.index.device for axis in inner for o in axis.origins)
    flat = torch.zeros((1,) * len(inner), dtype=torch.int64, device=device)
    for axis in axes:
        place = lift(torch.arange(axis.size, device=device), (axis,), inner)
        flat = flat * axis.size + place
    return flatten(flat, inner)


class _Sums(torch.autograd.Function):
    """sigmoid(logits) [*axes] -> one sum [*outer] for each plan."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, plans: list[Sum]) -> tuple[Tensor, ...]:
        u = logits.sigmoid().contiguous()
        ctx.save_for_backward(u)
        ctx.plans = plans
        return tuple(_forward(u, plan) for plan in plans)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (u,) = ctx.saved_tensors
        pairs = list(zip(grads, ctx.plans, strict=True))
        dense = [lift(grad, plan.outer, plan.axes) for grad, plan in pairs if plan.dense]
        if dense:
            slope = sum(dense[1:], dense[0]).expand_as(u)
            out = torch.ops.aten.sigmoid_backward(slope, u).contiguous()
        else:
            out = torch.zeros_like(u)
        for grad, plan in pairs:
            for part in plan.parts:
                bits = u.reshape(-1)[part.bits]
                slope = grad.reshape(-1)[part.owners] * bits * (1 - bits)
                out.view(-1).index_add_(0, part.bits, slope, alpha=part.sign)
        return out, None


def _forward(u: Tensor, plan: Sum) -> Tensor:
    sizes = [axis.size for axis in plan.outer]
    if plan.dense:
        over = [place for place, axis in enumerate(plan.axes) if axis not in plan.outer]
        out = u.sum(over) if over else u.clone()
        kept = tuple(axis for axis in plan.axes if axis in plan.outer)
        out = lift(out, kept, plan.outer).contiguous()
    else:
        out = u.new_zeros(sizes)
    for part in plan.parts:
        bits = u.reshape(-1)[part.bits]
        out.view(-1).index_add_(0, part.owners, bits, alpha=part.sign)
    return out
