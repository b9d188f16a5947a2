"""Anchors of one family of comparisons, drawn without any bit of them being written out.

Those around the best and the current configuration are flips of single bits; random ones are words
of 16 bits, for the columns of each kind one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from autodesign.interpreter.metric import codes
from autodesign.interpreter.metric.blocksums import Places, Sum, kinds
from autodesign.interpreter.metric.pairs import Pairs


@dataclass(frozen=True, eq=False, slots=True)
class Flips:
    """The bits flipped: in anchor `anchors[f]` that at `places`, [flips]. The first `good` anchors
    are flips of the best configuration, the others, `near`, of the current one."""

    good: int
    near: int
    anchors: Tensor
    places: Places


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """Columns that the same `sums`, by number, count. `first`: where the random anchors' words of
    them begin. `best`: the bit of the best configuration, where it is the same in all of them."""

    soft: Pairs
    ideal: Pairs
    columns: Tensor | None
    sums: Sequence[int]
    first: int
    best: float | None
    bits: list[Tensor] = field(default_factory=list)

    def of(self, words: Tensor) -> list[Tensor]:
        """Their part of all words: [*shape] each."""
        shape = self.soft.shape
        return [row[self.first : self.first + prod(shape)].view(shape) for row in words]


@dataclass(frozen=True, eq=False)
class Anchors:
    """In the order: the best, flips of it and of the current one, `bad` random ones. `words` are
    theirs, for the columns of each part. `sums` are what is counted; `without` comparisons that
    there are not."""

    parts: list[Columns]
    words: Tensor
    soft: Pairs
    ideal: Pairs
    sums: list[Sum]
    flips: Flips
    bad: int
    without: Places | None

    @cached_property
    def flipped(self) -> tuple[Tensor, Tensor]:
        """Where bits are flipped, the soft bits and those of the base, [flips]."""
        at, near = self.flips.places, self.flips.anchors >= self.flips.good
        u = at.bits(self.soft)
        return u, torch.where(near, at.signs(self.soft), at.signs(self.ideal).to(u.dtype))

    @cached_property
    def absent(self) -> "Some | None":
        return None if self.without is None else self.at(self.without)

    def at(self, places: Places) -> "Some":
        u = places.bits(self.soft)
        best, current = places.signs(self.ideal).to(u.dtype), places.signs(self.soft)
        return Some(u, best, current, words_at(self, places))


class Some(NamedTuple):
    """Of some comparisons the soft bits, the bits of the best and of the current configuration, and
    the words of the random anchors."""

    u: Tensor
    best: Tensor
    current: Tensor
    words: list[Tensor]


def anchors(
    soft: Pairs,
    ideal: Pairs,
    sums: list[Sum],
    flips: Flips,
    bad: int,
    without: Places | None,
    generator: Generator,
) -> Anchors | None:
    """With random words drawn; None where some columns count more than others in a sum."""
    parts: list[Columns] = []
    for kind in kinds(sums, soft.shape, uncounted=True):
        if any(weight is not None for _, weight in kind.counts):
            return None
        some, best = kind.of(soft), kind.of(ideal)
        first = sum(prod(part.soft.shape) for part in parts)
        counted = [k for k, _ in kind.counts]
        parts.append(Columns(some, best, kind.columns, counted, first, _same(best)))
    rows, size = -(-bad // codes.WORD), prod(soft.shape)
    words = codes.random_words(rows * size, generator).view(rows, size)
    return Anchors(parts, words, soft, ideal, sums, flips, bad, without)


def _same(ideal: Pairs) -> float | None:
    """The bit that all comparisons have, None where they differ."""
    (low, high), (least, most) = ideal.above.aminmax(), ideal.below.aminmax()
    if low > most:
        return 1.0
    return 0.0 if high <= least else None


def words_at(given: Anchors, places: Places) -> list[Tensor]:
    """The words of the random anchors at some comparisons, [places] each."""
    *outer, column = places.along
    shape = given.soft.shape
    first, width = column.new_empty((2, shape[-1])).unbind()
    for one in given.parts:
        here = slice(None) if one.columns is None else one.columns
        width[here] = one.soft.shape[-1]
        first[here] = torch.arange(one.first, one.first + one.soft.shape[-1], device=width.device)
    rows = Places(tuple(outer)).flat(shape[:-1])
    return list(given.words[:, first[column] + rows * width[column]])
