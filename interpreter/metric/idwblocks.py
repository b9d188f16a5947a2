"""Inverse distance weighting of one family's bits in blocks, with no anchor written out.

Distances to the best and the current configuration take a pass over the soft bits, those to all
random anchors one histogram of u over their words; a flip changes the distance to its base by
(2 b - 1)(2 u - 1). What a metric counts at an anchor follows alike. The gradient is a second pass.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from autodesign.interpreter.metric import codes
from autodesign.interpreter.metric.blockanchors import Anchors
from autodesign.interpreter.metric.blocksums import Places, Sum
from autodesign.interpreter.metric.pairs import Pairs, folded, part


class Pass:
    """The soft bits block by block, in memory that every block uses again."""

    def __init__(self, given: Anchors) -> None:
        soft = given.soft
        self.given, self.blocks = given, list(soft.blocks())
        self.memory, self.made, self.also = (soft.memory() for _ in range(3))
        self.numbers = self.memory.new_empty(self.memory.numel(), dtype=torch.int64)
        self.absent = given.within(given.absent, self.blocks)
        self.flips = given.within(given.flips.at, self.blocks)

    def bits(self, block: int, again: bool = False) -> Tensor:
        rows = self.blocks[block]
        u = self.memory[: rows.stop - rows.start]
        if not again or len(self.blocks) > 1:
            self.cleared(self.given.soft.bits(rows, u), block)
        return u

    def signs(self, of: Pairs, block: int, to: Tensor) -> Tensor:
        """Whether above is above below, as numbers 0 and 1, also of comparisons there are not."""
        rows = self.blocks[block]
        out = to[: rows.stop - rows.start]
        return torch.gt(part(of.above, rows), part(of.below, rows), out=out)

    def best(self, block: int) -> Tensor:
        """The best bits, [places, *rows] or, where all rows have the same, [places, 1...]."""
        best = self.given.best
        if best is not None:
            return best[self.blocks[block]]
        return self.signs(self.given.ideal, block, self.also)

    def cleared(self, x: Tensor, block: int) -> Tensor:
        """0 in place of comparisons that there are not."""
        absent = self.absent[block]
        if absent is not None:
            x.view(-1).index_fill_(0, absent, 0)
        return x

    def codes(self, word: int, block: int, dtype: torch.dtype) -> Tensor:
        """The words of 16 random anchors as numbers from 0, flat."""
        words = self.given.words[word, self.blocks[block]].view(torch.uint16).view(-1)
        return self.numbers.view(dtype)[: len(words)].copy_(words)


# --- the first pass -------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Tally:
    """Squared distances from the soft bits to 0, to the best and to the current configuration, what
    the sums count of these two, [2, sums, rows], u by random word, and at flips u and the bits."""

    ones: Tensor
    histogram: Tensor
    squares: float = 0.0
    best: float = 0.0
    current: float = 0.0
    flipped: list[Tensor] = field(default_factory=list)


def _tally(over: Pass) -> Tally:
    given, like = over.given, over.memory
    found = Tally(
        like.new_zeros((2, len(given.counts), given.rows)),
        like.new_zeros((len(given.words), codes.WORDS)),
    )
    for block, rows in enumerate(over.blocks):
        counts, size = given.counts[:, rows], rows.stop - rows.start
        u = over.bits(block)
        current = over.cleared(over.signs(given.raw, block, over.made), block)
        found.ones[1].addmm_(counts, current.view(size, -1))
        best = over.best(block)
        if given.best is None:
            found.ones[0].addmm_(counts, over.cleared(best, block).view(size, -1))
        at = over.flips[block]
        if at is not None:
            row = at if given.best is None else at // given.rows
            flipped = [(u, at), (current, at), (best, row)]
            found.flipped.append(torch.stack([x.view(-1).index_select(0, i) for x, i in flipped]))
        found.squares += _squares(u)
        found.current += _squares(torch.sub(u, current, out=current))
        further = over.also[:size]
        found.best += _squares(over.cleared(torch.sub(u, best, out=further), block))
        for word, row in enumerate(found.histogram):
            row.scatter_add_(0, over.codes(word, block, torch.int64), u.view(-1))
    if given.best is not None:
        counts = given.counts * given.best.view(-1)
        found.ones[0] = _present(given, counts.sum(1), counts)
    return found


def _present(given: Anchors, sizes: Tensor, counts: Tensor) -> Tensor:
    """`sizes` [sums] in each row, less what is counted, [sums, places], where there is nothing."""
    found = sizes.unsqueeze(1).repeat(1, given.rows)
    if given.absent is not None:
        less = counts.index_select(1, given.absent // given.rows).to(found.dtype)
        found.index_add_(1, given.absent % given.rows, less, alpha=-1)
    return found


def _squares(x: Tensor) -> float:
    flat = x.view(-1)
    return float(torch.dot(flat, flat))


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """`squared` distances [anchors], what each sum counts at each anchor, [anchors, *kept], and in
    `totals` how much in all, [*kept]: float64. `u` and `bits` are those flipped, of the base."""

    squared: Tensor
    counts: list[Tensor]
    totals: list[Tensor]
    u: Tensor
    bits: Tensor


def measured(over: Pass, sums: list[Sum]) -> Measured:
    given = over.given
    tally, flips = _tally(over), given.flips
    if tally.flipped:
        u, current, best = torch.cat(tally.flipped, 1).double()
        bits = torch.where(flips.near, current, best)  # of the base
    else:
        u = bits = tally.histogram.new_zeros(0, dtype=torch.float64)
    random = [
        codes.ones(word.view(given.slabs.number, -1, given.rows), given.slabs.widths)
        for word in given.words
    ]
    none = u.new_zeros((0, len(given.slabs.sizes), given.rows))
    ones = torch.cat(random).double() if random else none
    bases = [u.new_tensor([tally.best, tally.current])]
    for row, x in zip(tally.histogram, random, strict=True):
        bases.append(x.sum((1, 2)) - 2 * codes.totals(row) + tally.squares)
    squared = torch.cat(bases).index_select(0, given.bases)
    squared.index_add_(0, flips.anchors, (2 * bits - 1) * (2 * u - 1)).clamp_(min=0)
    counted = given.slabs.counted.double()
    sizes = counted @ counted.new_tensor(given.slabs.sizes)
    total = _present(given, sizes, given.counts).unsqueeze(0)
    every = [tally.ones.double(), counted @ ones, total]
    counts, totals = _at_anchors(given, sums, torch.cat(every), 1 - 2 * bits)
    return Measured(squared, counts, totals, u, bits)


def _at_anchors(
    given: Anchors, sums: list[Sum], ones: Tensor, change: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """What each sum counts at each anchor, and in all, from that at bases (and last in all),
    [bases + 1, sums, rows], and the change by each flip."""
    flips, shape = given.flips, given.soft.shape[1:]
    change = given.counts.index_select(1, flips.at // given.rows) * change
    row = flips.at % given.rows
    along = (row,) if len(shape) == 1 else torch.unravel_index(row, shape)
    rows, ones = Places(along), ones.view(*ones.shape[:2], *shape)
    counts, totals = [], []
    for s, plan in enumerate(sums):
        here = folded(ones[:, s], ones.new_empty([len(ones), *plan.sizes((*shape, 1))[:-1]]))
        found = here.index_select(0, given.bases)
        where = flips.anchors * here[0].numel() + rows.at(here[0])
        found.view(-1).index_add_(0, where, change[s])
        counts.append(found)
        totals.append(here[-1])
    return counts, totals


# --- the second pass ------------------------------------------------------------------------------


def pulled(over: Pass, found: Measured, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of both sides, from those of the squared distances, [anchors]."""
    given = over.given
    weights = (2 * slopes).to(over.memory.dtype)
    many = given.many
    good, near, bad = weights.split_with_sizes([1 + many.good, many.near, many.bad])
    best, current, every = float(good.sum()), float(near.sum()), float(weights.sum())
    padded = torch.nn.functional.pad(bad, (0, len(given.words) * codes.WORD - many.bad))
    tables = [-codes.table(numbers) for numbers in padded.view(-1, codes.WORD)]
    flipped = (weights[given.flips.anchors] * (2 * found.bits - 1)).to(weights.dtype)
    above, below = torch.zeros_like(given.soft.above), torch.zeros_like(given.soft.below)
    pulls, first = torch.zeros_like(over.made), 0
    for block, rows in enumerate(over.blocks):
        u = over.bits(block, again=True)
        pull = pulls[: len(u)] if tables else pulls[: len(u)].zero_()
        for word, table in enumerate(tables):
            numbers = over.codes(word, block, torch.int32)
            if word == 0:
                torch.index_select(table, 0, numbers, out=pull.view(-1))
            else:
                pull.view(-1).add_(table.index_select(0, numbers))
        pull.add_(u, alpha=every)
        pull.sub_(over.signs(given.raw, block, over.made), alpha=current)
        pull.sub_(over.best(block), alpha=best)
        at = over.flips[block]
        if at is not None:
            pull.view(-1).index_add_(0, at, flipped[first : first + len(at)])
            first += len(at)
        torch.ops.aten.sigmoid_backward.grad_input(pull, u, grad_input=pull)
        part(above, rows).add_(folded(pull, above))
        part(below, rows).sub_(folded(pull, below))
    return given.slabs.returned(above), given.slabs.returned(below)
