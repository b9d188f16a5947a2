"""Anchors: configurations of the bits at which a metric's true value is known (thesis 3.3.4.2).

Anchors are drawn sparsely. Those near the best configuration (good) and near the current one (near)
are a few flips of it, the random ones (bad) are packed, eight to a byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

PACKED = 8
"""Random anchors in one byte"""

NearFlips = Literal["any", "wrong"]


@dataclass(frozen=True, slots=True)
class Draw:
    """The anchors of one batch of m bits, in the order: the best, good, near, bad.

    `best` and `current` are bool [m]; `good` and `near` int64 [anchors, flips], the places flipped
    (-1: none); `codes` uint8 [bytes, m]: bit b of byte B is the bit of the random anchor 8 B + b.
    """

    best: Tensor
    current: Tensor
    good: Tensor
    near: Tensor
    codes: Tensor
    bad: int

    def __len__(self) -> int:
        return 1 + len(self.good) + len(self.near) + self.bad

    def kinds(self) -> list[str]:
        """The kind of each anchor."""
        counts = {"best": 1, "good": len(self.good), "near": len(self.near), "bad": self.bad}
        return [kind for kind, count in counts.items() for _ in range(count)]

    def bits(self) -> Tensor:
        """All anchors written out, bool [anchors, m]."""
        return torch.cat(list(self.parts(len(self))))

    def parts(self, most: int) -> Iterator[Tensor]:
        """The anchors in order, written out at most so many at once: bool [.., m]."""
        yield self.best.unsqueeze(0)
        for base, flips in ((self.best, self.good), (self.current, self.near)):
            for some in torch.split(flips, most):
                yield _flipped(base, some)
        for some in torch.split(torch.arange(self.bad, device=self.codes.device), most):
            yield self._random(some)

    def _random(self, anchors: Tensor) -> Tensor:
        """Some of the random anchors, by number, bool [.., m]."""
        masks = (1 << (anchors % PACKED)).to(torch.uint8)
        return (self.codes[anchors // PACKED] & masks.unsqueeze(1)) != 0


def _flipped(base: Tensor, flips: Tensor) -> Tensor:
    """A copy of `base` [m] for each row of `flips`, with those places flipped."""
    copies = base.repeat(len(flips), 1)
    rows = torch.arange(len(flips), device=base.device).unsqueeze(1).expand_as(flips)
    made = flips >= 0
    copies[rows[made], flips[made]] = ~base[flips[made]]
    return copies


def draw(
    best: Tensor,
    current: Tensor,
    generator: Generator,
    *,
    good: int = 16,
    bad: int = 16,
    near: int = 16,
    flips: int = 1,
    near_flips: NearFlips = "any",
) -> Draw:
    """Draws anchors; `generator` is on the device of the bits.

    With `near_flips="wrong"` only bits that differ from the best are flipped near the current
    configuration; where none does, those anchors are the current configuration itself.
    """
    m = len(best)
    good_flips = places((good, flips), m, generator)
    if near_flips == "wrong":
        wrong = (best != current).nonzero().squeeze(1)
        chosen = places((near, flips), len(wrong), generator)
        around = torch.where(chosen >= 0, wrong[chosen], -1) if len(wrong) else chosen
    else:
        around = places((near, flips), m, generator)
    return Draw(best, current, good_flips, around, _codes(bad, m, generator), bad)


def places(shape: tuple[int, int], m: int, generator: Generator) -> Tensor:
    """Distinct places below m in each row, drawn with replacement: a repeated one becomes -1."""
    if m == 0:
        return torch.full(shape, -1, device=generator.device)
    drawn = torch.randint(m, shape, generator=generator, device=generator.device)
    if shape[1] > 1:
        drawn = drawn.sort(1).values
        drawn[:, 1:][drawn[:, 1:] == drawn[:, :-1]] = -1
    return drawn


def _codes(bad: int, m: int, generator: Generator) -> Tensor:
    """Uniform bytes [bytes, m], drawn as whole words."""
    rows = -(-bad // PACKED)
    words = torch.empty(-(-rows * m // 8), dtype=torch.int64, device=generator.device)
    words.random_(-(2**63), None, generator=generator)
    return words.view(torch.uint8)[: rows * m].view(rows, m)
