"""Sums of soft bits over blocks of a family, and their gradient.

Bits are made once for all sums of a family, block by block, and where they are many once more for
the gradient. Columns that the same sums count are brought together, so that no weights are
multiplied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import Tensor

from autodesign.interpreter.metric.pairs import FEW, Pairs, folded, part
from autodesign.interpreter.metric.reading import conjunction

KEPT = 1 << 21
"""Bits that are kept for the gradient, where they are not more than these"""

MOST_KINDS = 16
"""Kinds of columns, by which sums count them, that are told apart"""


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Some rows of a family, by their place `along` each axis, [rows] each."""

    along: tuple[Tensor, ...]
    known: dict[tuple[bool, ...], Tensor] = field(default_factory=dict)

    def at(self, x: Tensor) -> Tensor:
        """For each row, where it is in what broadcasts over the axes, flat: [rows]."""
        varied = tuple(size > 1 for size in x.shape)
        if varied not in self.known:
            flat = None
            for place, size in zip(self.along, x.shape, strict=True):
                if size > 1:
                    flat = place if flat is None else flat * size + place
            self.known[varied] = torch.zeros_like(self.along[0]) if flat is None else flat
        return self.known[varied]

    def flat(self, shape: tuple[int, ...]) -> Tensor:
        """For each row, where it is in all rows: [rows]."""
        found = self.along[0]
        for place, size in zip(self.along[1:], shape[1:], strict=True):
            found = found * size + place
        return found

    def bits(self, of: Pairs) -> Tensor:
        """The soft bits there, [rows]."""
        return of.bits_at(self.at(of.above), self.at(of.below))

    def signs(self, of: Pairs) -> Tensor:
        """The bits there, 0 or 1, as numbers: [rows]."""
        above, below = (x.view(-1)[self.at(x)] for x in (of.above, of.below))
        return (above > below).to(above.dtype)


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """A sum of bits: `kept` are the dimensions that stay, `weight` (truths or numbers, broadcast
    over the family's axes) says which bits count, but for those of `without`."""

    kept: tuple[int, ...]
    weight: Tensor | None
    without: Places | None

    def sizes(self, shape: Sequence[int]) -> list[int]:
        """Those of the result, 1 where it is summed."""
        return [size if place in self.kept else 1 for place, size in enumerate(shape)]

    def left_out(self, x: Tensor) -> Tensor:
        """`x` [rows] of `without`, as far as they would have counted."""
        if self.weight is None or self.without is None:
            return x
        return x * self.weight.reshape(-1)[self.without.at(self.weight)]


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """Columns that the same sums count: `columns` of the last axis (None: all), `counts` the
    numbers of the sums and their weights in these."""

    columns: Tensor | None
    counts: Sequence[tuple[int, Tensor | None]]
    bits: list[Tensor] = field(default_factory=list)

    def of(self, every: Pairs) -> Pairs:
        return every if self.columns is None else every.chosen(self.columns)

    def add(self, to: Tensor, x: Tensor) -> None:
        """Adds what was found for these columns to what is of all."""
        if self.columns is None or to.shape[-1] == 1:
            to.add_(x)
        else:
            to.index_add_(-1, self.columns, x)


def kinds(plans: Sequence[Sum], shape: tuple[int, ...], uncounted: bool = False) -> Iterator[Kind]:
    """The columns by the sums that count them, where weights are truths of columns; else all.

    Columns that no sum counts are left out if not asked for.
    """
    masks = [(k, plan.weight) for k, plan in enumerate(plans) if plan.weight is not None]
    simple = all(w.dtype == torch.bool and w.shape[-1] == w.numel() > 1 for _, w in masks)
    simple = simple and not any(len(shape) - 1 in plan.kept for plan in plans)
    few = prod(shape) <= FEW and not uncounted
    if not masks or few or not simple or len(shape) < 2 or 1 << len(masks) > MOST_KINDS:
        yield Kind(None, [(k, plan.weight) for k, plan in enumerate(plans)])
        return
    rows = [w.reshape(-1) for _, w in masks]
    always = [(k, None) for k, plan in enumerate(plans) if plan.weight is None]
    for pattern in range(1 << len(masks)):
        counted = [bool(pattern >> bit & 1) for bit in range(len(masks))]
        here = conjunction([row if c else ~row for row, c in zip(rows, counted, strict=True)])
        columns = here.nonzero().squeeze(1)
        counts = [*always, *((k, None) for (k, _), c in zip(masks, counted, strict=True) if c)]
        if len(columns) and (counts or uncounted):
            yield Kind(columns, counts)


