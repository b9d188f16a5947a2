"""The plugin reading of single operations: what a surrogate made of them is."""

import pytest
import torch
from torch import Tensor

from autodesign.dsl.derive.derivation import derive
from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.stdlib.library import standard

N = 12


def derived(text: str, **tensors: Tensor) -> Batch:
    metric, diagnostics = load_metric(text, standard())
    assert metric is not None, [one.message for one in diagnostics]
    return Evaluator(derive(metric).metric).batch(tensors)


@pytest.fixture
def scores() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(N, 4, generator=generator, dtype=torch.float64, requires_grad=True)


@pytest.fixture
def label() -> Tensor:
    return torch.randint(4, (N,), generator=torch.Generator().manual_seed(1))


def test_accuracy_is_the_mean_softmax_of_the_label(scores: Tensor, label: Tensor) -> None:
    """LANGUAGE.md section 3: `argmax(v) == k` becomes the softmax of v at k."""
    text = "metric A(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)"
    for temperature in (0.5, 1.0):
        found = derived(text, s=scores, y=label).surrogate(temperature)
        softmax = (scores / temperature).softmax(1)[torch.arange(N), label]
        assert torch.allclose(found, softmax.mean())


def test_a_predicate_of_an_argmax_is_softmax_mass(scores: Tensor) -> None:
    """PCK: the mass of the cells near enough, and not one product for each."""
    text = """metric P(h: scores[n, k, k], p: point[n]) =
      mean(dist(argmax(h[i]), p[i]) <= 1 for i in n)"""
    maps = scores.reshape(3, 4, 4)
    points = torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]])
    cells = torch.cartesian_prod(torch.arange(4.0), torch.arange(4.0))
    near = torch.cdist(points, cells) <= 1
    mass = (maps.reshape(3, 16).softmax(1) * near).sum(1)
    found = derived(text, h=maps, p=points).surrogate()
    assert torch.allclose(found, mass.mean())


def test_macro_f1_reads_softmax_where_it_counts_predictions(scores: Tensor, label: Tensor) -> None:
    text = """metric F(s: scores[n, k], y: label[n]) =
      mean(2 * count(argmax(s[i]) == c and y[i] == c for i in n)
           / (count(argmax(s[i]) == c for i in n) + count(y[i] == c for i in n)) for c in k)"""
    softmax = scores.softmax(1)
    truth = torch.nn.functional.one_hot(label, 4)
    expected = (2 * (softmax * truth).sum(0) / (softmax.sum(0) + truth.sum(0))).mean()
    assert torch.allclose(derived(text, s=scores, y=label).surrogate(), expected)


def test_counts_and_ratios_stay_what_they_are(scores: Tensor) -> None:
    text = """metric AP(s: scores[n], y: flag[n]) =
      mean((1 + count(s[j] > s[i] for j in n if j != i and y[j]))
         / (1 + count(s[j] > s[i] for j in n if j != i)) for i in n if y[i])"""
    one, flags = scores[:, 0], torch.arange(N) % 3 == 0
    u = (one[None] - one[:, None]).sigmoid() * (1 - torch.eye(N))
    expected = ((1 + u[:, flags].sum(1)) / (1 + u.sum(1)))[flags].mean()
    assert torch.allclose(derived(text, s=one, y=flags).surrogate(), expected)


def test_a_count_against_a_number_is_the_normal_distribution_of_its_mean(scores: Tensor) -> None:
    """FINDINGS.md: Phi((k - 1/2 - mean) / sqrt(var + .01)) that fewer than k are above."""
    text = """metric P(s: scores[n], y: flag[n]) =
      mean(rank(s, i) <= 3 for i in n if y[i])"""
    one, flags = scores[:, 0], torch.arange(N) % 3 == 0
    u = (one[None] - one[:, None]).sigmoid() * (1 - torch.eye(N))
    mean, variance = u.sum(1), (u * (1 - u)).sum(1)
    fewer = torch.special.ndtr((3 - 0.5 - mean) / (variance + 0.01).sqrt())
    assert torch.allclose(derived(text, s=one, y=flags).surrogate(), fewer[flags].mean())


def test_a_share_against_a_number_has_the_steps_of_its_count(scores: Tensor) -> None:
    text = "metric R(s: scores[n]) = (1 if mean(s[i] > 0 for i in n) >= 0.5 else 0)"
    one = scores[:, 0]
    u = one.sigmoid()
    mean, variance = u.sum(), (u * (1 - u)).sum()
    expected = torch.special.ndtr((mean - (N / 2 - 0.5)) / (variance + 0.01).sqrt())
    assert torch.allclose(derived(text, s=one).surrogate(), expected)


def test_and_or_are_products(scores: Tensor) -> None:
    text = """metric L(s: scores[n, k]) =
      mean(s[i, j] > 0 and (s[i, j] > 1 or not s[i, j] > -1) for i in n for j in k)"""
    above = [(scores - bound).sigmoid() for bound in (0, 1, -1)]
    expected = above[0] * (1 - (1 - above[1]) * above[2])
    assert torch.allclose(derived(text, s=scores).surrogate(), expected.mean())


def test_any_and_all_are_products_safe_at_0_and_1(scores: Tensor) -> None:
    text = "metric L(s: scores[n, k]) = mean(all(s[i, j] > 0 for j in k) for i in n)"
    found = derived(text, s=scores).surrogate()
    assert torch.allclose(found, scores.sigmoid().prod(1).mean())
    extreme = torch.tensor([[1e5, 1e5], [1e5, -1e5]], dtype=torch.float64, requires_grad=True)
    value = derived(text, s=extreme).surrogate()
    (grad,) = torch.autograd.grad(value, extreme)
    assert value.item() == 0.5 and bool(grad.isfinite().all())


def test_a_comparison_at_a_vertex_is_decided(scores: Tensor) -> None:
    """Nothing varies there: exactly 0 or 1, and not 1 - 3e-7."""
    text = "metric R(s: scores[n]) = mean(count(s[i] > 0 for i in n) >= 3 for j in n)"
    certain = torch.tensor([1e5, 1e5, 1e5, -1e5], dtype=torch.float64)
    assert float(derived(text, s=certain).surrogate()) == 1
    assert float(derived(text, s=-certain).surrogate()) == 0


def test_what_is_not_chosen_may_be_undefined(scores: Tensor) -> None:
    """No example is flagged, so 1 / 0 is never chosen, and no gradient comes of it."""
    text = """metric C(s: scores[n, k], f: flag[n]) =
      mean(s[i, 0] > 0 for i in n) if count(s[i, 0] > 0 for i in n if f[i]) <= 3
      else 1 / count(s[i, 0] > 0 for i in n if f[i])"""
    found = derived(text, s=scores, f=torch.zeros(N, dtype=torch.bool)).surrogate()
    assert torch.allclose(found, scores[:, 0].sigmoid().mean())
    (slope,) = torch.autograd.grad(found, scores)
    assert slope.isfinite().all() and slope[:, 0].abs().min() > 0
