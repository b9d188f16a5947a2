"""Sums of soft bits in blocks: equal to those of bits written out, whatever the blocks."""

import pytest
import torch
from torch import Tensor

import autodesign as ad
from autodesign.interpreter.metric import blocksums, pairs
from autodesign.interpreter.metric.blocksums import Places, Sum, Sums

ROWS, COLUMNS = 7, 11
FAR = 1 << 21
WAYS = [(1, 0, 0), (30, 0, FAR), (FAR, 0, 0), (30, FAR, 0), (FAR, FAR, FAR)]
"""Comparisons of a block; those for which nothing is prepared; bits that are kept"""


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    block, few, kept = request.param
    monkeypatch.setattr(pairs, "BLOCK", block)
    monkeypatch.setattr(pairs, "FEW", few)
    monkeypatch.setattr(blocksums, "FEW", few)
    monkeypatch.setattr(blocksums, "KEPT", kept)


def random(*sizes: int) -> Tensor:
    return torch.randn(sizes, dtype=torch.float64)


@pytest.mark.parametrize("variance", [False, True])
@pytest.mark.parametrize(("far", "several"), [(1.0, 3), (2000.0, 3), (1.0, 4), (1.0, 5)])
def test_sums_and_gradients_are_those_of_bits_written_out(
    way: None, far: float, several: int, variance: bool
) -> None:
    """Scores 2000 apart have no powers of e. Of the first three sums alone columns are of kinds."""
    torch.manual_seed(0)
    above, below = (far * random(ROWS, 1)).requires_grad_(), random(1, COLUMNS).requires_grad_()
    absent = Places((torch.tensor([0, 3, 6]), torch.tensor([2, 2, 10])))
    there = torch.ones(ROWS, COLUMNS, dtype=torch.float64)
    there[absent.along] = 0
    mask, weight = torch.arange(COLUMNS) % 3 == 0, random(ROWS, COLUMNS)
    plans = [
        Sum((0,), None, absent),
        Sum((0,), mask.view(1, -1), absent),
        Sum((), mask.view(1, -1), None),
        Sum((1,), None, None),
        Sum((0,), weight, absent),
    ][:several]
    found = Sums.apply(above, below, (ROWS, COLUMNS), plans, variance)
    u = (above - below).sigmoid()
    u = u * (1 - u) if variance else u
    expected = [
        (u * there).sum(1, keepdim=True),
        (u * there * mask).sum(1, keepdim=True),
        (u * mask).sum((0, 1), keepdim=True),
        u.sum(0, keepdim=True),
        (u * there * weight).sum(1, keepdim=True),
    ][: len(plans)]
    pulls = [torch.randn_like(x) for x in expected]
    gradients = [
        torch.autograd.grad(xs, (above, below), pulls, retain_graph=True)
        for xs in (found, expected)
    ]
    for one, other in zip((*found, *gradients[0]), (*expected, *gradients[1]), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["AveragePrecision", "RocAuc", "RecallAtFalsePositives"])
def test_the_loss_is_that_of_comparisons_written_out(way: None, name: str) -> None:
    torch.manual_seed(0)
    scores, flags = random(40).requires_grad_(), torch.rand(40) < 0.3
    metric = ad.metric(f"std.metrics.{name}")
    names = [one.name for one in metric.explicit.inputs]
    batch = metric._derived.batch(dict(zip(names, (scores, flags), strict=True)))
    values = [batch.surrogate(0.5), batch.plugin(batch.comparisons(), 0.5)]
    found, expected = (torch.autograd.grad(value, scores)[0] for value in values)
    torch.testing.assert_close(*values, rtol=1e-10, atol=0)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)


def test_nothing_as_large_as_the_comparisons_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10^6 comparisons no tensor of more than a block is asked for."""
    monkeypatch.setattr(blocksums, "KEPT", 0)
    scores, flags = torch.randn(4000, requires_grad=True), torch.arange(4000) < 250
    loss = ad.metric("std.metrics.AveragePrecision").uniloss()
    with torch.profiler.profile(profile_memory=True) as profile:
        loss(scores, flags).backward()
    made = [event.cpu_memory_usage for event in profile.events()]
    assert 0 < max(made) <= 4 * pairs.BLOCK < 4 * 250 * 4000 / 5
