"""Whether values found by sorting are those of the metrics' own definitions."""

import torch

from losses.judged import ACCURACY, AP, F2, KAPPA, PRECISION_1, RECALL_1


def check() -> None:
    """Raises AssertionError with the metric that differs."""
    random = torch.Generator().manual_seed(0)
    flags = torch.rand(2_000, generator=random) < 0.05
    scores = torch.randn(2_000, generator=random, dtype=torch.float64) + 1.5 * flags
    for one in (AP, PRECISION_1, RECALL_1):
        _same(one.name, one.value(scores, flags, None), float(one.metric(scores, flags)))
    chosen, threshold = F2.choose(scores, flags)
    _same(F2.name, chosen, float(F2.metric(scores, flags, threshold=threshold)))
    scores = torch.randn(500, 10, generator=random, dtype=torch.float64)
    labels = torch.randint(10, (500,), generator=random)
    _same(
        ACCURACY.name, ACCURACY.value(scores, labels, None), float(ACCURACY.metric(scores, labels))
    )
    _same(KAPPA.name, KAPPA.value(scores, labels, "highest"), float(KAPPA.metric(scores, labels)))


def _same(name: str, found: float, meant: float) -> None:
    assert abs(found - meant) < 1e-9, f"{name}: {found} by sorting, {meant} by definition"
    print(f"{name}: {found:.6f}")
