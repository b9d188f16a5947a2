"""Columns of comparisons brought into an order that suits counting them.

Columns come first, so that what is added up along them is added to contiguous rows, and stand in a
few slabs of the same make. In each slab those that the same sums count stand together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor
from torch.nn.functional import pad

from autodesign.interpreter.metric.blocksums import Sum, kinds
from autodesign.interpreter.metric.pairs import Pairs

MOST = 15
"""Slabs: so many ones are counted in four binary digits"""


@dataclass(frozen=True, eq=False, slots=True)
class Slabs:
    """`order` [number * groups] of `columns`, `columns` where there is none. In each slab the first
    `widths[0]` are of the first kind; of kind k there are `sizes[k]`, and sum s counts them if
    `counted[s, k]` is 1."""

    number: int
    columns: int
    sizes: list[int]
    widths: list[int]
    counted: Tensor
    order: Tensor

    @property
    def spare(self) -> bool:
        """Whether there are places for columns that there are not."""
        return len(self.order) > self.columns

    def counts(self) -> Tensor:
        """Whether each sum counts what is at each place, [sums, places]."""
        each = self.counted.repeat_interleave(
            torch.tensor(self.widths, device=self.order.device), 1
        )
        return each.repeat(1, self.number)

    def places(self) -> Tensor:
        """Where each column is, [columns]."""
        found = self.order.new_empty(self.columns + 1)
        found[self.order] = torch.arange(len(self.order), device=found.device)
        return found[:-1]

    def turned(self, pairs: Pairs) -> Pairs:
        """[places, *rows]; 0 is what the bits of columns are that there are not."""
        above = self._turned(pairs.above, 0 if pairs.powers else -inf)
        below = self._turned(pairs.below, inf)
        return Pairs(above, below, (len(self.order), *pairs.shape[:-1]), pairs.powers)

    def _turned(self, x: Tensor, none: float) -> Tensor:
        x = x.movedim(-1, 0)
        if len(x) > 1:
            x = torch.cat([x, x.new_full((1, *x.shape[1:]), none)]) if self.spare else x
            x = x.index_select(0, self.order)
        return x.contiguous()

    def returned(self, x: Tensor) -> Tensor:
        """What was found for one side, [places or 1, *rows], with columns last again."""
        if len(x) > 1:
            columns = x.new_empty((self.columns + 1, *x.shape[1:]))
            x = columns.index_copy_(0, self.order, x)[:-1]
        return x.movedim(0, -1)


def slabs(sums: Sequence[Sum], shape: tuple[int, ...], like: Tensor) -> Slabs | None:
    """For sums of comparisons of this shape; None where columns count in part."""
    found = list(kinds(sums, shape, uncounted=True))
    if any(weight is not None for kind in found for _, weight in kind.counts):
        return None
    sizes = [shape[-1] if kind.columns is None else len(kind.columns) for kind in found]
    number = _number(sizes)
    widths = [-(-size // number) for size in sizes]
    parts = []
    for kind, size, width in zip(found, sizes, widths, strict=True):
        columns = kind.columns
        if columns is None:
            columns = torch.arange(size, device=like.device)
        parts.append(pad(columns, (0, number * width - size), value=shape[-1]).view(number, width))
    counted = [[float(s in dict(kind.counts)) for kind in found] for s in range(len(sums))]
    order = torch.cat(parts, 1).view(-1)
    return Slabs(number, shape[-1], sizes, widths, like.new_tensor(counted), order)


def _number(sizes: list[int]) -> int:
    """Many, so that they are counted together, unless too many places would be for nothing."""

    def cost(number: int) -> float:
        return sum(-(-size // number) for size in sizes) * (number + 4)

    return min(range(MOST, 0, -1), key=cost)
