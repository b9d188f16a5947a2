"""Frames: which values the variables of a program take, given the data of one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import Axes, Axis, Origin, lift, merge, numel
from autodesign.interpreter.metric.exact import EXACT
from autodesign.interpreter.metric.gather import Own, gather
from autodesign.interpreter.metric.memory import reserve
from autodesign.interpreter.metric.program import Free, Node, Program
from autodesign.interpreter.metric.reading import Reader, conjunction

SPARSE = 0.5
"""Rows that count only now and then are gathered when at most this share of them does."""


@dataclass(frozen=True, eq=False)
class Data:
    """The tensors of one batch, checked, and what is fixed with them."""

    tensors: Mapping[str, Tensor]
    sizes: Mapping[str, int]
    parameters: Mapping[str, float]
    device: torch.device


class Frames:
    """The axes of a batch, made on the first question and then kept.

    With `outer` and `own` it is the inside of a loop whose values are just being sought: the
    variable of `own` is bound provisionally, all that does not depend on it is known outside.
    With `padded` the comparisons of families may have rows that there are not, known as such.
    """

    def __init__(
        self,
        program: Program,
        given: Data,
        outer: "Frames | None" = None,
        own: tuple[str, Own] | None = None,
        padded: bool = False,
    ) -> None:
        self.program = program
        self.given = given
        self.tensors = given.tensors
        self.sizes = given.sizes
        self.parameters = given.parameters
        self.device = given.device
        self.outer = outer
        self.padded = padded
        self._own: dict[str, Own] = dict([own]) if own else {}
        self._bound = own[0] if own else None
        self._joined: dict[tuple[Axis, Axis], Axis] = {}
        self._axes: dict[Free, Axes] = {}
        self._rows: dict[tuple[tuple[f.Loop, ...], Axes], Kept] = {}
        self.data = Reader(self, EXACT, torch.float64)

    # --- variables --------------------------------------------------------------------------------

    def own(self, name: str) -> Own:
        """The values of one variable over the rows of its own loop and those before it."""
        found = self._own.get(name)
        if found is None:
            declared = self.program.variables[name]
            if self.outer is not None and self._bound not in declared.before:
                found = self.outer.own(name)
            else:
                found = gather(self, declared)
            self._own[name] = found
        return found

    def inside(self, names: Free) -> bool:
        """Whether one of these is the variable bound provisionally."""
        return self._bound in names

    def around(self, node: Node) -> "Frames | None":
        """The frames around these, where the value of a node is theirs."""
        return None if self._bound in node.free else self.outer

    def axes(self, free: Free) -> Axes:
        """Over which the values stand that depend on these variables."""
        if self.outer is not None and self._bound not in free:
            return self.outer.axes(free)
        found = self._axes.get(free)
        if found is None:
            found = ()
            for name in sorted(free, key=self.program.order.__getitem__):
                found = self.merged(found, self.own(name).axes)
            self._axes[free] = found
        return found

    def merged(self, axes: Axes, more: Axes) -> Axes:
        return merge(axes, more, self._joined)

    def variable(self, name: str, axes: Axes) -> Tensor:
        """The values of a variable, int64, lifted to axes."""
        own = self.own(name)
        return lift(own.values, own.over, axes)

    def along(self, names: Sequence[str]) -> Axes:
        """The axes along which variables take all values."""
        return tuple(self.own(name).over[0] for name in names)

    def takes_all(self, name: str, size: int) -> bool:
        own = self.own(name)
        return own.whole and own.values.shape == (size,)

    def shape(self, node: Node) -> tuple[int, ...]:
        """The sizes of the input that an entry reads."""
        assert isinstance(node.formula, f.Entry)
        return tuple(self.tensors[node.formula.input].shape)

    # --- families ---------------------------------------------------------------------------------

    def family_axes(self, binary: str) -> Axes:
        loops = self.program.families[binary].loops
        return self.axes(self.program.closed(frozenset(loop.variable for loop in loops)))

    def by_rows(self, bits: Tensor, binary: str) -> Tensor:
        """Bits [..., comparisons] over the axes of their family."""
        sizes = [axis.size for axis in self.family_axes(binary)]
        return bits.reshape((*bits.shape[:-1], *sizes))

    # --- rows of a reduction ----------------------------------------------------------------------

    def rows(self, node: Node) -> "Kept":
        """The rows of a reduction."""
        loops = getattr(node.formula, "loops", ())
        asked = (loops, self.axes(node.free))
        found = self._rows.get(asked)
        if found is None:
            found = self._rows[asked] = self._make_rows(node)
        return found

    def inner(self, node: Node) -> Axes:
        """Those over which a reduction ranges, with those that it leaves."""
        inner = self.axes(node.free)
        for loop in node.loops:
            inner = self.merged(inner, self.own(loop.variable).axes)
        return inner

    def _make_rows(self, node: Node) -> "Kept":
        inner = self.inner(node)
        reserve(numel(inner), node.formula)
        owns = [self.own(loop.variable) for loop in node.loops]
        masks = [one for loop in node.loops for one in loop.masks if not one.live]
        weights = [(self.data.value(mask), self.axes(mask.free)) for mask in masks]
        inner, weight = self._filtered(inner, weights)
        padded = [own for own in owns if own.dropped is not None]
        without: Axes | None = None
        if len(padded) == 1 and padded[0].dropped is not None:
            dropped = padded[0].dropped
            axis = Axis(len(dropped), (Origin(padded[0].axes, dropped),))
            without = self.merged(inner, (axis,))
        return Kept(inner, weight, without, padded)

    def _filtered(
        self, inner: Axes, weights: list[tuple[Tensor, Axes]]
    ) -> tuple[Axes, Tensor | None]:
        """The rows that count alone, where they are few; else all, and which of them count."""
        if not weights:
            return inner, None
        axes: Axes = ()
        for _, one in weights:
            axes = self.merged(axes, one)
        weight = conjunction([lift(x, over, axes) for x, over in weights])
        varies = [size > 1 for size in weight.shape]
        if weight.dtype == torch.bool and any(varies):
            along = tuple(axis for axis, does in zip(axes, varies, strict=True) if does)
            if all(axis in inner for axis in along):
                kept = weight.reshape(-1).nonzero().squeeze(-1)
                if len(kept) <= SPARSE * weight.numel():
                    return self.merged(inner, (Axis(len(kept), (Origin(along, kept),)),)), None
        return inner, lift(weight, axes, inner)


@dataclass(frozen=True, eq=False)
class Kept:
    """The rows of a reduction by the data: those of `inner` with `weight`, but for `without`.

    `without` are axes over the rows that there are not, where these are few and of one loop;
    `padded` are the loops that have such.
    """

    inner: Axes
    weight: Tensor | None
    without: Axes | None
    padded: list[Own]

    @cached_property
    def weights(self) -> Tensor | None:
        """Which rows count, all told."""
        found = [lift(own.mask, own.axes, self.inner) for own in self.padded]
        found += [] if self.weight is None else [self.weight]
        return conjunction(found) if found else None
