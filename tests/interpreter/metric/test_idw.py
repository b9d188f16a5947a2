"""Inverse distance weighting: equal to its definition on anchors written out (thesis eq. 3.10)."""

import copy
import pickle

import pytest
import torch
from torch import Tensor

import autodesign as ad
from autodesign.interpreter.metric import counting, distances, fronts
from autodesign.interpreter.metric.anchors import Draw, NearFlips, draw
from autodesign.interpreter.metric.idw import (
    InverseDistance,
    interpolate,
    inverse_distance_weights,
    values_at,
)

LIBRARY = {
    "AveragePrecision": lambda: (torch.randn(40), torch.rand(40) < 0.3),
    "RocAuc": lambda: (torch.randn(40), torch.rand(40) < 0.3),
    "F1": lambda: (torch.randn(40), torch.rand(40) < 0.3),
    "Accuracy": lambda: (torch.randn(30, 5), torch.randint(5, (30,))),
    "MacroF1": lambda: (torch.randn(30, 5), torch.randint(5, (30,))),
    "KendallTau": lambda: (torch.randn(20), torch.randn(20)),
    "PrecisionAt": lambda: (torch.randn(4, 20), torch.rand(4, 20) < 0.3),
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some(
    m: int, flips: int = 3, bad: int = 10, near_flips: NearFlips = "any"
) -> tuple[Tensor, Draw]:
    """Soft bits and anchors around them."""
    random = generator(m)
    u = torch.rand(m, dtype=torch.float64, generator=random)
    best = torch.rand(m, generator=random) < 0.8
    return u, draw(best, u > 0.5, random, flips=flips, bad=bad, near_flips=near_flips)


def test_anchors_are_the_best_flips_of_it_flips_of_the_current_and_random_ones() -> None:
    u, anchors = some(500)
    bits, kinds = anchors.bits(), anchors.kinds()
    assert bits.shape == (len(anchors), 500) == (1 + 16 + 16 + 10, 500)
    assert (bits[0] == anchors.best).all()
    for kind, base in (("good", anchors.best), ("near", u > 0.5)):
        chosen = bits[torch.tensor([k == kind for k in kinds])]
        assert ((chosen != base).sum(1) <= 3).all() and (chosen != base).any()
    random = bits[torch.tensor([k == "bad" for k in kinds])].double()
    assert random.mean() == pytest.approx(0.5, abs=0.05)
    assert torch.corrcoef(random).fill_diagonal_(0).abs().max() < 0.25


def test_only_wrong_bits_are_flipped_near_the_current_configuration_if_asked() -> None:
    u, anchors = some(200, near_flips="wrong")
    current = u > 0.5
    flipped = anchors.bits()[17:33] != current
    assert flipped.any(1).all() and (current != anchors.best)[flipped.nonzero()[:, 1]].all()
    perfect = draw(anchors.best, anchors.best, generator(), near_flips="wrong")
    assert (perfect.bits()[17:33] == anchors.best).all()


@pytest.mark.parametrize("m", [0, 1, 7, 1000, 150_000])
def test_analytic_distances_and_gradients_are_those_of_anchors_written_out(m: int) -> None:
    u, anchors = some(m)
    u.requires_grad_()
    plain, fast = distances.plain(u, anchors), distances.analytic(u, anchors)
    torch.testing.assert_close(fast, plain, rtol=1e-9, atol=1e-9)
    weights = torch.randn(len(anchors), dtype=torch.float64, generator=generator())
    torch.testing.assert_close(
        torch.autograd.grad((fast * weights).sum(), u)[0],
        torch.autograd.grad((plain * weights).sum(), u)[0],
        rtol=1e-9,
        atol=1e-12,
    )


def test_gradient_of_the_value_in_float32_is_that_of_anchors_written_out() -> None:
    u, anchors = some(40_000, bad=16)
    values = torch.rand(len(anchors), generator=generator())
    single = u.float().requires_grad_()
    value, _ = interpolate(single, anchors, values, power=1)
    (gradient,) = torch.autograd.grad(value, single)

    double = u.requires_grad_()
    squared = distances.plain(double, anchors)
    every = torch.ones(len(anchors), dtype=torch.bool)
    expected = (inverse_distance_weights(squared, every, 1) * values).sum()
    (exact,) = torch.autograd.grad(expected, double)
    assert float((gradient - exact).norm() / exact.norm()) < 1e-6
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)


