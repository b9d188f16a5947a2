"""Small public data as tensors: for each seed other rows to learn from, one part to test on.

Nothing but learning rates, the best moment of a run and decisions is chosen on validation rows, and
nothing at all on test rows.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor
from torch.nn import functional

import autodesign as ad
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Examples

DRAWN_FROM = 40_000
"""Of Fashion-MNIST's 60,000 rows; the others join its test part, since rare classes need many"""


@dataclass(frozen=True, eq=False)
class Part:
    """Inputs [n, ...] and what they are judged against: flags or labels [n], points [n, k, 2]."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: Tensor | slice) -> "Part":
        return Part(self.x[rows], self.y[rows])

    def __add__(self, other: "Part") -> "Part":
        return Part(torch.cat([self.x, other.x]), torch.cat([self.y, other.y]))


@dataclass(frozen=True, eq=False)
class Split:
    train: Part
    valid: Part
    test: Part


@lru_cache(maxsize=5)
def one_class(label: int, ratio: int, rows: int, seed: int) -> Split:
    """A class of Fashion-MNIST at 1 : ratio, `rows` to learn from and half as many to choose by."""
    pool, rest = fashion()
    drawn = rare(pool, label, ratio, rows * 3 // 2, seed)
    positives = int(drawn.y.sum())
    some, others = drawn[:positives], drawn[positives:]
    cuts = positives * 2 // 3, (len(drawn) - positives) * 2 // 3
    train = some[: cuts[0]] + others[: cuts[1]]
    valid = some[cuts[0] :] + others[cuts[1] :]
    held = min(int((rest.y == label).sum()), int((rest.y != label).sum()) // ratio)
    return Split(train, valid, rare(rest, label, ratio, held * (ratio + 1), 0))


def rare(pool: Part, label: int, ratio: int, rows: int, seed: int) -> Part:
    """Members of a class, then others, as flags."""
    order = torch.randperm(len(pool), generator=torch.Generator().manual_seed(seed))
    flags = pool.y[order] == label
    positives = rows // (ratio + 1)
    taken = torch.cat([order[flags][:positives], order[~flags][: rows - positives]])
    return Part(pool.x[taken], pool.y[taken] == label)


@cache
def fashion() -> tuple[Part, Part]:
    """Fashion-MNIST at half its size [n, 196], each pixel standardised."""
    given, test = source("FashionMNIST()")
    pool, rest = given[:DRAWN_FROM], given[DRAWN_FROM:] + test
    halved = [functional.avg_pool2d(part.x, 2).flatten(1) for part in (pool, rest)]
    mean, deviation = halved[0].mean(0), halved[0].std(0) + 0.05
    x, z = ((part - mean) / deviation for part in halved)
    return Part(x, pool.y), Part(z, rest.y)


@lru_cache(maxsize=5)
def digits(seed: int) -> Split:
    """A third to learn from, a sixth to choose by, half to test on."""
    given, test = source("Digits(split=[0.4, 0.1, 0.5])")
    given, test = (Part((part.x.flatten(1) - 0.3) / 0.4, part.y) for part in (given, test))
    return drawn(given, test, 600, seed)


@lru_cache(maxsize=5)
def zeros(seed: int) -> Split:
    """MNIST5k, zero against the rest."""
    given, test = source("MNIST5k(split=[0.5, 0.1, 0.4])")
    flags = (Part(part.x.flatten(1), part.y == 0) for part in (given, test))
    return drawn(*flags, 2_000, seed)


@lru_cache(maxsize=5)
def garments(seed: int) -> Split:
    """Images [n, 1, 14, 14] of ten classes."""
    pool, rest = fashion()
    square = (Part(part.x.reshape(-1, 1, 14, 14), part.y) for part in (pool[:4_000], rest[:4_000]))
    return drawn(*square, 3_000, seed)


@lru_cache(maxsize=5)
def scenes(seed: int) -> Split:
    """Images [n, 3, 64, 64]; points [n, 3, 2] in cells of 16 x 16 and, last, the head's size."""
    given, test = source(
        "KeyPoints(it, size=64, cells=16, side=[12, 20], count=900, split=[0.5, 0.1, 0.4])",
        "Classes(FashionMNIST(), keep=[1, 5, 8])",
    )
    return drawn(given, test, 400, seed)


def drawn(given: Part, test: Part, rows: int, seed: int) -> Split:
    """So many of what is given to learn from, the others to choose by."""
    order = torch.randperm(len(given), generator=torch.Generator().manual_seed(seed))
    return Split(given[order[:rows]], given[order[rows:]], test)


@cache
def source(name: str, of: str = "Digits()") -> tuple[Part, Part]:
    """What a data declaration gives: training and validation rows together, and test rows."""
    spec = ad.loads(f"ad 1\ndata it = {of}\ndata all = {name}\n")
    splits = load(spec.checked.data["all"].call)
    train, valid, test = map(_read, (splits.train, splits.validation, splits.test))
    return train + valid, test


def _read(examples: Examples) -> Part:
    found = examples.batch(torch.arange(len(examples)))
    if "point" not in found:
        return Part(found["image"], found["label"])
    head = found["head"].float().reshape(-1, 1, 1).expand(-1, 1, 2)
    return Part(found["image"], torch.cat([found["point"].float(), head], 1))
