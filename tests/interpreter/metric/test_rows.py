"""Which rows there are: gathered where conditions leave few, never padded to the square."""

import pytest
import torch
from torch import Tensor

from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.axes import Axis, Origin, lift, merge, numel
from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.interpreter.metric.fold import fold
from autodesign.stdlib.library import standard


def batch(text: str, **tensors: Tensor) -> Batch:
    metric, diagnostics = load_metric(text, standard())
    assert metric is not None, [one.message for one in diagnostics]
    return Evaluator(metric).batch(tensors)


RAGGED = """metric Pairs(s: scores[n], q: real[n], y: flag[n]) {
  compare c[i, j] = s[i] - s[j] for i in n if y[i] for j in n if q[i] == q[j] and not y[j]
  binary  b[i, j] = c[i, j] > 0
  value   mean(mean(b[i, j] for j) for i)
}"""


def test_comparisons_are_the_rows_of_the_loops_in_order() -> None:
    scores = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0])
    query = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0])
    flags = torch.tensor([1, 0, 1, 0, 0])
    found = batch(RAGGED, s=scores, q=query, y=flags).comparisons()["b"]
    assert found.tolist() == [1 - 2, 4 - 8, 4 - 16]  # pairs of one query alone


def test_gradients_reach_the_scores_of_ragged_comparisons() -> None:
    scores = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0], requires_grad=True)
    query = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0])
    given = batch(RAGGED, s=scores, q=query, y=torch.tensor([1, 0, 1, 0, 0]))
    given.comparisons()["b"].sum().backward()
    assert scores.grad is not None and scores.grad.tolist() == [1, -1, 2, -1, -1]


def test_anchors_keep_their_place() -> None:
    query = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0])
    given = batch(RAGGED, s=torch.zeros(5), q=query, y=torch.tensor([1, 0, 1, 0, 0]))
    bits = torch.tensor([[[1, 0, 0], [0, 1, 0]], [[1, 1, 1], [0, 0, 0]]])
    assert given.value({"b": bits}).tolist() == [[0.5, 0.25], [1.0, 0.0]]


def test_positives_against_others_are_never_the_square() -> None:
    """n = 10,000 with 1 % positives: 10^6 rows."""
    n = 10_000
    text = """metric AP(s: scores[n], y: flag[n]) {
      compare c[i, j] = s[j] - s[i] for i in n if y[i] for j in n if j != i
      binary  b[i, j] = c[i, j] > 0
      value   mean((1 + count(b[i, j] for j if y[j])) / (1 + count(b[i, j] for j)) for i)
    }"""
    given = batch(text, s=torch.randn(n), y=torch.arange(n) % 100 == 0)
    assert given.comparisons()["b"].shape == (100 * (n - 1),)
    assert given.frames.family_axes("b")[0].size == 100


def test_a_batch_without_comparisons_is_undefined() -> None:
    given = batch(RAGGED, s=torch.zeros(2), q=torch.zeros(2), y=torch.zeros(2))
    assert given.comparisons()["b"].shape == (0,)
    assert bool(given.value({"b": torch.zeros(0)}).isnan())
    assert bool(given.surrogate().isnan())


# --- axes -----------------------------------------------------------------------------------------


def test_gathered_axes_of_common_rows_are_joined_row_to_row() -> None:
    base = Axis(3)
    left = Axis(4, (Origin((base,), torch.tensor([0, 0, 1, 2])),))
    right = Axis(3, (Origin((base,), torch.tensor([0, 2, 2])),))
    (joined,) = merge((left,), (right,), {})
    assert joined.position(left).tolist() == [0, 1, 3, 3]
    assert joined.position(right).tolist() == [0, 0, 1, 2]


def test_lifted_and_folded_values_meet_their_rows() -> None:
    rows, columns = Axis(2), Axis(3)
    kept = Axis(4, (Origin((rows, columns), torch.tensor([0, 2, 3, 5])),))
    x = torch.arange(6.0).reshape(2, 3)
    assert lift(x, (rows, columns), (kept,)).tolist() == [0, 2, 3, 5]
    assert lift(torch.tensor([10.0, 20.0]), (rows,), (kept,)).tolist() == [10, 10, 20, 20]
    taken = lift(x, (rows, columns), (kept,))
    assert fold("sum", taken, (kept,), (rows,)).tolist() == [2, 8]
    assert fold("sum", taken, (kept,), (columns, rows)).tolist() == [[0, 3], [0, 0], [2, 5]]
    assert fold("amax", taken, (kept,), ()).item() == 5
    assert numel((rows, columns)) == 6


@pytest.mark.parametrize("kind", ["sum", "amax", "amin"])
def test_folds_of_segments_have_gradients(kind: str) -> None:
    base = Axis(3)
    kept = Axis(4, (Origin((base,), torch.tensor([0, 0, 2, 2])),))
    x = torch.tensor([1.0, 4.0, 2.0, 8.0], dtype=torch.float64, requires_grad=True)

    def folded(x: Tensor) -> Tensor:
        found = fold(kind, x, (kept,), (base,))  # type: ignore[arg-type]
        return found[[0, 2]]

    assert torch.autograd.gradcheck(folded, (x,))
