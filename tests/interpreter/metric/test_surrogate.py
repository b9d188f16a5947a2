"""The loss of a metric, as a plain torch module; metrics as Python sees them."""

import copy
import pickle
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

import autodesign as ad
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.interpolation import Problem
from autodesign.interpreter.metric.interpolations import INTERPOLATIONS, interpolates

AP = """metric AP(s: scores[n], y: flag[n]) =
  mean((1 + count(s[j] > s[i] for j in n if j != i and y[j]))
     / (1 + count(s[j] > s[i] for j in n if j != i)) for i in n if y[i])"""
ABOVE = "metric Above(s: scores[n], y: flag[n], t: real = 0) = mean(s[i] > t for i in n if y[i])"
SCORES = torch.tensor([0.3, -0.2, 1.4, 0.9, -1.0], requires_grad=True)
FLAGS = torch.tensor([True, False, False, True, False])
RULES = [{}, {"interpolation": "idw", "seed": 1}]


@pytest.mark.parametrize("options", RULES)
def test_a_step_along_the_gradient_improves_the_metric(options: Mapping[str, object]) -> None:
    ap = ad.metric(AP)
    loss = ap.uniloss(**options)
    scores = SCORES.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([scores], lr=5.0)
    assert ap(scores, FLAGS) == pytest.approx((1 / 2 + 2 / 3) / 2)  # positives on ranks 2 and 3
    for _ in range(200):
        optimizer.zero_grad()
        loss(scores, FLAGS).backward()
        optimizer.step()
    assert ap(scores, FLAGS) == 1


def test_the_loss_is_one_less_the_value_where_bits_are_certain() -> None:
    ap = ad.metric(AP)
    loss = ap.uniloss(temperature=1e-4)(SCORES, FLAGS)
    assert loss.ndim == 0 and loss.item() == pytest.approx(1 - float(ap(SCORES, FLAGS)))


def test_temperature_divides_the_comparisons() -> None:
    ap = ad.metric(AP)
    torch.testing.assert_close(
        ap.uniloss(temperature=4)(SCORES, FLAGS), ap.uniloss()(SCORES / 4, FLAGS)
    )


@pytest.mark.parametrize("options", RULES)
def test_an_undefined_batch_gives_no_loss_and_is_counted(options: Mapping[str, object]) -> None:
    loss = ad.metric(AP).uniloss(**options)
    value = loss(SCORES, torch.zeros(5, dtype=torch.bool))
    (gradient,) = torch.autograd.grad(value, SCORES)
    assert value == 0 and (gradient == 0).all() and loss.skipped == 1
    loss(SCORES, FLAGS)
    assert loss.skipped == 1


@pytest.mark.parametrize("options", RULES)
def test_a_loss_can_be_copied_pickled_and_saved(options: Mapping[str, object]) -> None:
    loss = ad.metric(AP).uniloss(**options)
    copies = [copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))]
    expected = loss(SCORES, FLAGS)
    for one in copies:
        torch.testing.assert_close(one(SCORES, FLAGS), expected)
    assert not list(loss.parameters())


def test_parameters_are_given_by_name() -> None:
    above = ad.metric(ABOVE)
    assert above(SCORES, FLAGS) == 1 and above(SCORES, FLAGS, t=0.5) == 0.5
    loss = above.uniloss(temperature=1e-3)
    assert loss(SCORES, FLAGS, t=0.5).item() == pytest.approx(0.5)
    assert above.torchmetric(t=0.5)(SCORES, FLAGS) == 0.5
    with pytest.raises(MetricError, match="takes the parameters t"):
        above(SCORES, FLAGS, threshold=1)


def test_the_derived_parts_go_together() -> None:
    ap = ad.metric(AP)
    comparisons, best = ap.comparisons(SCORES, FLAGS), ap.best(FLAGS)
    bits = {name: c > 0 for name, c in comparisons.items()}
    assert ap.value(bits, FLAGS) == ap.value(bits, SCORES, FLAGS) == ap(SCORES, FLAGS)
    assert ap.value(best, FLAGS) == 1
    anchors = {name: torch.stack([bits[name], best[name]]) for name in bits}
    assert ap.value(anchors, FLAGS).tolist() == [float(ap(SCORES, FLAGS)), 1.0]


def test_the_derived_text_is_a_metric_of_the_same_value() -> None:
    ap = ad.metric(AP)
    again = ad.metric(ap.derived)
    assert again(SCORES, FLAGS) == ap(SCORES, FLAGS) and again.derived == ap.derived


def test_sizes_that_only_scores_tell_must_be_told() -> None:
    accuracy = ad.metric("std.metrics.Accuracy")
    scores, labels = torch.randn(4, 3), torch.tensor([0, 2, 1, 1])
    with pytest.raises(MetricError, match="size of `k`"):
        accuracy.best(labels)
    assert accuracy.value(accuracy.best(scores, labels), scores, labels) == 1


def test_bad_scores_are_refused_as_values() -> None:
    with pytest.raises(ValueError, match="NaN or infinite") as refused:
        ad.metric(AP).uniloss()(torch.full((5,), torch.nan), FLAGS)
    assert refused.value.diagnostics[0].code == "AD462"


def test_an_interpolation_of_ones_own_has_a_name() -> None:
    @interpolates("steep")
    class Steep:
        def __init__(self, slope: float = 1.0) -> None:
            self.slope = slope

        def __call__(self, problem: Problem, temperature: float) -> Tensor:
            return problem.plugin(problem.comparisons(), temperature / self.slope)

    ap = ad.metric(AP)
    try:
        named = ap.uniloss(interpolation="steep", slope=2)
        torch.testing.assert_close(named(SCORES, FLAGS), ap.uniloss(temperature=0.5)(SCORES, FLAGS))
    finally:
        del INTERPOLATIONS["steep"]
    torch.testing.assert_close(ap.uniloss(Steep())(SCORES, FLAGS), ap.uniloss()(SCORES, FLAGS))


def test_torchmetric_accumulates() -> None:
    pytest.importorskip("torchmetrics")
    ap = ad.metric(AP)
    metric = ap.torchmetric()
    batches = [(torch.randn(8), torch.arange(8) % 3 == 0) for _ in range(3)]
    for batch in batches:
        metric.update(*batch)
    together = [torch.cat(column) for column in zip(*batches, strict=True)]
    assert metric.compute() == ap(*together)
    metric.reset()
    metric.update(*batches[0])
    assert pickle.loads(pickle.dumps(metric)).compute() == ap(*batches[0])
