"""The values that the variable of a loop takes: all, those of a list, or a list for each row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import Axes, Axis, Origin, full, match, numel
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.memory import reserve
from autodesign.interpreter.metric.program import Node, VariableNode
from autodesign.interpreter.metric.reading import conjunction

if TYPE_CHECKING:
    from autodesign.interpreter.metric.frames import Frames

AT_ONCE = 1 << 22
"""So many candidates of a coupled loop are looked at in one go."""

DENSE = 0.75
"""A coupled loop may keep all candidates, and know those that do not count, when more than this
share of them does."""


@dataclass(frozen=True, eq=False, slots=True)
class Own:
    """`values` (int64, over the axes `over`) of a variable whose own loop ranges over `axes`.

    `dropped`: the rows of `axes` that there are not, flat. `whole`: the values are 0, 1, 2, ...
    along one axis.
    """

    axes: Axes
    values: Tensor
    over: Axes
    dropped: Tensor | None = None
    whole: bool = False

    @property
    def padded(self) -> bool:
        """Whether there are axes' rows that there are not."""
        return self.dropped is not None

    @property
    def mask(self) -> Tensor:
        """Which rows of the axes there are: bool."""
        found = torch.ones(numel(self.axes), dtype=torch.bool, device=self.values.device)
        if self.dropped is not None:
            found[self.dropped] = False
        return found.reshape([axis.size for axis in self.axes])


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
    first, last = (int(_end(frames.data.value(bound), bound)) for bound in variable.bounds)
    reserve(last - first + 1, variable.bounds[1].formula)
    return torch.arange(first, max(first, last + 1), device=frames.device)


def _end(value: Tensor, bound: Node) -> Tensor:
    """The first or last numbers of ranges; MetricError where one is none."""
    if bool(value.isfinite().all()):
        return value
    raise MetricError(
        "AD440",
        "a range from a number to a number has an end that is none",
        getattr(bound.formula, "span", None),
        "divided by zero, or of nothing",
        help="keep it defined, as in `1..max(1, t)`",
    )


def _ragged(frames: "Frames", variable: VariableNode) -> Own:
    """A range of numbers that is another one for each row before it."""
    base = frames.axes(variable.before)
    first, last = (
        _end(full(frames.data.over(bound, base), base), bound).reshape(-1).long()
        for bound in variable.bounds
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
    size, rows = axis.size, numel(base)
    others = [_other(condition, variable.name, "!=") for condition in conditions]
    if all(others) and not frames.inside(variable.before):
        dropped = _equal(frames, own, [one for one in others if one], base)
        if _may_pad(frames, variable, rows * size - len(dropped), rows * size):
            return _padded(own, base, dropped)
        flat = _others(rows * size, dropped)
    else:
        kept = list(_pieces(frames, variable, own, conditions, base))
        flat = torch.cat(kept) if kept else own.values.new_empty(0)
        if len(flat) == rows * size:
            return Own((*base, axis), own.values, (axis,), whole=own.whole)
        if _may_pad(frames, variable, len(flat), rows * size):
            return _padded(own, base, _others(rows * size, flat))
    return _listed(own, base, flat)


def _may_pad(frames: "Frames", variable: VariableNode, kept: int, candidates: int) -> bool:
    """Comparisons are padded only where they are not shown to anyone."""
    return (frames.padded or not variable.family) and kept > DENSE * candidates


def _padded(own: Own, base: Axes, dropped: Tensor) -> Own:
    return Own((*base, *own.axes), own.values, own.over, dropped, own.whole)


def _listed(own: Own, base: Axes, flat: Tensor) -> Own:
    """The rows at flat (row, candidate): dense where all rows have as many."""
    (axis,) = own.axes
    size, rows = max(1, axis.size), numel(base)
    counts = torch.bincount(flat // size, minlength=rows)
    if rows and bool((counts == counts[0]).all()):
        axes = (*base, Axis(len(flat) // rows))
        columns = (flat % size).reshape([one.size for one in axes])
        return Own(axes, own.values[columns], axes)
    listed = Axis(len(flat), (Origin(base, flat // size),))
    return Own((listed,), own.values[flat % size], (listed,))


def _other(condition: Node, name: str, op: str) -> Node | None:
    """What a condition compares the variable itself with."""
    if isinstance(condition.formula, f.Apply) and condition.formula.op == op:
        for one, other in (condition.parts, condition.parts[::-1]):
            if one.formula == f.Variable(name) and name not in other.free:
                return other
    return None


def _equal(frames: "Frames", own: Own, others: list[Node], base: Axes) -> Tensor:
    """The flat (row, candidate) where the candidate is one of the others."""
    found = []
    for other in others:
        wanted = full(frames.data.over(other, base), base).reshape(-1)
        if own.whole and _same_range(frames, own, other):
            rows, columns = torch.arange(len(wanted), device=frames.device), wanted
        else:
            rows, columns = match(wanted, own.values.to(wanted.dtype))
        found.append(rows * own.axes[0].size + columns)
    return found[0] if len(found) == 1 else _distinct(torch.cat(found))


def _distinct(flat: Tensor) -> Tensor:
    ordered = flat.sort().values
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def _same_range(frames: "Frames", own: Own, other: Node) -> bool:
    """Whether the other is a variable whose values are all among those of a whole one."""
    if not isinstance(other.formula, f.Variable):
        return False
    dim = frames.program.variables[other.formula.name].dim
    return dim is not None and frames.sizes[dim] == own.axes[0].size


def _others(size: int, flat: Tensor) -> Tensor:
    """0 to size - 1 without those."""
    left = torch.ones(size, dtype=torch.bool, device=flat.device)
    left[flat] = False
    return left.nonzero().squeeze(-1)


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
