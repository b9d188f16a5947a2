"""The two sides of a family's comparisons, and soft bits made of them a block at a time.

A comparison is the difference of two numbers, each of which stands over fewer axes than both
together: the scores of n examples make n^2 comparisons. What is made of them is made in blocks that
stay in a processor's cache and are made again when their gradient is asked for; nothing as large as
all comparisons is ever allocated. A GPU is given everything at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, prod

import torch
from torch import Tensor

BLOCK = 1 << 17
"""Comparisons in one block"""

SAFE = 0.9
"""Scores so far from the middle, as a share of the greatest exponent, are exponentiated alone"""


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """Comparisons `above - below`: tensors that broadcast to `shape`, one size for each axis."""

    above: Tensor
    below: Tensor
    shape: tuple[int, ...]

    @property
    def difference(self) -> Tensor:
        """All comparisons, written out."""
        return (self.above - self.below).expand(self.shape)

    def chosen(self, columns: Tensor) -> "Pairs":
        """Those columns of the last axis alone."""
        above, below = (
            x if x.shape[-1] == 1 else x.index_select(-1, columns) for x in (self.above, self.below)
        )
        return Pairs(above, below, (*self.shape[:-1], len(columns)))

    def rows(self) -> Iterator[slice]:
        """Parts of the first axis that make a block each."""
        first, width = self.shape[0], prod(self.shape[1:])
        step = first if self.above.device.type != "cpu" else max(1, BLOCK // max(1, width))
        for start in range(0, first, max(1, step)):
            yield slice(start, min(first, start + step))


def pairs(above: Tensor, below: Tensor, shape: tuple[int, ...]) -> Pairs:
    """Sides of size 1 or that of `shape` along each axis."""
    varied = [a if a > 1 else b for a, b in zip(above.shape, below.shape, strict=True)]
    if tuple(varied) != shape:
        sizes = zip(above.shape, varied, shape, strict=True)
        above = above.expand([one if both == all_ else all_ for one, both, all_ in sizes])
    return Pairs(above.contiguous(), below.contiguous(), shape)


class SoftBits:
    """The soft bits of some pairs, by blocks. Each block is valid until the next one is made."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self.above, self.below, self.odds = pairs.above, pairs.below, False
        if pairs.above.device.type == "cpu" and self._few():
            self._exponentiate()
        rows = next(pairs.rows(), slice(0, 0))
        self.made = pairs.above.new_empty((rows.stop - rows.start) * prod(pairs.shape[1:]))

    def block(self, rows: slice) -> Tensor:
        """sigmoid(above - below) of some rows: [rows, ...]."""
        out = buffer(self.made, self.pairs.shape, rows)
        above, below = part(self.above, rows), part(self.below, rows)
        if self.odds:
            return torch.mul(above, below, out=out).add_(1).reciprocal_()
        return torch.sub(above, below, out=out).sigmoid_()

    def _few(self) -> bool:
        return 4 * (self.above.numel() + self.below.numel()) <= prod(self.pairs.shape)

    def _exponentiate(self) -> None:
        """sigmoid(a - b) is 1 / (1 + e^-a e^b): an exponential for each score, not each pair."""
        least = torch.minimum(self.above.amin(), self.below.amin())
        most = torch.maximum(self.above.amax(), self.below.amax())
        middle = (least + most) / 2
        if float(most - middle) < SAFE * log(torch.finfo(middle.dtype).max):
            self.above, self.below = (middle - self.above).exp(), (self.below - middle).exp()
            self.odds = True


def part(x: Tensor, rows: slice) -> Tensor:
    """Some rows of what broadcasts along the first axis."""
    return x if x.shape[0] == 1 else x[rows]


def buffer(memory: Tensor, shape: tuple[int, ...], rows: slice) -> Tensor:
    """Memory as a block of some rows."""
    sizes = (rows.stop - rows.start, *shape[1:])
    return memory[: prod(sizes)].view(sizes)


def folded(x: Tensor, like: Tensor) -> Tensor:
    """`x` summed along the axes on which `like` does not vary."""
    over = [place for place, size in enumerate(like.shape) if size == 1 and x.shape[place] != 1]
    return x.sum(over, keepdim=True) if over else x
