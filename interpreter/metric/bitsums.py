"""All sums of one family's bits in one pass.

A metric counts the same bits in several ways: all of them, those of positives, those at the top.
Here the bits are made once for all of these sums, block by block, and once more for their gradient.
Columns that the same sums count are brought together, so that no weights are multiplied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import Axes, align, lift
from autodesign.interpreter.metric.gather import Own
from autodesign.interpreter.metric.pairs import Pairs, SoftBits, buffer, folded, pairs, part
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader, conjunction

MOST_KINDS = 16
"""Kinds of columns, by which sums count them, that are told apart"""


@dataclass(frozen=True, eq=False, slots=True)
class Without:
    """Rows of a family that a sum leaves out: `places` [axes, rows], along each axis."""

    places: Tensor

    def at(self, x: Tensor) -> Tensor:
        """For each row, where it is in what broadcasts over the axes, flat: [rows]."""
        varied = [place for place, size in enumerate(x.shape) if size > 1]
        if not varied:
            return torch.zeros_like(self.places[0])
        flat = self.places[varied[0]]
        for place in varied[1:]:
            flat = flat * x.shape[place] + self.places[place]
        return flat

    def bits(self, of: Pairs) -> Tensor:
        """The soft bits there, [rows]."""
        above, below = (x.view(-1)[self.at(x)] for x in (of.above, of.below))
        return (above - below).sigmoid_()


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """A sum of bits: `kept` are the dimensions that stay, `weight` (truths or numbers, broadcast
    over the family's axes) says which bits count, but for those of `without`."""

    kept: tuple[int, ...]
    weight: Tensor | None
    without: Without | None

    def sizes(self, shape: Sequence[int]) -> list[int]:
        """Those of the result, 1 where it is summed."""
        return [size if place in self.kept else 1 for place, size in enumerate(shape)]

    def weighted(self, x: Tensor) -> Tensor:
        """`x` at the rows left out, as far as they would have counted."""
        if self.weight is None or self.without is None:
            return x
        return x * self.weight.reshape(-1)[self.without.at(self.weight)]


def bit_sum(reader: Reader, node: Node) -> Tensor | None:
    """The sum of bits that a reduction takes, [*axes(node)]; None where it is not of this kind."""
    bit = reader.frames.program.summed(node)
    if bit is None:
        return None
    found: dict[Node, Tensor] = reader.together(bit, lambda: _sums(reader, bit))
    return found.get(node)


def _sums(reader: Reader, bit: Node) -> dict[Node, Tensor]:
    """Every sum of these bits in the metric."""
    compared = _pairs(reader, bit)
    if compared is None:
        return {}
    found = {}
    for negated in (False, True):
        plans = {}
        for node in reader.frames.program.sums_of(bit, negated):
            plan = planned(reader, node, bit)
            if plan is not None:
                plans[node] = plan
        if plans:
            sides = compared.above, compared.below
            one, other = reversed(sides) if negated else sides
            sums = _Sums.apply(one, other, compared.shape, list(plans.values()))
            for (node, plan), x in zip(plans.items(), sums, strict=True):
                found[node] = _over(x, plan, reader.axes(bit), reader.axes(node))
    return found


def _over(x: Tensor, plan: Sum, axes: Axes, outer: Axes) -> Tensor:
    kept = tuple(axes[place] for place in plan.kept)
    x = x.reshape([axis.size for axis in kept])
    return align(x, kept, outer)


def _pairs(reader: Reader, bit: Node) -> Pairs | None:
    assert isinstance(bit.formula, f.Bit)
    family = bit.formula.family
    if family in reader.pairs:
        return reader.pairs[family]
    logits, axes = reader.bits[family], reader.frames.family_axes(family)
    if logits.ndim != len(axes):
        return None
    return pairs(logits, logits.new_zeros((1,) * len(axes)), tuple(logits.shape))


# --- plans ----------------------------------------------------------------------------------------


def planned(reader: Reader, node: Node, bit: Node) -> Sum | None:
    """How a reduction sums the bits of a family; None where it is not so simple."""
    frames = reader.frames
    axes, outer = reader.axes(bit), reader.axes(node)
    masks = [mask for loop in node.loops for mask in loop.masks]
    if any(mask.live for mask in masks) or not set(outer) <= set(axes) or not axes:
        return None
    if set(frames.inner(node)) != set(axes):
        return None
    weights = [lift(frames.data.value(mask), frames.axes(mask.free), axes) for mask in masks]
    padded = [own for own in (frames.own(loop.variable) for loop in node.loops) if own.padded]
    without = None
    if len(padded) == 1 and set(padded[0].axes) == set(axes):
        without = _without(padded[0], axes)
    else:
        weights += [lift(own.mask, own.axes, axes) for own in padded]
    kept = tuple(place for place, axis in enumerate(axes) if axis in outer)
    return Sum(kept, conjunction(weights) if weights else None, without)


def _without(own: Own, axes: Axes) -> Without:
    assert own.dropped is not None
    places, rest = {}, own.dropped
    for axis in reversed(own.axes):
        places[axis] = rest % axis.size
        rest = rest // axis.size
    return Without(torch.stack([places[axis] for axis in axes]))


# --- blocks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """Columns that the same sums count: `columns` of the last axis (None: all), `counts` the
    numbers of the sums and their weights in these."""

    columns: Tensor | None
    counts: list[tuple[int, Tensor | None]]

    def of(self, every: Pairs) -> Pairs:
        return every if self.columns is None else every.chosen(self.columns)

    def add(self, to: Tensor, x: Tensor) -> None:
        """Adds what was found for these columns to what is of all."""
        if self.columns is None or to.shape[-1] == 1:
            to.add_(x)
        else:
            to.index_add_(-1, self.columns, x)


def kinds(plans: Sequence[Sum], shape: tuple[int, ...]) -> Iterator[Kind]:
    """The columns by the sums that count them, where weights are truths of columns; else all."""
    masks = [(k, plan.weight) for k, plan in enumerate(plans) if plan.weight is not None]
    simple = all(w.dtype == torch.bool and w.shape[-1] == w.numel() > 1 for _, w in masks)
    if not masks or len(shape) < 2 or not simple or 1 << len(masks) > MOST_KINDS:
        yield Kind(None, [(k, plan.weight) for k, plan in enumerate(plans)])
        return
    rows = [w.reshape(-1) for _, w in masks]
    always = [(k, None) for k, plan in enumerate(plans) if plan.weight is None]
    for pattern in range(1 << len(masks)):
        counted = [bool(pattern >> bit & 1) for bit in range(len(masks))]
        here = conjunction([row if c else ~row for row, c in zip(rows, counted, strict=True)])
        columns = here.nonzero().squeeze(1)
        counts = [*always, *((k, None) for (k, _), c in zip(masks, counted, strict=True) if c)]
        if len(columns) and counts:
            yield Kind(columns, counts)


class _Sums(torch.autograd.Function):
    """Pairs -> the sums of sigmoid(above - below), each with size 1 where it is summed."""

    @staticmethod
    def forward(
        ctx: Any, above: Tensor, below: Tensor, shape: tuple[int, ...], plans: list[Sum]
    ) -> tuple[Tensor, ...]:
        ctx.save_for_backward(above, below)
        ctx.shape, ctx.plans, ctx.kinds = shape, plans, list(kinds(plans, shape))
        all_ = Pairs(above, below, shape)
        out = [above.new_zeros(plan.sizes(shape)) for plan in plans]
        for kind in ctx.kinds:
            bits = SoftBits(kind.of(all_))
            for rows in bits.pairs.rows():
                u = bits.block(rows)
                for k, weight in kind.counts:
                    counted = u if weight is None else u * part(weight, rows)
                    part(out[k], rows).add_(folded(counted, out[k]))
        for x, plan in zip(out, plans, strict=True):
            if plan.without is not None:
                u = plan.weighted(plan.without.bits(all_))
                x.view(-1).index_add_(0, plan.without.at(x), u, alpha=-1)
        return tuple(out)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        all_ = Pairs(*ctx.saved_tensors, ctx.shape)
        to_above, to_below = torch.zeros_like(all_.above), torch.zeros_like(all_.below)
        for kind in ctx.kinds:
            above, below = _pulled(kind.of(all_), kind, grads)
            kind.add(to_above, above)
            kind.add(to_below, below)
        for grad, plan in zip(grads, ctx.plans, strict=True):
            if plan.without is not None:
                u = plan.without.bits(all_)
                slope = plan.weighted(grad.reshape(-1)[plan.without.at(grad)] * u * (1 - u))
                for to, sign in ((to_above, -1), (to_below, 1)):
                    to.view(-1).index_add_(0, plan.without.at(to), slope, alpha=sign)
        return to_above, to_below, None, None


def _pulled(some: Pairs, kind: Kind, grads: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """The gradients of both sides, from those of the sums that count these columns."""
    bits = SoftBits(some)
    made = torch.empty_like(bits.made)
    above, below = torch.zeros_like(some.above), torch.zeros_like(some.below)
    for rows in some.rows():
        u = bits.block(rows)
        slopes = [
            part(grads[k], rows) if weight is None else part(grads[k], rows) * part(weight, rows)
            for k, weight in kind.counts
        ]
        slope = sum(slopes[1:], slopes[0]).expand_as(u)
        pull = buffer(made, some.shape, rows)
        torch.ops.aten.sigmoid_backward.grad_input(slope, u, grad_input=pull)
        part(above, rows).add_(folded(pull, above))
        part(below, rows).sub_(folded(pull, below))
    return above, below
