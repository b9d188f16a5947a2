"""Inverse distance weighting of one family's bits in blocks, with no anchor written out.

Distances to the best and the current configuration take a pass over the soft bits, those to all
random anchors one histogram of 1 - 2 u over their words; a flip changes the distance to its base by
(2 b - 1)(2 u - 1). What a metric counts at an anchor follows alike. The gradient is a second pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from autodesign.interpreter.metric import codes
from autodesign.interpreter.metric.blockanchors import Anchors, Columns, Some
from autodesign.interpreter.metric.blocksums import KEPT, Places, Sum
from autodesign.interpreter.metric.pairs import Pairs, folded, part

# --- the first pass -------------------------------------------------------------------------------


class Tally:
    """Squared distances to the two bases, the soft bits' squares, and 1 - 2 u by random word."""

    def __init__(self, words: int, like: Tensor) -> None:
        self.squares = self.best = self.current = 0.0
        self.one = like.new_ones(())
        self.histogram = like.new_zeros((words, codes.WORDS))

    def add(
        self, u: Tensor, best: Tensor | float, current: Tensor, words: Sequence[Tensor], sign: int
    ) -> None:
        """Adds some bits, or takes them away. Overwrites the tensors given but for `u`."""
        squares = _squares(u)
        if isinstance(best, Tensor):
            to_best = _squares(torch.sub(u, best, out=best))
        else:
            to_best = squares if best == 0 else _squares(u - best)
        self.squares += sign * squares
        self.best += sign * to_best
        self.current += sign * _squares(torch.sub(u, current, out=current))
        slopes = torch.sub(self.one, u, alpha=2, out=current).view(-1)
        for row, word in zip(self.histogram, words, strict=True):
            row.scatter_add_(0, codes.index(word), slopes if sign > 0 else -slopes)

    def bases(self) -> tuple[Tensor, Tensor]:
        """Squared distances to the best and the current configuration, [1] float64."""
        found = self.histogram.new_tensor([self.best, self.current], dtype=torch.float64)
        return found[:1], found[1:]

    def random(self, bad: int) -> Tensor:
        """Squared distances to the random anchors, [bad] float64."""
        if not bad:
            return self.histogram.new_zeros(0, dtype=torch.float64)
        return self.squares + torch.cat([codes.totals(row) for row in self.histogram])[:bad]


def _squares(x: Tensor) -> float:
    flat = x.view(-1)
    return float(torch.dot(flat, flat))