class Sums(torch.autograd.Function):
    """Sides -> the sums of u = sigmoid(above - below), or with `variance` of u (1 - u), each with
    size 1 where it is summed."""

    @staticmethod
    def forward(
        ctx: Any,
        above: Tensor,
        below: Tensor,
        shape: tuple[int, ...],
        plans: list[Sum],
        variance: bool = False,
    ) -> tuple[Tensor, ...]:
        every = Pairs(above, below, shape).prepared()
        ctx.save_for_backward(every.above, every.below)
        ctx.shape, ctx.powers, ctx.plans, ctx.variance = shape, every.powers, plans, variance
        ctx.kinds = list(kinds(plans, shape))
        out = [above.new_zeros(plan.sizes(shape)) for plan in plans]
        ctx.kept = prod(shape) <= KEPT
        for kind in ctx.kinds:
            some = kind.of(every)
            memory = some.memory(shape[0] if ctx.kept else None)
            if ctx.kept:
                kind.bits.append(memory)
            for rows in some.blocks():
                u = some.bits(rows, memory[rows] if ctx.kept else memory[: rows.stop - rows.start])
                u = u * (1 - u) if variance else u
                for k, weight in kind.counts:
                    counted = u if weight is None else u * part(weight, rows)
                    part(out[k], rows).add_(folded(counted, out[k]))
        for without, rest in _by_without(plans).items():
            u = without.bits(every)
            u = u * (1 - u) if variance else u
            for k in rest:
                out[k].view(-1).index_add_(0, without.at(out[k]), plans[k].left_out(u), alpha=-1)
        return tuple(out)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        above, below = ctx.saved_tensors
        every = Pairs(above, below, ctx.shape, ctx.powers)
        above, below = torch.zeros_like(every.above), torch.zeros_like(every.below)
        for kind in ctx.kinds:
            _pull(above, below, kind.of(every), kind, grads, ctx.variance)
        for without, rest in _by_without(ctx.plans).items():
            u = without.bits(every)
            slopes = [
                ctx.plans[k].left_out(grads[k].reshape(-1)[without.at(grads[k])]) for k in rest
            ]
            slope = sum(slopes[1:], slopes[0]) * u * (1 - u)
            slope = slope * (1 - 2 * u) if ctx.variance else slope
            above.view(-1).index_add_(0, without.at(above), slope, alpha=-1)
            below.view(-1).index_add_(0, without.at(below), slope)
        return above, below, None, None, None


def _by_without(plans: Sequence[Sum]) -> dict[Places, list[int]]:
    """The numbers of the sums that leave out the same rows."""
    found: dict[Places, list[int]] = {}
    for k, plan in enumerate(plans):
        if plan.without is not None:
            found.setdefault(plan.without, []).append(k)
    return found


def _pull(
    above: Tensor,
    below: Tensor,
    some: Pairs,
    kind: Kind,
    grads: Sequence[Tensor],
    variance: bool,
) -> None:
    """Adds the gradients of both sides, from those of the sums that count these columns."""
    memory, pulls = some.memory(), some.memory()
    to_above, to_below = torch.zeros_like(some.above), torch.zeros_like(some.below)
    for rows in some.blocks():
        size = rows.stop - rows.start
        u = kind.bits[0][rows] if kind.bits else some.bits(rows, memory[:size])
        slopes = [
            part(grads[k], rows) if weight is None else part(grads[k], rows) * part(weight, rows)
            for k, weight in kind.counts
        ]
        slope = sum(slopes[1:], slopes[0]).expand_as(u)
        pull = pulls[:size]
        torch.ops.aten.sigmoid_backward.grad_input(slope, u, grad_input=pull)
        if variance:
            pull.addcmul_(pull, u, value=-2)
        part(to_above, rows).add_(folded(pull, to_above))
        part(to_below, rows).sub_(folded(pull, to_below))
    kind.add(above, to_above)
    kind.add(below, to_below)
