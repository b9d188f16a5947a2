"""A part of the comparisons moves: without bias for linear metrics, as its definition elsewhere."""

import pytest
import torch

import autodesign as ad
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.interpolations import Plugin
from autodesign.interpreter.metric.subset import Part, Subset

AUC = ad.metric(
    "metric AUC(s: scores[n], y: flag[n]) ="
    "  mean(s[i] > s[j] for i in n if y[i] for j in n if not y[j])"
)
AP = ad.metric("std.metrics.AveragePrecision")
FLAGS = torch.arange(12) % 3 == 0
SCORES = torch.randn(12, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def loss_and_gradient(loss: torch.nn.Module) -> torch.Tensor:
    """[1 + n]"""
    scores = SCORES.clone().requires_grad_()
    value = loss(scores, FLAGS)
    (gradient,) = torch.autograd.grad(value, scores, materialize_grads=True)
    return torch.cat([value.detach().reshape(1), gradient])


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_loss_and_gradient_of_a_linear_metric_are_unbiased(share: float) -> None:
    torch.manual_seed(0)
    partial = AUC.uniloss(subset=share)
    draws = torch.stack([loss_and_gradient(partial) for _ in range(400)])
    whole = loss_and_gradient(AUC.uniloss())
    assert draws.std(0).max() > 0
    # a standard error is draws.std / sqrt(400); 13 numbers, none beyond 5 of them
    assert ((draws.mean(0) - whole).abs() <= 5 * draws.std(0) / 20 + 1e-12).all()


def test_the_parts_of_one_draw_and_the_rest_make_the_whole() -> None:
    """Linear: what two complementary parts add to the exact value is what all add."""
    batch = AUC._derived.batch({"s": SCORES, "y": FLAGS})
    exact = batch.exact()
    whole = Plugin()(batch, 1.0) - exact
    one, other = Part(batch, 0.5), Part(batch, 0.5)
    (name,) = one.places
    count = len(batch.comparisons()[name])
    rest = torch.tensor([i for i in range(count) if i not in set(one.places[name].tolist())])
    other.places, other.moved = {name: rest}, {name: batch.comparisons()[name][rest]}
    parts = sum(Plugin()(part, 1.0) - exact for part in (one, other))
    torch.testing.assert_close(parts, whole)


@pytest.mark.parametrize("share", [1e-6, 0.3])
def test_it_agrees_with_the_metric_where_all_comparisons_are_far_from_zero(share: float) -> None:
    loss = AP.uniloss(subset=share)
    spread = torch.arange(12.0).roll(5) * 1000
    assert loss(spread, FLAGS) == pytest.approx(1 - float(AP(spread, FLAGS)), abs=1e-5)  # float32


def test_only_drawn_comparisons_have_a_gradient() -> None:
    batch = AUC._derived.batch({"s": SCORES, "y": FLAGS})
    part = Part(batch, 0.4)
    (name,) = part.places
    moved = {name: part.moved[name].detach().requires_grad_()}
    part.plugin(moved).backward()
    assert moved[name].grad is not None and (moved[name].grad > 0).all()
    assert 0 < len(moved[name]) < len(batch.comparisons()[name])


def test_anchors_differ_from_the_current_bits_in_the_part_alone() -> None:
    loss = AP.uniloss("idw", subset=0.3, seed=1)
    draws = torch.stack([loss_and_gradient(loss) for _ in range(3)])
    assert draws.isfinite().all() and (draws[:, 1:] != 0).any(1).all()
    batch = AP._derived.batch({"s": SCORES, "y": FLAGS})
    part = Part(batch, 0.3)
    bits = {name: torch.rand(2, 5, len(c)) < 0.5 for name, c in part.moved.items()}
    for name, together in ((name, part._among(name, b)) for name, b in bits.items()):
        moved = torch.zeros(together.shape[-1], dtype=torch.bool)
        moved[part.places[name]] = True
        assert together[..., moved].equal(bits[name])
        assert (together[..., ~moved] == part.current[name][~moved]).all()
    assert part.value(bits).shape == (2, 5)


def test_a_seed_decides_the_parts() -> None:
    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return loss_and_gradient(AP.uniloss(subset=0.5))

    assert drawn(1).equal(drawn(1)) and not drawn(1).equal(drawn(2))


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(MetricError, match="AD471"):
        AP.uniloss(subset=share)


def test_all_comparisons_are_no_subset() -> None:
    assert not isinstance(AP.uniloss(subset=1).interpolation, Subset)
