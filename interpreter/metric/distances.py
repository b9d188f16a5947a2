"""Squared distances from soft bits to anchors, in two forms that agree.

Plain: every anchor written out, gradients by autograd. Analytic: a flip changes the distance to its
base by (2 b - 1)(2 u - 1), and the random anchors' distances follow from one histogram of 1 - 2 u
over their packed codes. That costs a few passes over the bits, however many anchors there are.
"""

from typing import Any

import torch
from torch import Tensor

from autodesign.interpreter.metric.anchors import PACKED, Draw

CHUNK = 1 << 16
"""Bits in one pass: what stays in a processor's cache."""

VALUES = 1 << PACKED


def plain(u: Tensor, draw: Draw) -> Tensor:
    """|u - a|^2 for soft bits u [m] and every anchor, [anchors] float64, by definition."""
    return (u - draw.bits().to(u.dtype)).square().sum(1).double()


def analytic(u: Tensor, draw: Draw) -> Tensor:
    """The same numbers and gradients as `plain`, with no anchor written out."""
    distances: Tensor = _Distances.apply(u, draw)
    return distances


class _Distances(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, u: Tensor, draw: Draw) -> Tensor:
        ctx.save_for_backward(u)
        ctx.draw = draw
        best, current, bad = _bases(u, draw)
        good = best + _flip_changes(u, draw.best, draw.good)
        near = current + _flip_changes(u, draw.current, draw.near)
        together = torch.cat([best.view(1), good, near, bad])
        return together.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (u,), draw = ctx.saved_tensors, ctx.draw
        counts = [1, len(draw.good), len(draw.near), draw.bad]
        best, good, near, bad = torch.split((2 * gradients[0]).to(u.dtype), counts)
        result = _pull(u, draw, best.sum() + good.sum(), near.sum(), bad)
        _add_flips(result, draw.best, draw.good, good)
        _add_flips(result, draw.current, draw.near, near)
        return result, None


def _bases(u: Tensor, draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
    """Distances to the best and the current configuration, 0-d, and to the random anchors."""
    best, current, squares = (torch.zeros((), dtype=torch.float64, device=u.device),) * 3
    rows = len(draw.codes)
    histogram = torch.zeros(rows, VALUES, dtype=torch.float64, device=u.device)
    for start in range(0, len(u), _chunk(u)):
        part = slice(start, start + _chunk(u))
        v = u[part]
        best = best + (v - draw.best[part].to(v.dtype)).square().sum()
        current = current + (v - draw.current[part].to(v.dtype)).square().sum()
        squares = squares + v.square().sum()
        weights = 1 - 2 * v
        for row in range(rows):
            histogram[row] += torch.bincount(draw.codes[row, part], weights, VALUES)
    per_anchor = histogram @ _set_bits(histogram)
    return best, current, squares + per_anchor.flatten()[: draw.bad]


def _chunk(u: Tensor) -> int:
    """Chunks suit a processor's cache; a GPU is given everything at once."""
    return max(len(u), 1) if u.is_cuda else CHUNK


def _set_bits(like: Tensor) -> Tensor:
    """[256, 8]: whether a byte has a bit."""
    codes = torch.arange(VALUES, device=like.device).unsqueeze(1)
    return ((codes >> torch.arange(PACKED, device=like.device)) & 1).to(like.dtype)


def _flip_changes(u: Tensor, base: Tensor, flips: Tensor) -> Tensor:
    """What the flips of each anchor add to its distance from the base, [anchors]."""
    made = flips >= 0
    places = flips.clamp(min=0)
    if len(u) == 0:
        return torch.zeros(len(flips), dtype=torch.float64, device=u.device)
    changes = (2 * base[places].double() - 1) * (2 * u[places].double() - 1)
    return torch.where(made, changes, 0.0).sum(1)


def _pull(u: Tensor, draw: Draw, to_best: Tensor, to_current: Tensor, bad: Tensor) -> Tensor:
    """sum_a c_a (u - a), before the flips, [m]; `bad` [anchors] are the c of random anchors."""
    total = to_best + to_current + bad.sum()
    rows = len(draw.codes)
    padded = torch.zeros(rows * PACKED, dtype=u.dtype, device=u.device)
    padded[: draw.bad] = bad
    tables = padded.view(rows, PACKED) @ _set_bits(padded).T
    result = torch.empty_like(u)
    for start in range(0, len(u), _chunk(u)):
        part = slice(start, start + _chunk(u))
        v = torch.mul(u[part], total, out=result[part])
        v.sub_(draw.best[part] * to_best).sub_(draw.current[part] * to_current)
        for row in range(rows):
            v.sub_(tables[row].index_select(0, draw.codes[row, part].int()))
    return result


def _add_flips(result: Tensor, base: Tensor, flips: Tensor, weights: Tensor) -> None:
    """The flipped places' share: an anchor there is 1 - b, not b."""
    made = flips >= 0
    places = flips[made]
    share = weights.unsqueeze(1).expand_as(flips)[made] * (2 * base[places].to(result.dtype) - 1)
    result.index_add_(0, places, share)
