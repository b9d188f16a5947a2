"""Axes: what the values of a formula range over.

The rows of nested loops are a product of axes where no condition couples the loops, and one
gathered axis where one does. A gathered axis remembers the rows that it was made of, so a value
over those can be lifted to it, and a sum over it falls back to them.

Tensors may have leading dimensions (anchors): axes are the last dimensions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeAlias

import torch
from torch import Tensor

Axes: TypeAlias = tuple["Axis", ...]


@dataclass(frozen=True, eq=False, slots=True)
class Origin:
    """Rows of a product of axes: `index` [size] is flat over their sizes."""

    axes: Axes
    index: Tensor


@dataclass(frozen=True, eq=False)
class Axis:
    size: int
    origins: tuple[Origin, ...] = ()

    @cached_property
    def ancestors(self) -> "frozenset[Axis]":
        """Every axis whose rows can be told from a row of this one."""
        below = [axis for origin in self.origins for axis in origin.axes]
        return frozenset(below).union(*(axis.ancestors for axis in below))

    def position(self, ancestor: "Axis") -> Tensor:
        """For each row, the row of the ancestor it was made of: [size], int64."""
        for origin in self.origins:
            for place, axis in enumerate(origin.axes):
                if axis is ancestor or ancestor in axis.ancestors:
                    inside = numel(origin.axes[place + 1 :])
                    row = origin.index // inside % axis.size
                    return row if axis is ancestor else axis.position(ancestor)[row]
        raise KeyError(ancestor)

    def positions(self, axes: Axes) -> Tensor:
        """For each row, the flat row of a product of ancestors."""
        for origin in self.origins:
            if origin.axes == axes:
                return origin.index
        flat = self.position(axes[0])
        for axis in axes[1:]:
            flat = flat * axis.size + self.position(axis)
        return flat


def numel(axes: Iterable[Axis]) -> int:
    return prod(axis.size for axis in axes)


# --- values over other axes -----------------------------------------------------------------------


def align(x: Tensor, source: Axes, target: Axes) -> Tensor:
    """`x` over `source` as a tensor over `target`, which holds `source`; of size 1 elsewhere."""
    if source == target:
        return x
    lead = x.ndim - len(source)
    order = tuple(axis for axis in target if axis in source)
    if order != source:
        x = x.permute(*range(lead), *(lead + source.index(axis) for axis in order))
    for place, axis in enumerate(target):
        if axis not in source:
            x = x.unsqueeze(lead + place)
    return x


def lift(x: Tensor, source: Axes, target: Axes) -> Tensor:
    """`x` over `source` as a tensor over `target`, whose rows tell those of `source`."""
    missing = next((axis for axis in source if axis not in target), None)
    if missing is None:
        return align(x, source, target)
    axis = next((one for one in target if missing in one.ancestors), None)
    if axis is None:
        return _rematched(x, source, missing, target)
    told = tuple(one for one in source if one in axis.ancestors)
    rest = tuple(one for one in source if one not in told)
    return lift(_chosen(align(x, source, rest + told), told, axis), (*rest, axis), target)


def _rematched(x: Tensor, source: Axes, missing: Axis, target: Axes) -> Tensor:
    """A lift from a joined axis to one that was joined of the same in another order."""
    axis = max(target, key=lambda one: len(one.ancestors & missing.ancestors))
    nearest = _nearest(axis, missing)
    _, columns = match(axis.positions(nearest), missing.positions(nearest))
    x = x.movedim(x.ndim - len(source) + source.index(missing), -1)
    if x.shape[-1] > 1:
        x = x.index_select(-1, columns)
    rest = tuple(one for one in source if one is not missing)
    return lift(x, (*rest, axis), target)


def _nearest(left: Axis, right: Axis) -> Axes:
    """The common ancestors that tell all other common ones."""
    common = left.ancestors & right.ancestors
    return tuple(a for a in common if not any(a in b.ancestors for b in common))


def _chosen(x: Tensor, told: Axes, axis: Axis) -> Tensor:
    """`x` [..., *told] at the rows of an axis that tells them, found along those it varies on."""
    lead = x.shape[: x.ndim - len(told)]
    if not axis.size:
        return x.new_empty([*lead, 0])
    varied = tuple(one for one, size in zip(told, x.shape[len(lead) :], strict=True) if size > 1)
    if not varied:
        return x.reshape([*lead, 1])
    return x.reshape([*lead, numel(varied)]).index_select(-1, axis.positions(varied))


def full(x: Tensor, axes: Axes) -> Tensor:
    """`x` over `axes` with no dimension of size 1 that stands for more."""
    lead = x.shape[: x.ndim - len(axes)]
    return x.expand([*lead, *(axis.size for axis in axes)])


def flatten(x: Tensor, axes: Axes) -> Tensor:
    """The last dimensions, over `axes`, as one of all their rows."""
    lead = x.shape[: x.ndim - len(axes)]
    return full(x, axes).reshape(*lead, numel(axes))


# --- rows of several loops ------------------------------------------------------------------------


def merge(axes: Axes, more: Axes, joined: dict[tuple[Axis, Axis], Axis]) -> Axes:
    """The axes over which values over `axes` and over `more` can both stand.

    Two gathered axes that were made of common rows become one, row matched to row; `joined` keeps
    it, so that it is the same one the next time.
    """
    for new in more:
        if new in axes or any(new in axis.ancestors for axis in axes):
            continue
        for old in axes:
            if old.ancestors & new.ancestors and old not in new.ancestors:
                if (old, new) not in joined:
                    joined[old, new] = _join(old, new)
                new = joined[old, new]
        axes = (*(axis for axis in axes if axis not in new.ancestors), new)
    return axes


def _join(left: Axis, right: Axis) -> Axis:
    """Pairs of rows that were made of the same rows of every common ancestor, `left`'s first."""
    nearest = _nearest(left, right)
    wanted, keys = left.positions(nearest), right.positions(nearest)
    rows, columns = match(wanted, keys)
    return Axis(len(rows), (Origin((left,), rows), Origin((right,), columns)))


def match(wanted: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """All (row, column) with `wanted[row] == keys[column]`, in order: two of [pairs], int64."""
    ordered, order = torch.sort(keys, stable=True)
    wanted = wanted.contiguous()
    first = torch.searchsorted(ordered, wanted)
    count = torch.searchsorted(ordered, wanted, right=True) - first
    rows = torch.arange(len(wanted), device=keys.device).repeat_interleave(count)
    before = (count.cumsum(0) - count - first).repeat_interleave(count)
    return rows, order[torch.arange(len(rows), device=keys.device) - before]
