"""The exact value of metrics, against definitions written out by hand."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score
from torch import Tensor

from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.stdlib.library import standard

ROUNDING = 1e-12
AP = """metric AP(s: scores[n], y: flag[n]) =
  mean((1 + count(s[j] > s[i] for j in n if j != i and y[j]))
     / (1 + count(s[j] > s[i] for j in n if j != i)) for i in n if y[i])"""
AP_EXPLICIT = """metric AP(s: scores[n], y: flag[n]) {
  compare c[i, j] = s[j] - s[i] for i in n if y[i] for j in n if j != i
  binary  b[i, j] = c[i, j] > 0
  value   mean((1 + count(b[i, j] for j if y[j])) / (1 + count(b[i, j] for j)) for i)
  ideal   s[i] = y[i]
}"""
KAPPA = """metric Kappa(s: scores[n, k], y: label[n]) =
  1 - sum((argmax(s[i]) - y[i]) ^ 2 for i in n) * n
    / sum((argmax(s[i]) - y[j]) ^ 2 for i in n for j in n)"""


def batch(text: str, **tensors: Tensor) -> Batch:
    metric, diagnostics = load_metric(text, standard())
    assert metric is not None, [one.message for one in diagnostics]
    return Evaluator(metric).batch(tensors)


def value(text: str, **tensors: Tensor) -> float:
    return float(batch(text, **tensors).exact())


def batch_value(text: str, scores: Tensor, threshold: float) -> float:
    metric, _ = load_metric(text, standard())
    assert metric is not None
    return float(Evaluator(metric).batch({"s": scores}, {"t": threshold}).exact())


@pytest.fixture
def scores() -> Tensor:
    return torch.randn(200, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def flags() -> Tensor:
    return torch.rand(200, generator=torch.Generator().manual_seed(1)) < 0.2


def test_average_precision_is_scikit_learns(scores: Tensor, flags: Tensor) -> None:
    expected = average_precision_score(flags, scores)
    assert value(AP, s=scores, y=flags) == pytest.approx(expected, abs=ROUNDING)
    assert value(AP_EXPLICIT, s=scores, y=flags) == pytest.approx(expected, abs=ROUNDING)


def test_area_under_the_curve_is_scikit_learns(scores: Tensor, flags: Tensor) -> None:
    text = """metric AUC(s: scores[n], y: flag[n]) =
      mean(s[i] > s[j] for i in n if y[i] for j in n if not y[j])"""
    assert value(text, s=scores, y=flags) == pytest.approx(roc_auc_score(flags, scores))


def test_quadratic_kappa_is_scikit_learns() -> None:
    generator = torch.Generator().manual_seed(2)
    scores = torch.randn(60, 5, generator=generator)
    label = torch.randint(5, (60,), generator=generator)
    expected = cohen_kappa_score(scores.argmax(1), label, weights="quadratic")
    assert value(KAPPA, s=scores, y=label) == pytest.approx(expected)


def test_argmax_takes_the_first_of_equals() -> None:
    text = "metric A(s: scores[n, k]) = sum(argmax(s[i]) for i in n)"
    assert value(text, s=torch.tensor([[1.0, 3, 3], [2, 2, 2], [0, 1, 2]])) == 1 + 0 + 2


def test_argmax_of_a_heat_map_is_its_first_cell() -> None:
    text = """metric A(h: scores[n, a, b], p: point[n]) =
      mean(dist(argmax(h[i]), p[i]) <= 0.5 for i in n)"""
    map_ = torch.zeros(1, 3, 3)
    map_[0, 1, 2] = map_[0, 2, 0] = 1
    assert value(text, h=map_, p=torch.tensor([[1.0, 2.0]])) == 1
    assert value(text, h=map_, p=torch.tensor([[2.0, 0.0]])) == 0


def test_a_tie_is_not_above() -> None:
    text = "metric A(s: scores[n]) = count(s[i] > s[j] for i in n for j in n)"
    assert value(text, s=torch.tensor([1.0, 1, 2])) == 2


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [("sum", 0), ("count", 0), ("mean", None), ("max", None), ("min", None), ("median", None)],
)
def test_of_nothing(reduction: str, expected: float | None) -> None:
    text = f"metric A(s: scores[n], y: flag[n]) = {reduction}({{}} for i in n if y[i])"
    inner = "s[i] > 0" if reduction in ("count", "mean") else "rank(s, i)"
    found = value(text.format(inner), s=torch.zeros(3), y=torch.zeros(3))
    assert math.isnan(found) if expected is None else found == expected


def test_what_is_undefined_is_not_needed_where_it_is_not_chosen() -> None:
    text = """metric A(s: scores[n], y: flag[n]) =
      mean(s[i] > 0 for i in n if y[i]) if any(y[i] for i in n) else 0.25"""
    assert value(text, s=torch.ones(3), y=torch.zeros(3)) == 0.25
    assert value(text, s=torch.ones(3), y=torch.ones(3)) == 1


def test_division_by_zero_is_undefined() -> None:
    text = "metric A(s: scores[n], r: real[n]) = sum(rank(s, i) / r[i] for i in n)"
    assert math.isnan(value(text, s=torch.ones(2), r=torch.tensor([1.0, 0.0])))


def test_an_index_outside_its_dimension_is_undefined_and_can_be_guarded() -> None:
    text = "metric A(s: scores[n], r: real[n]) = sum(r[i + 1] * rank(s, i) for i in n{})"
    scores, data = torch.tensor([2.0, 1.0]), torch.tensor([5.0, 7.0])
    assert math.isnan(value(text.format(""), s=scores, r=data))
    assert value(text.format(" if i + 1 < n"), s=scores, r=data) == 7


def test_median_of_an_even_number_is_the_mean_of_the_middle() -> None:
    text = "metric A(s: scores[n], r: real[n]) = median(r[i] * rank(s, i) for i in n)"
    data = torch.tensor([1.0, 10.0, 100.0, 1000.0])
    assert value(text, s=torch.tensor([4.0, 3, 2, 1]), r=data) == (20 + 300) / 2


def test_median_follows_leading_dimensions() -> None:
    text = """metric A(s: scores[n], r: real[n]) {
      compare c[i] = s[i] - 0.5 for i in n
      binary b[i] = c[i] > 0
      value median(r[i] for i if b[i])
    }"""
    given = batch(text, s=torch.zeros(3), r=torch.tensor([1.0, 5.0, 9.0]))
    bits = {"b": torch.tensor([[1, 1, 0], [1, 1, 1], [0, 0, 0]])}
    assert given.value(bits).tolist()[:2] == [3.0, 5.0]
    assert math.isnan(given.value(bits)[2])


def test_best_of_average_precision_is_perfect(scores: Tensor, flags: Tensor) -> None:
    given = batch(AP_EXPLICIT, s=scores, y=flags)
    best = given.best()
    assert {name: bits.dtype for name, bits in best.items()} == {"b": torch.bool}
    assert float(given.value(best)) == 1


def test_greatest_of_rows_that_an_undefined_condition_chooses_is_undefined(scores: Tensor) -> None:
    text = "metric M(s: scores[n]) = max(1 for i in n if (s[i] + 9) / 0 > 0)"
    assert math.isnan(value(text, s=scores))
    assert math.isnan(value(text.replace("max", "min"), s=scores))


def test_product_is_numpys_and_that_of_nothing_is_one(scores: Tensor) -> None:
    text = "metric P(s: scores[n], t: real = 0) = prod(s[i] for i in n if s[i] > t)"
    few = scores[:9].double()
    for threshold in (-9, 0, 1, 9):
        found = batch_value(text, few, threshold)
        assert found == pytest.approx(np.prod(few[few > threshold].numpy()), rel=ROUNDING)


def test_a_product_with_a_zero_still_moves_the_zero() -> None:
    at = torch.tensor([2.0, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    metric = batch("metric P(s: scores[n]) = prod(s[i] for i in n)", s=at)
    (slope,) = torch.autograd.grad(metric.exact(), at)
    assert slope.tolist() == [0, 6, 0]
