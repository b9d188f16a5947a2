"""Anchors of one family of comparisons, drawn without any bit of them being written out.

Those around the best and the current configuration are flips of single bits; random ones are words
of 16 bits. Comparisons are [places, *rows] with columns first (see `slabs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod

import torch
from torch import Generator, Tensor

from autodesign.interpreter.metric import codes
from autodesign.interpreter.metric.anchors import places
from autodesign.interpreter.metric.blocksums import Places
from autodesign.interpreter.metric.pairs import Pairs
from autodesign.interpreter.metric.slabs import Slabs


@dataclass(frozen=True, slots=True)
class Drawing:
    """How many anchors of each kind are drawn, bits flipped in each, and the power of weights."""

    good: int
    bad: int
    near: int
    flips: int
    power: float


@dataclass(frozen=True, eq=False, slots=True)
class Flips:
    """The bits flipped: in anchor `anchors[f]` that at `at[f]`, flat and ascending, [flips]. The
    best configuration is anchor 0; `near` are flips of the current one."""

    anchors: Tensor
    at: Tensor
    near: Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Anchors:
    """In the order: the best, `good` flips of it, `near` ones of the current one, `bad` random.

    `words` [words, places, rows] are the random ones'. `soft` gives the soft bits, `raw` what is
    compared, `ideal` what is for the best bits, or `best` [places, 1...] these where all rows have
    the same; `absent` are comparisons that there are not, flat and ascending. `counts` [sums,
    places] says what is counted by each sum.
    """

    many: Drawing
    slabs: Slabs
    soft: Pairs
    raw: Pairs
    ideal: Pairs
    best: Tensor | None
    counts: Tensor
    words: Tensor
    flips: Flips
    absent: Tensor | None

    @property
    def rows(self) -> int:
        return prod(self.soft.shape[1:])

    @property
    def bases(self) -> Tensor:
        """Of each anchor what it is made from: 0 the best, 1 the current configuration, 2... the
        random ones."""
        return _bases(self.many.good, self.many.near, self.many.bad, self.flips.at.device)

    def within(self, at: Tensor | None, blocks: Sequence[slice]) -> list[Tensor | None]:
        """Flat and ascending places by block, from where it begins; None where there are none."""
        if at is None or len(blocks) == 1:
            return [at] * len(blocks)
        starts = [block.start * self.rows for block in blocks]
        ends = torch.searchsorted(at, at.new_tensor([*starts, self.soft.shape[0] * self.rows]))
        first, *rest = ends.tolist()
        found: list[Tensor | None] = []
        for start, last in zip(starts, rest, strict=True):
            found.append(at[first:last] - start if last > first else None)
            first = last
        return found


@cache
def _bases(good: int, near: int, bad: int, device: torch.device) -> Tensor:
    made = [0] * (1 + good) + [1] * near + [*range(2, 2 + bad)]
    return torch.tensor(made, device=device)


@torch.no_grad()
def anchors(
    soft: Pairs,
    ideal: Pairs,
    slabs: Slabs,
    without: Places | None,
    many: Drawing,
    generator: Generator,
) -> Anchors:
    """Draws the anchors, with flips of comparisons that there are."""
    columns, size, rows = slabs.columns, prod(soft.shape), prod(soft.shape[:-1])
    where = slabs.places()
    gone = None if without is None else without.flat(soft.shape)
    left = size if gone is None else size - len(gone)
    drawn = places((many.good + many.near, many.flips), left, generator).view(-1)
    which = torch.arange(1, 1 + many.good + many.near, device=drawn.device)
    which = which.repeat_interleave(many.flips)
    if many.flips > 1 or not left:  # some places are none
        which, drawn = which[drawn >= 0], drawn[drawn >= 0]
    absent = None
    if gone is not None:
        before = gone - torch.arange(len(gone), device=gone.device)
        drawn = drawn + torch.searchsorted(before, drawn, right=True)
        absent = (where[gone % columns] * rows + gone // columns).sort().values
    at, order = (where[drawn % columns] * rows + drawn // columns).sort()
    which = which[order]
    words = codes.random_words(-(-many.bad // codes.WORD) * len(slabs.order) * rows, generator)
    words = words.view(-(-many.bad // codes.WORD), len(slabs.order), rows)
    if slabs.spare:
        words.index_fill_(1, (slabs.order == columns).nonzero().squeeze(1), 0)
    if absent is not None:
        words.flatten(1).index_fill_(1, absent, 0)
    raw, prepared = slabs.turned(soft), soft.prepared()
    return Anchors(
        many,
        slabs,
        raw if prepared is soft else slabs.turned(prepared),
        raw,
        *_best(slabs.turned(_told(ideal)), soft.above.dtype),
        slabs.counts(),
        words,
        Flips(which, at, which > many.good),
        absent,
    )


def _told(ideal: Pairs) -> Pairs:
    """Without what varies with the row and yet is the same in all."""

    def one(x: Tensor) -> Tensor:
        alike = x.shape[-1] == 1 and bool(x.amin() == x.amax())
        return x.reshape(-1)[:1].view((1,) * x.ndim) if alike else x

    above, below = one(ideal.above), one(ideal.below)
    sizes = zip(above.shape, below.shape, strict=True)
    return Pairs(above, below, tuple(max(one, other) for one, other in sizes))


def _best(ideal: Pairs, number: torch.dtype) -> tuple[Pairs, Tensor | None]:
    """With the best bits, if all rows have the same."""
    alike = prod(ideal.shape[1:]) == 1
    return ideal, (ideal.above > ideal.below).to(number) if alike else None
