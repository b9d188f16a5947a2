"""Reductions of values over inner axes to values over outer ones: dense or by segments."""

from typing import Any, Literal

import torch
from torch import Tensor

from autodesign.interpreter.metric.axes import Axes, Axis, align, numel

Fold = Literal["sum", "prod", "amax", "amin"]


def fold(kind: Fold, x: Tensor, inner: Axes, outer: Axes) -> Tensor:
    """`x` [..., *inner] reduced to [..., *outer]. A greatest of nothing is -inf, a least inf.

    Truths are summed as whole numbers. A row of `outer` is a row of `inner` or, where axes were
    gathered, what rows of `inner` were made of.
    """
    lead = x.ndim - len(inner)
    axes = inner
    for axis in inner:
        if axis in outer:
            continue
        place = lead + axes.index(axis)
        absorbed = tuple(one for one in outer if one in axis.ancestors)
        rest = tuple(one for one in axes if one is not axis)
        if absorbed:
            x = x.movedim(place, -1)
            x = _segments(kind, x.expand(*x.shape[:-1], axis.size), axis, absorbed)
        else:
            x = _dense(kind, x, place, axis)
        axes = rest + absorbed
    return align(x, axes, outer)


def _dense(kind: Fold, x: Tensor, place: int, axis: Axis) -> Tensor:
    if kind == "sum" and x.shape[place] == axis.size:
        return x.sum(place)
    if kind == "sum" and axis.size:
        return x.squeeze(place) * axis.size
    if kind == "prod" and axis.size:
        last = x.movedim(place, -1)
        return last.expand(*last.shape[:-1], axis.size).prod(-1)
    if axis.size:
        return x.amax(place) if kind == "amax" else x.amin(place)
    shape = x.shape[:place] + x.shape[place + 1 :]
    return x.new_full(shape, _NOTHING[kind], dtype=x.dtype if kind == "sum" else None)


_NOTHING: dict[str, float] = {"sum": 0, "prod": 1, "amax": -torch.inf, "amin": torch.inf}


def _segments(kind: Fold, x: Tensor, axis: Axis, absorbed: Axes) -> Tensor:
    """`x` [..., rows of axis] reduced to [..., *absorbed]."""
    index = axis.positions(absorbed)
    rows = numel(absorbed)
    if kind == "sum":
        x = x.to(torch.int64) if x.dtype == torch.bool else x
        out: Tensor = _SegmentSum.apply(x, index, rows)
    else:
        out = x.new_full((*x.shape[:-1], rows), _NOTHING[kind])
        out = out.scatter_reduce(-1, index.expand(x.shape), x, kind)
    return out.reshape([*x.shape[:-1], *(one.size for one in absorbed)])


class _SegmentSum(torch.autograd.Function):
    """Sums by segment. The backward pass is one gather; torch's own would keep the values too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor, rows: int) -> Tensor:
        ctx.save_for_backward(index)
        return x.new_zeros((*x.shape[:-1], rows)).index_add_(-1, index, x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (index,) = ctx.saved_tensors
        return grads[0].index_select(-1, index), None, None
