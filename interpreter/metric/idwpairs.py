"""Inverse distance weighting straight from the two sides of comparisons.

For a metric of one family that meets its bits in counts over whole columns, most do, neither the
comparisons nor the anchors are written out: see `idwblocks`.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from autodesign.interpreter.metric.axes import align, numel
from autodesign.interpreter.metric.bitsums import planned
from autodesign.interpreter.metric.blockanchors import Anchors, Drawing, anchors
from autodesign.interpreter.metric.blocksums import Places, Sum
from autodesign.interpreter.metric.evaluate import Batch
from autodesign.interpreter.metric.exact import EXACT
from autodesign.interpreter.metric.frames import Frames
from autodesign.interpreter.metric.fronts import Front, fronts, reduced
from autodesign.interpreter.metric.gather import Own
from autodesign.interpreter.metric.idwblocks import Pass, measured, pulled
from autodesign.interpreter.metric.pairs import Pairs
from autodesign.interpreter.metric.reading import Reader
from autodesign.interpreter.metric.slabs import Slabs, slabs
from autodesign.interpreter.metric.weights import Surface, inverse_distance_weights, slopes


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """A family whose bits enter the value by sums of whole columns alone."""

    frames: Frames
    soft: Pairs
    ideal: Pairs
    fronts: tuple[Front, ...]
    sums: list[Sum]
    slabs: Slabs
    without: Places | None

    @property
    def comparisons(self) -> int:
        left_out = 0 if self.without is None else len(self.without.along[0])
        return torch.Size(self.soft.shape).numel() - left_out

    def values(self, counts: list[Tensor], totals: list[Tensor]) -> Tensor:
        """The metric's value at each anchor, [anchors] float64."""
        reader = Reader(self.frames, EXACT, torch.float64)
        for front, plan, ones, total in zip(self.fronts, self.sums, counts, totals, strict=True):
            ones = total - ones if front.negated else ones
            found = reduced(front.node.formula, ones, total)
            axes = self.frames.family_axes(front.family)
            kept = tuple(axes[place] for place in plan.kept)
            found = found.reshape(len(ones), *(axis.size for axis in kept))
            reader.assume(front.node, align(found, kept, reader.axes(front.node)))
        return reader.value(self.frames.program.value).expand(len(counts[0]))

    def drawn(self, many: Drawing, generator: Generator) -> Anchors:
        return anchors(self.soft, self.ideal, self.slabs, self.without, many, generator)


def counted(batch: Batch, temperature: float, least: int = 0) -> Counted | None:
    """None where the metric is not of this kind, or has fewer comparisons than `least`."""
    found = fronts(batch.program)
    if not found or len(batch.program.families) != 1:
        return None
    (family,) = batch.program.families
    frames = Frames(batch.program, batch.frames.given, padded=True)
    axes = frames.family_axes(family)
    if len(axes) < 2 or numel(axes) < least:
        return None
    loops = batch.program.families[family].loops
    padded = [own for own in (frames.own(loop.variable) for loop in loops) if own.padded]
    if any(own.axes != axes for own in padded):
        return None
    left_out: dict[Own, Places] = {}
    reader = Reader(frames, EXACT, torch.float64)
    sums = [planned(reader, one.node, one.bit, left_out) for one in found]
    plans = [plan for plan in sums if plan is not None and len(axes) - 1 not in plan.kept]
    if len(plans) < len(sums) or any((plan.without is None) == bool(padded) for plan in plans):
        return None
    soft, ideal = batch.paired(frames, temperature)[family], batch.best_paired(frames)[family]
    order = slabs(plans, soft.shape, soft.above.detach())
    if order is None:
        return None
    return Counted(frames, soft, ideal, found, plans, order, plans[0].without)


def interpolated(given: Counted, many: Drawing, generator: Generator) -> tuple[Tensor, Surface]:
    """The value, 0-d, differentiable in the scores."""
    drawn = given.drawn(many, generator)
    kept: list[Surface] = []
    value = _Weighted.apply(given.soft.above, given.soft.below, given, drawn, many, kept)
    return value.to(given.soft.above.dtype), kept[0]


class _Weighted(torch.autograd.Function):
    """Sides -> the value, float64. Both passes are made at once where a gradient is asked for."""

    @staticmethod
    def forward(
        ctx: Any,
        above: Tensor,
        below: Tensor,
        given: Counted,
        drawn: Anchors,
        many: Drawing,
        kept: list[Surface],
    ) -> Tensor:
        over = Pass(drawn)
        found = measured(over, given.sums)
        values = given.values(found.counts, found.totals)
        known = values.nan_to_num()
        weights = inverse_distance_weights(found.squared, values.isfinite(), many.power)
        kinds = ("best", *("good",) * many.good, *("near",) * many.near, *("bad",) * many.bad)
        kept.append(Surface(kinds, values, weights))
        if any(ctx.needs_input_grad):
            slope = slopes(found.squared, weights, known, many.power)
            ctx.save_for_backward(*pulled(over, found, slope))
        return (weights * known).sum()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        above, below = ctx.saved_tensors
        by = grads[0].to(above.dtype)
        return above * by, below * by, None, None, None, None
