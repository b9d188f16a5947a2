"""The two sides of a family's comparisons, and soft bits made of them a block at a time.

A comparison is the difference of two numbers, each of which stands over fewer axes than both
together: the scores of n examples make n^2 comparisons. What is made of them is made in blocks that
stay in a processor's cache, and made again when their gradient is asked for; nothing as large as
all comparisons is ever allocated. A GPU is given everything at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log, prod

import torch
from torch import Tensor

BLOCK = 1 << 17
"""Comparisons in one block"""

FEW = 1 << 15
"""Comparisons for which nothing is prepared"""

SAFE = 0.9
"""Scores that are so far from the middle, as a share of the greatest exponent, have a power of e"""


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """Comparisons `above - below`: contiguous tensors that broadcast to `shape`, one size for each
    axis. With `powers` they are e^above and e^below, for soft bits alone."""

    above: Tensor
    below: Tensor
    shape: tuple[int, ...]
    powers: bool = False

    @property
    def difference(self) -> Tensor:
        """All comparisons, written out."""
        return (self.above - self.below).expand(self.shape)

    def prepared(self) -> "Pairs":
        """For soft bits: sigmoid(a - b) is e^a / (e^a + e^b), which takes an exponential for each
        score instead of each pair."""
        size = prod(self.shape)
        few = size <= FEW or size < 4 * (self.above.numel() + self.below.numel())
        if few or self.above.device.type != "cpu":
            return self
        ends = [float(end) for x in (self.above, self.below) for end in x.aminmax()]
        middle = (min(ends) + max(ends)) / 2
        if max(ends) - middle > SAFE * log(torch.finfo(self.above.dtype).max):
            return self
        above, below = ((x - middle).exp_() for x in (self.above, self.below))
        return replace(self, above=above, below=below, powers=True)

    def chosen(self, columns: Tensor) -> "Pairs":
        """Those columns of the last axis alone."""
        above, below = (
            x if x.shape[-1] == 1 else x.index_select(-1, columns) for x in (self.above, self.below)
        )
        return replace(self, above=above, below=below, shape=(*self.shape[:-1], len(columns)))

    def blocks(self) -> Iterator[slice]:
        """Parts of the first axis that make a block each."""
        first, width = self.shape[0], prod(self.shape[1:])
        whole = self.above.device.type != "cpu"
        step = max(1, first if whole else BLOCK // max(1, width))
        for start in range(0, first, step):
            yield slice(start, min(first, start + step))

    def memory(self, rows: int | None = None) -> Tensor:
        """For the bits of so many rows, or as many as the greatest block has."""
        if rows is None:
            first = next(self.blocks(), slice(0, 0))
            rows = first.stop - first.start
        return self.above.new_empty((rows, *self.shape[1:]))

    def bits(self, rows: slice, out: Tensor) -> Tensor:
        """sigmoid(above - below) of some rows, written to `out`: [rows, ...]."""
        return self._soft(part(self.above, rows), part(self.below, rows), out)

    def bits_at(self, above: Tensor, below: Tensor) -> Tensor:
        """Soft bits of single values of both sides, at flat indices."""
        out = torch.empty(len(above), dtype=self.above.dtype, device=self.above.device)
        return self._soft(self.above.view(-1)[above], self.below.view(-1)[below], out)

    def _soft(self, above: Tensor, below: Tensor, out: Tensor) -> Tensor:
        if self.powers:
            return torch.div(above, torch.add(above, below, out=out), out=out)
        return torch.sub(above, below, out=out).sigmoid_()


def pairs(above: Tensor, below: Tensor, shape: tuple[int, ...]) -> Pairs:
    """Of sides of size 1 or that of `shape` along each axis."""
    varied = [a if a > 1 else b for a, b in zip(above.shape, below.shape, strict=True)]
    if tuple(varied) != shape:
        sizes = zip(above.shape, varied, shape, strict=True)
        above = above.expand([one if both == all_ else all_ for one, both, all_ in sizes])
    return Pairs(above.contiguous(), below.contiguous(), shape)


def part(x: Tensor, rows: slice) -> Tensor:
    """Some rows of what broadcasts along the first axis."""
    return x if x.shape[0] == 1 else x[rows]


def folded(x: Tensor, like: Tensor) -> Tensor:
    """`x` summed along the axes on which `like` does not vary."""
    over = [place for place, size in enumerate(like.shape) if size == 1 and x.shape[place] != 1]
    return x.sum(over, keepdim=True) if over else x
