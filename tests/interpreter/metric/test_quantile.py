"""Counts against numbers, read by order: the interpolation `quantile`."""

import math

import pytest
import torch

import autodesign as ad

OPERATORS = (">", ">=", "<", "<=")


def counted(op: str, left: str = "count", bound: str = "t") -> str:
    return f"""metric Counted(s: scores[n], y: flag[n], t: real = 2) = mean(
      {left}(s[j] > s[i] for j in n if not y[j]) {op} {bound} for i in n if y[i]
    )"""


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("t", [-1, 0, 1, 2.5, 4, 5, 6])
def test_the_value_where_bits_are_certain(op: str, t: float) -> None:
    metric = ad.metric(counted(op))
    scores = torch.randperm(9, generator=torch.Generator().manual_seed(3)).double()
    flags = torch.arange(9) < 4
    loss = metric.uniloss("quantile", temperature=1e-3)(scores, flags, t=t)
    assert float(loss) == pytest.approx(1 - float(metric(scores, flags, t=t)), abs=1e-6)


@pytest.mark.parametrize("text", [counted("<", "1 + count"), counted(">", bound="1 + t")])
def test_what_is_added_to_the_count_moves_its_bound(text: str) -> None:
    scores, flags = torch.linspace(-1, 1, 8).double(), torch.arange(8) % 3 == 0
    moved = counted("<", bound="t - 1") if "1 + count" in text else counted(">", bound="(t + 1)")
    a, b = (ad.metric(one).uniloss("quantile")(scores, flags) for one in (text, moved))
    torch.testing.assert_close(a, b)


def test_the_k_th_greatest_decides() -> None:
    """A soft one: of two far apart from all others it lies at the k-th, to e^-20."""
    metric = ad.metric(counted("<", bound="2"))
    scores = torch.tensor([0.0, 40.0, 1.0, -40.0, -60.0], dtype=torch.float64)
    flags = torch.tensor([True, False, False, False, False])
    found = metric.uniloss("quantile").value(scores, flags)
    assert float(found) == pytest.approx(1 / (1 + math.e), abs=1e-8)


def test_a_cold_start_has_a_gradient() -> None:
    """With 10 of 500 counted and equal scores; where `plugin` has one of exactly 0."""
    flags = torch.arange(500) < 20
    metric = ad.metric("std.metrics.RecallAtFalsePositives")
    slopes = {}
    for name in ("plugin", "quantile"):
        scores = (0.01 * torch.arange(500) / 500).requires_grad_()
        metric.uniloss(name)(scores, flags).backward()
        slopes[name] = float(scores.grad.abs().max())
    assert slopes["plugin"] < 1e-12 and slopes["quantile"] > 1e-4


def test_a_mean_over_nothing_is_undefined() -> None:
    metric = ad.metric("std.metrics.RecallAtFalsePositives")
    loss = metric.uniloss("quantile")
    assert loss(torch.randn(3, requires_grad=True), torch.ones(3, dtype=torch.bool)) == 0
    assert loss.skipped == 1
