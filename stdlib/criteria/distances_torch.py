"""Distances of made images from real ones. All is computed in float64."""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from autodesign.stdlib.criteria.pyramid_torch import Patches, standardised, wasserstein
from autodesign.stdlib.criteria.seen_torch import Reference, Seen

ROWS = 4096
"""Images whose features are taken to float64 at a time"""


class FrechetDistance:
    """|m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Heusel et al. 2017, eq. 6)."""

    def __init__(self, projection: int | None, **others: Any) -> None:
        self.projection = projection

    def reference(self, real: Seen) -> Reference:
        mean, covariance = self._moments(real)
        return {"mean": mean, "root": root(covariance), "trace": covariance.trace()}

    def __call__(self, made: Seen, reference: Reference) -> float:
        mean, covariance = self._moments(made)
        return frechet(mean, covariance, reference["mean"], reference["root"], reference["trace"])

    def _moments(self, seen: Seen) -> tuple[Tensor, Tensor]:
        features = seen.features
        if self.projection is not None:
            features = features.double() @ projection(features.shape[1], self.projection)
        return moments(features)


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [d] and unbiased covariance [d, d] of [n, d], in float64, some rows at a time."""
    mean = torch.stack([part.double().sum(0) for part in torch.split(features, ROWS)]).sum(0)
    mean = mean / len(features)
    covariance = torch.zeros(len(mean), len(mean), dtype=torch.float64)
    for part in torch.split(features, ROWS):
        centred = part.double() - mean
        covariance.addmm_(centred.T, centred)
    return mean, covariance / (len(features) - 1)


def root(covariance: Tensor) -> Tensor:
    """The symmetric square root; what rounding made of eigenvalues of 0 is taken as 0."""
    if not covariance.isfinite().all():
        return torch.full_like(covariance, torch.nan)
    values, vectors = torch.linalg.eigh(covariance)
    found: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return found


def frechet(
    mean: Tensor, covariance: Tensor, other_mean: Tensor, other_root: Tensor, other_trace: Tensor
) -> float:
    """The distance of two normal distributions, of one of which the root is known.

    (C1 C2)^(1/2) has the trace of (R C1 R)^(1/2) with R = C2^(1/2), whose eigenvalues are real and
    not negative.
    """
    product = other_root @ covariance @ other_root
    if not product.isfinite().all():
        return math.nan
    values = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0)
    apart = (mean - other_mean).square().sum() + covariance.trace() + other_trace
    return float(apart - 2 * values.sqrt().sum())


def projection(width: int, directions: int) -> Tensor:
    """Orthonormal directions [width, directions], the same in every run."""
    random = torch.Generator().manual_seed(0)
    drawn = torch.randn(width, directions, generator=random, dtype=torch.float64)
    orthonormal: Tensor = torch.linalg.qr(drawn)[0]
    return orthonormal


class KernelDistance:
    """KID (Binkowski et al. 2018, section 3): the unbiased estimate of the squared MMD."""

    def __init__(self, subsets: int | None, size: int, **others: Any) -> None:
        self.subsets, self.size = subsets, size

    def reference(self, real: Seen) -> Reference:
        features = real.features
        return {"features": features, "within": within(features.double())}

    def __call__(self, made: Seen, reference: Reference) -> float:
        ours, theirs = made.features, reference["features"]
        if self.subsets is None:
            return discrepancy(ours, theirs, float(reference["within"]))
        random = torch.Generator().manual_seed(0)
        values = []
        for _ in range(self.subsets):
            some, others = (
                x[torch.randperm(len(x), generator=random)[: self.size]] for x in (ours, theirs)
            )
            values.append(discrepancy(some, others))
        return sum(values) / len(values)


def discrepancy(some: Tensor, others: Tensor, of_others: float | None = None) -> float:
    """The unbiased squared MMD of [n, d] and [m, d]; `of_others` is `within(others)` if known."""
    x, y = some.double(), others.double()
    between = float(_rows(x, y) / (len(x) * len(y)))
    return float(within(x)) + (float(within(y)) if of_others is None else of_others) - 2 * between


def within(x: Tensor) -> Tensor:
    """The mean kernel of two different rows of [n, d]."""
    own = cubic((x * x).sum(1), x.shape[1]).sum()
    return (_rows(x, x) - own) / (len(x) * (len(x) - 1))


def _rows(x: Tensor, y: Tensor) -> Tensor:
    """The sum of the kernel over all pairs, some rows at a time."""
    sums = [cubic(part @ y.T, x.shape[1]).sum() for part in torch.split(x, ROWS // 4)]
    return torch.stack(sums).sum()


def cubic(products: Tensor, width: int) -> Tensor:
    """(x . y / d + 1)^3 of products x . y"""
    return (products / width + 1) ** 3


class InceptionScore:
    """exp E KL(p(y|x) || p(y)), the mean over parts (Salimans et al. 2016, section 4)."""

    def __init__(self, splits: int, **others: Any) -> None:
        self.splits = splits

    def reference(self, real: Seen) -> Reference:
        return {}

    def __call__(self, made: Seen, reference: Reference) -> float:
        assert made.scores is not None, "the checker asked for an extractor that knows classes"
        logs = made.scores.double().log_softmax(1)
        return float(torch.stack([_score(part) for part in parts(logs, self.splits)]).mean())


def parts(rows: Tensor, count: int) -> list[Tensor]:
    """Rows in `count` parts as equal as they can be."""
    edges = [i * len(rows) // count for i in range(count + 1)]
    return [rows[a:b] for a, b in pairwise(edges)]


def _score(logs: Tensor) -> Tensor:
    marginal = logs.logsumexp(0) - math.log(len(logs))
    return (logs.exp() * (logs - marginal)).sum(1).mean().exp()


class SlicedWasserstein:
    """The distance between patches at each level of a Laplacian pyramid (Karras et al. 2018)."""

    def __init__(self, patches: int, directions: int, **others: Any) -> None:
        self.looks, self.directions = Patches(patches), directions

    def reference(self, real: Seen) -> Reference:
        return {"patches": real.features}

    def __call__(self, made: Seen, reference: Reference) -> float:
        if not made.features.isfinite().all():
            return math.nan
        levels = zip(made.features.unbind(1), reference["patches"].unbind(1), strict=True)
        values = [
            wasserstein(standardised(one), standardised(other), self.directions)
            for one, other in levels
        ]
        return 1000 * sum(values) / len(values)
