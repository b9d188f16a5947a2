"""How many bits are 1 in each row of a front, at every anchor of a draw."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.interpreter.metric.anchors import PACKED, Draw

CHUNK = 1 << 18
"""Comparisons in one pass"""

WIDE = 1 << PACKED
"""Rows of at least so many comparisons are counted by a histogram of their codes."""

MOST_KEYS = 1 << 22
"""Entries of a histogram beyond which rows are counted bit by bit"""


@dataclass(frozen=True, slots=True)
class Dense:
    """Row r holds the comparisons r * width to (r + 1) * width."""

    rows: int
    width: int

    @property
    def total(self) -> Tensor:
        return torch.tensor(float(self.width), dtype=torch.float64)

    def anchors(self, draw: Draw) -> Tensor:
        """[anchors, rows], float64"""
        return _all(draw, self._ones(draw.best), self._ones(draw.current), self)

    def owners(self, places: Tensor) -> Tensor:
        """The row of each place, -1 where there is none."""
        return torch.where(places >= 0, places // max(1, self.width), -1)

    def random(self, draw: Draw) -> Tensor:
        """[bad, rows], float64"""
        result = torch.zeros(len(draw.codes) * PACKED, self.rows, dtype=torch.float64)
        result = result.to(draw.codes.device)
        for byte, codes in enumerate(draw.codes):
            table = codes.reshape(self.rows, self.width)
            for part in self._parts(table.is_cuda):
                result[byte * PACKED : (byte + 1) * PACKED, part] = _unpacked(table[part])
        return result[: draw.bad]

    def _ones(self, bits: Tensor) -> Tensor:
        table = bits.reshape(self.rows, self.width)
        sums = [table[part].float().sum(1) for part in self._parts(bits.is_cuda)]
        return torch.cat(sums).double() if sums else bits.new_zeros(0).double()

    def _parts(self, whole: bool) -> Iterator[slice]:
        step = max(1, self.rows if whole else CHUNK // max(1, self.width))
        for start in range(0, self.rows, step):
            yield slice(start, start + step)


@dataclass(frozen=True, slots=True)
class Listed:
    """Comparison `places[p]`, in ascending order, belongs to row `owners[p]`."""

    places: Tensor
    owned: Tensor
    rows: int

    @property
    def total(self) -> Tensor:
        return torch.bincount(self.owned, minlength=self.rows).double()

    def anchors(self, draw: Draw) -> Tensor:
        """[anchors, rows], float64"""
        return _all(draw, self._ones(draw.best), self._ones(draw.current), self)

    def owners(self, places: Tensor) -> Tensor:
        """The row of each place, -1 where there is none."""
        if not len(self.places):
            return torch.full_like(places, -1)
        found = torch.searchsorted(self.places, places).clamp(max=len(self.places) - 1)
        return torch.where(self.places[found] == places, self.owned[found], -1)

    def random(self, draw: Draw) -> Tensor:
        """[bad, rows], float64"""
        if not draw.bad:
            return torch.zeros(0, self.rows, dtype=torch.float64)
        packed = [codes[self.places] for codes in draw.codes]
        if self.rows * WIDE <= MOST_KEYS:
            counts = [_histogram(self.owned * WIDE + codes, self.rows) for codes in packed]
        else:
            bits = range(PACKED)
            counts = [torch.stack([self._sum((c >> b) & 1) for b in bits]) for c in packed]
        return torch.cat(counts)[: draw.bad]

    def _ones(self, bits: Tensor) -> Tensor:
        return self._sum(bits[self.places])

    def _sum(self, chosen: Tensor) -> Tensor:
        return torch.bincount(self.owned, chosen.double(), self.rows)


def _all(draw: Draw, best: Tensor, current: Tensor, table: Dense | Listed) -> Tensor:
    """Counts in the order of the anchors, from those of the bases."""
    good = _flipped(best, draw.best, draw.good, table)
    near = _flipped(current, draw.current, draw.near, table)
    return torch.cat([best.unsqueeze(0), good, near, table.random(draw).to(best.device)])


def _flipped(count: Tensor, base: Tensor, flips: Tensor, table: Dense | Listed) -> Tensor:
    """The counts of a base [rows] after the flips of each anchor: [anchors, rows]."""
    result = count.repeat(len(flips), 1)
    owners = table.owners(flips)
    rows = torch.arange(len(flips), device=flips.device).unsqueeze(1).expand_as(flips)
    made = owners >= 0
    change = 1.0 - 2.0 * base[flips[made]].double()
    return result.index_put_((rows[made], owners[made]), change, accumulate=True)


def _unpacked(codes: Tensor) -> Tensor:
    """[8, rows]: how often each bit of a byte is 1 in each row of codes [rows, width]."""
    rows, width = codes.shape
    bits = torch.arange(PACKED, device=codes.device)
    if width < WIDE:
        masks = (1 << bits).to(torch.uint8).view(-1, 1, 1)
        return ((codes & masks) != 0).float().sum(2).double()
    keys = codes.int() + torch.arange(0, rows * WIDE, WIDE, device=codes.device).int().unsqueeze(1)
    return _histogram(keys.flatten(), rows)


def _histogram(keys: Tensor, rows: int) -> Tensor:
    """[8, rows]: how often each bit of a byte is 1, by keys that are row * 256 + byte."""
    histogram = torch.bincount(keys, minlength=rows * WIDE).view(rows, WIDE)
    values = torch.arange(WIDE, device=keys.device).unsqueeze(1)
    bits = torch.arange(PACKED, device=keys.device)
    return (histogram.double() @ ((values >> bits) & 1).double()).T