def test_weights_are_inverse_powers_of_distances() -> None:
    squared, every = torch.tensor([1.0, 4.0, 16.0]), torch.ones(3, dtype=torch.bool)
    weights = inverse_distance_weights(squared, every, power=1)
    torch.testing.assert_close(weights, torch.tensor([4.0, 2.0, 1.0]) / 7)
    weights = inverse_distance_weights(squared, torch.tensor([True, False, True]), power=2)
    torch.testing.assert_close(weights, torch.tensor([16.0, 0.0, 1.0]) / 17)


def test_at_an_anchor_the_value_is_its_own() -> None:
    _, anchors = some(60)
    values = torch.arange(len(anchors)).float()
    u = anchors.bits()[40].float().requires_grad_()
    value, surface = interpolate(u, anchors, values, power=1)
    assert value.item() == pytest.approx(40) and surface.weights[40] == pytest.approx(1)
    assert torch.autograd.grad(value, u)[0].isfinite().all()


@pytest.mark.parametrize("keys", [0, counting.MOST_KEYS])
@pytest.mark.parametrize("name", LIBRARY)
def test_values_by_counts_are_those_of_anchors_written_out(
    name: str, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_KEYS", keys)
    torch.manual_seed(1)
    metric = ad.metric(f"std.metrics.{name}")
    inputs = LIBRARY[name]()
    names = [one.name for one in metric.explicit.inputs]
    batch = metric._derived.batch(dict(zip(names, inputs, strict=True)))
    (family,) = batch.comparisons()
    bits, best = batch.comparisons()[family] > 0, batch.best()[family]
    anchors = draw(best, bits, generator(), flips=3, bad=12)
    counted = fronts.values(batch, anchors)
    assert counted is not None
    expected = batch.value({family: anchors.bits()})
    torch.testing.assert_close(counted, expected, rtol=0, atol=1e-12, equal_nan=True)


def test_an_anchor_without_a_value_has_no_weight() -> None:
    u, anchors = some(50)
    values = torch.ones(len(anchors))
    values[::2] = torch.nan
    value, _ = interpolate(u, anchors, values, power=1)
    assert float(value) == pytest.approx(1)


def test_runs_repeat_with_a_seed_and_with_torchs_own() -> None:
    ap = ad.metric("std.metrics.AveragePrecision")
    scores, flags = torch.randn(30, generator=generator()), torch.arange(30) % 4 == 0

    def losses(loss: torch.nn.Module) -> list[float]:
        return [float(loss(scores, flags)) for _ in range(3)]

    first = losses(ap.uniloss(interpolation="idw", seed=5))
    assert first == losses(ap.uniloss(interpolation="idw", seed=5))
    assert len(set(first)) == 3 and first != losses(ap.uniloss(interpolation="idw", seed=6))
    torch.manual_seed(0)
    unseeded = losses(ap.uniloss(interpolation="idw"))
    torch.manual_seed(0)
    assert unseeded == losses(ap.uniloss(interpolation="idw"))


def test_a_resumed_loss_goes_on_with_its_anchors() -> None:
    ap = ad.metric("std.metrics.AveragePrecision")
    scores, flags = torch.randn(30, generator=generator()), torch.arange(30) % 4 == 0
    loss = ap.uniloss(interpolation="idw", seed=5)
    loss(scores, flags)
    copies = [pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss)]
    restored = ap.uniloss(interpolation="idw", seed=5)
    restored.load_state_dict(loss.state_dict())
    expected = float(loss(scores, flags))
    assert [float(one(scores, flags)) for one in (*copies, restored)] == [expected] * 3


def test_the_surface_shows_how_flat_it_is() -> None:
    ap = ad.metric("std.metrics.AveragePrecision")
    rule = InverseDistance(seed=0)
    ap.uniloss(rule)(torch.randn(60, generator=generator()), torch.arange(60) % 4 == 0)
    assert rule.surface is not None
    assert 0.98 < rule.surface.entropy <= 1
    means = rule.surface.means
    assert means["best"] == 1 and means["good"] > 0.9 > means["bad"]


def test_many_anchors_are_evaluated_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    ap = ad.metric("std.metrics.AveragePrecision")
    scores, flags = torch.randn(30, generator=generator()), torch.arange(30) % 4 == 0
    batch = ap._derived.batch({"s": scores, "y": flags})
    bits, best = ap.comparisons(scores, flags)["b"] > 0, ap.best(scores, flags)["b"]
    anchors = draw(best, bits, generator())
    whole = values_at(batch, anchors, {"b": len(bits)})
    monkeypatch.setattr("autodesign.interpreter.metric.idw.MOST_BITS", 3 * len(bits))
    torch.testing.assert_close(values_at(batch, anchors, {"b": len(bits)}), whole)