def measured(given: Anchors) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Squared distances [anchors], what each sum counts at each anchor [anchors, *kept], and how
    much each counts in all, [*kept]: float64."""
    shape = given.soft.shape
    words = -(-given.bad // codes.WORD)
    tally = Tally(words, given.soft.above)
    bases = 2 + words * codes.WORD
    sizes = (bases + 1, *shape[:-1])
    ones = [tally.histogram.new_zeros(sizes, dtype=torch.float64) for _ in given.sums]
    keep = prod(shape) <= KEPT
    for one in given.parts:
        found = _counted(one, one.of(given.words), tally, keep)
        for k in one.sums:
            ones[k] += found
    if given.without is not None and given.absent is not None:
        _leave_out(given, given.without, given.absent, tally, ones)
    best, current = tally.bases()
    around = torch.cat([best.expand(given.flips.good), current.expand(given.flips.near)])
    u, b = (x.double() for x in given.flipped)
    around.index_add_(0, given.flips.anchors, (2 * b - 1) * (2 * u - 1))
    squared = torch.cat([best, around, tally.random(given.bad)]).clamp_(min=0)
    pairs = list(zip(given.sums, ones, strict=True))
    counts = [_at_anchors(given, plan, x) for plan, x in pairs]
    totals = [folded(x[-1], x.new_empty(plan.sizes(shape)[:-1])) for plan, x in pairs]
    return squared, counts, totals


def _counted(one: Columns, every: list[Tensor], tally: Tally, keep: bool) -> Tensor:
    """How many bits are 1 in each row, of the best, the current, the random anchors, and how many
    there are: [anchors, *rows], float64."""
    soft, shape = one.soft, one.soft.shape
    memory = soft.memory(shape[0] if keep else None)
    if keep:
        one.bits.append(memory)
    made = soft.memory()
    bases = 2 + len(every) * codes.WORD
    ones = torch.full(
        (bases + 1, *shape[:-1]), float(shape[-1]), dtype=torch.float64, device=memory.device
    )
    for rows in soft.blocks():
        size = rows.stop - rows.start
        u = soft.bits(rows, memory[rows] if keep else memory[:size])
        current = _signs(soft, rows, made[:size])
        if one.best is None:
            best: Tensor | float = _signs(one.ideal, rows, torch.empty_like(u))
        else:
            best = one.best
        words = [word[rows] for word in every]
        if one.sums:
            ones[0, rows] = best.sum(-1) if isinstance(best, Tensor) else best * shape[-1]
            ones[1, rows] = current.sum(-1)
            for k, word in enumerate(words):
                ones[2 + k * codes.WORD : 2 + (k + 1) * codes.WORD, rows] = codes.ones(
                    word
                ).double()
        tally.add(u, best, current, words, 1)
    return ones


def _signs(of: Pairs, rows: slice, out: Tensor) -> Tensor:
    """Whether above is above below, as numbers 0 and 1."""
    return torch.gt(part(of.above, rows), part(of.below, rows), out=out)


def _leave_out(
    given: Anchors, without: Places, absent: Some, tally: Tally, ones: list[Tensor]
) -> None:
    """Takes away the comparisons that there are not."""
    u, best, current, words = absent
    unpacked = [codes.unpacked(word).to(u.dtype) for word in words]
    bits = torch.cat([torch.stack([best, current]), *unpacked, torch.ones_like(u).unsqueeze(0)])
    for plan, x in zip(given.sums, ones, strict=True):
        rows = without.at(x[0].unsqueeze(-1))
        x.view(len(x), -1).index_add_(1, rows, plan.left_out(bits.double()), alpha=-1)
    tally.add(u, best.clone(), current.clone(), words, -1)


def _at_anchors(given: Anchors, plan: Sum, ones: Tensor) -> Tensor:
    """What a sum counts at each anchor, [anchors, *kept], from the ones of each row at bases."""
    flips, sizes = given.flips, plan.sizes(given.soft.shape)[:-1]
    ones = folded(ones, ones.new_empty((len(ones), *sizes)))
    wide = (-1,) * len(sizes)
    found = torch.cat(
        [
            ones[:1].expand(1 + flips.good, *wide),
            ones[1:2].expand(flips.near, *wide),
            ones[2 : 2 + given.bad],
        ]
    )
    change = 1 - 2 * given.flipped[1].double()
    if plan.weight is not None:
        change = change * plan.weight.reshape(-1)[flips.places.at(plan.weight)]
    rows = flips.places.at(ones[0].unsqueeze(-1))
    where = (1 + flips.anchors) * ones[0].numel() + rows
    found.view(-1).index_add_(0, where, change)
    return found


# --- the second pass ------------------------------------------------------------------------------


def pulled(given: Anchors, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of both sides, from those of the squared distances, [anchors]."""
    flips = given.flips
    weights = (2 * slopes).to(given.soft.above.dtype)
    best, near, bad = weights.split_with_sizes([1 + flips.good, flips.near, given.bad])
    padded = bad.new_zeros(-(-given.bad // codes.WORD) * codes.WORD)
    padded[: given.bad] = bad
    tables = [-codes.table(numbers) for numbers in padded.view(-1, codes.WORD)]
    pull = Pull(float(best.sum()), float(near.sum()), float(bad.sum()), tables)
    above, below = torch.zeros_like(given.soft.above), torch.zeros_like(given.soft.below)
    for one in given.parts:
        pull.add(one, one.of(given.words), above, below)
    if given.without is not None and given.absent is not None:
        u = given.absent.u
        _add(given.without, pull.of(given.absent) * u * (u - 1), above, below)
    u, b = given.flipped
    _add(flips.places, weights[1 + flips.anchors] * (2 * b - 1) * u * (1 - u), above, below)
    return above, below


def _add(places: Places, slope: Tensor, above: Tensor, below: Tensor) -> None:
    above.view(-1).index_add_(0, places.at(above), slope)
    below.view(-1).index_add_(0, places.at(below), slope, alpha=-1)


@dataclass(frozen=True, slots=True)
class Pull:
    """sum_a w_a (u - a), before flips: the weights of all anchors at the best configuration, at the
    current one, of the random ones, and for each word less the weights of its bits."""

    best: float
    current: float
    random: float
    tables: list[Tensor]

    def of(self, some: Some) -> Tensor:
        u, best, current, words = some
        total = self.best + self.current + self.random
        pull = total * u - self.best * best - self.current * current
        for table, word in zip(self.tables, words, strict=True):
            pull += table[codes.index(word)]
        return pull

    def add(self, one: Columns, words: list[Tensor], above: Tensor, below: Tensor) -> None:
        """Adds the gradients that some columns give."""
        soft = one.soft
        memory, made = soft.memory(), soft.memory()
        to_above, to_below = torch.zeros_like(soft.above), torch.zeros_like(soft.below)
        total = self.best + self.current + self.random
        shift = 0.0 if one.best is None else self.best * one.best
        tables = [table - shift if k == 0 else table for k, table in enumerate(self.tables)]
        for rows in soft.blocks():
            size = rows.stop - rows.start
            u = one.bits[0][rows] if one.bits else soft.bits(rows, memory[:size])
            pull = _looked_up(tables, [word[rows] for word in words], u, shift)
            pull.add_(u, alpha=total)
            pull.sub_(_signs(soft, rows, made[:size]), alpha=self.current)
            if one.best is None:
                pull.sub_(_signs(one.ideal, rows, made[:size]), alpha=self.best)
            torch.ops.aten.sigmoid_backward.grad_input(pull, u, grad_input=pull)
            part(to_above, rows).add_(folded(pull, to_above))
            part(to_below, rows).sub_(folded(pull, to_below))
        _put(above, one.columns, to_above)
        _put(below, one.columns, to_below)


def _looked_up(tables: list[Tensor], words: list[Tensor], u: Tensor, shift: float) -> Tensor:
    """The sum of what each table has for its words."""
    if not tables:
        return torch.full_like(u, -shift)
    first, *rest = (
        table.index_select(0, codes.index(word, torch.int32))
        for table, word in zip(tables, words, strict=True)
    )
    for more in rest:
        first += more
    return first.view(u.shape)


def _put(to: Tensor, columns: Tensor | None, x: Tensor) -> None:
    if columns is None or to.shape[-1] == 1:
        to.add_(x)
    else:
        to.index_add_(-1, columns, x)
