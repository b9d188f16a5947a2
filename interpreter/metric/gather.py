"""The values that the variable of a loop takes: all, those of a list, or a list for each row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from autodesign.interpreter.metric.axes import Axes, Axis, Origin, full, numel
from autodesign.interpreter.metric.memory import reserve
from autodesign.interpreter.metric.program import Node, VariableNode
from autodesign.interpreter.metric.reading import conjunction

if TYPE_CHECKING:
    from autodesign.interpreter.metric.frames import Frames

AT_ONCE = 1 << 22
"""So many candidates of a coupled loop are looked at in one go."""

DENSE = 0.5
"""A coupled loop of a reduction keeps all candidates, and a mask, when more than this count."""


@dataclass(frozen=True, eq=False, slots=True)
class Own:
    """`values` (int64, over the axes `over`) of a variable whose own loop ranges over `axes`.

    `mask`: which of the rows of `axes` there are, if not all. `whole`: the values are 0, 1, 2, ...
    along one axis.
    """

    axes: Axes
    values: Tensor
    over: Axes
    mask: Tensor | None = None
    whole: bool = False


def gather(frames: "Frames", variable: VariableNode) -> Own:
    if any(bound.free for bound in variable.bounds):
        listed = _ragged(frames, variable)
        conditions = variable.conditions
        return _filtered(frames, variable, listed, conditions) if conditions else listed
    values = _range(frames, variable)
    alone = [c for c in variable.conditions if c.free <= {variable.name}]
    coupled = [c for c in variable.conditions if c not in alone]
    axis = Axis(len(values))
    own = Own((axis,), values, (axis,), whole=variable.dim is not None)
    if alone:
        kept = _holds(frames, variable, own, alone, (axis,)).nonzero().squeeze(-1)
        axis = Axis(len(kept))
        own = Own((axis,), values[kept], (axis,))
    base = frames.axes(variable.before) if coupled or variable.before else ()
    if not coupled:
        return Own((*base, axis), own.values, (axis,), whole=own.whole)
    return _coupled(frames, variable, own, coupled, base)


def _range(frames: "Frames", variable: VariableNode) -> Tensor:
    if variable.dim is not None:
        return torch.arange(frames.sizes[variable.dim], device=frames.device)
    first, last = (int(frames.data.value(bound)) for bound in variable.bounds)
    reserve(last - first + 1, variable.bounds[1].formula)
    return torch.arange(first, max(first, last + 1), device=frames.device)


def _ragged(frames: "Frames", variable: VariableNode) -> Own:
    """A range of numbers that is another one for each row before it."""
    base = frames.axes(variable.before)
    first, last = (
        full(frames.data.over(bound, base), base).reshape(-1).long() for bound in variable.bounds
    )
    count = (last - first + 1).clamp(min=0)
    reserve(int(count.sum()), variable.bounds[1].formula)
    rows = torch.arange(len(count), device=frames.device).repeat_interleave(count)
    place = torch.arange(len(rows), device=frames.device) - (count.cumsum(0) - count)[rows]
    axis = Axis(len(rows), (Origin(base, rows),))
    return Own((axis,), first[rows] + place, (axis,))


def _filtered(
    frames: "Frames", variable: VariableNode, own: Own, conditions: tuple[Node, ...]
) -> Own:
    """Of listed rows those for which the conditions hold."""
    (axis,) = own.axes
    kept = _holds(frames, variable, own, list(conditions), own.axes).nonzero().squeeze(-1)
    (origin,) = axis.origins
    fewer = Axis(len(kept), (Origin(origin.axes, origin.index[kept]),))
    return Own((fewer,), own.values[kept], (fewer,))


def _holds(
    frames: "Frames", variable: VariableNode, own: Own, conditions: list[Node], axes: Axes
) -> Tensor:
    """Whether the conditions hold for the variable so bound, over axes: bool."""
    inside = type(frames)(frames.program, frames.given, frames, (variable.name, own))
    truths = [inside.data.over(condition, axes) for condition in conditions]
    return full(conjunction(truths) == 1, axes)


def _coupled(
    frames: "Frames", variable: VariableNode, own: Own, conditions: list[Node], base: Axes
) -> Own:
    """Which of the candidates `own` there are for each row of `base`."""
    (axis,) = own.axes
    rows = numel(base)
    kept = list(_pieces(frames, variable, own, conditions, base))
    flat = torch.cat(kept) if kept else own.values.new_empty(0)
    counts = torch.bincount(flat // max(1, axis.size), minlength=rows)
    if len(flat) == rows * axis.size:
        return Own((*base, axis), own.values, (axis,))
    if rows and bool((counts == counts[0]).all()):
        each = Axis(len(flat) // rows)
        axes = (*base, each)
        columns = (flat % axis.size).reshape([one.size for one in axes])
        return Own(axes, own.values[columns], axes)
    if not variable.family and len(flat) > DENSE * rows * axis.size:
        mask = torch.zeros(rows * axis.size, dtype=torch.bool, device=frames.device)
        mask[flat] = True
        axes = (*base, axis)
        return Own(axes, own.values, (axis,), mask.reshape([one.size for one in axes]))
    listed = Axis(len(flat), (Origin(base, flat // max(1, axis.size)),))
    return Own((listed,), own.values[flat % max(1, axis.size)], (listed,))


def _pieces(
    frames: "Frames", variable: VariableNode, own: Own, conditions: list[Node], base: Axes
) -> Iterator[Tensor]:
    """The flat (row, candidate) that there are, so many rows at a time that memory suffices."""
    (axis,) = own.axes
    rows = numel(base)
    step = max(1, AT_ONCE // max(1, axis.size))
    found = 0
    for start in range(0, rows, step):
        part = torch.arange(start, min(rows, start + step), device=frames.device)
        piece = Axis(len(part), (Origin(base, part),)) if base else None
        axes = (piece, axis) if piece else (axis,)
        bound = Own(axes, own.values, (axis,), whole=own.whole)
        holds = _holds(frames, variable, bound, conditions, axes)
        kept = holds.reshape(-1).nonzero().squeeze(-1) + start * axis.size
        found += len(kept)
        reserve(found, conditions[0].formula)
        yield kept
