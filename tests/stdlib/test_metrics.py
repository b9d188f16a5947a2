"""The metrics against scikit-learn's, and where they are undefined."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from autodesign.stdlib import build

many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EXPECTED = {
    "F1": sklearn.f1_score,
    "Precision": sklearn.precision_score,
    "Recall": sklearn.recall_score,
}


@many
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
@pytest.mark.parametrize("name", EXPECTED)
def test_binary_metrics(call, name, pairs):
    predicted, positive = (torch.tensor(list(column)) for column in zip(*pairs, strict=True))
    expected = EXPECTED[name](positive, predicted, zero_division=float("nan"))
    metric = build.metric(call(name))
    one = torch.where(predicted, 0.5, -0.5)
    two = torch.stack([torch.zeros_like(one), one], 1)
    for scores in (one, one[:, None], two):
        for labels in (positive, positive.long()):
            value = metric(scores, labels)
            assert value.shape == ()
            assert value.item() == pytest.approx(expected, nan_ok=True)


@many
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_accuracy(call, pairs):
    predicted, labels = (torch.tensor(column) for column in zip(*pairs, strict=True))
    scores = torch.nn.functional.one_hot(predicted, 4).float()
    value = build.metric(call("Accuracy"))(scores, labels)
    assert value.item() == pytest.approx(sklearn.accuracy_score(labels, predicted))


@pytest.mark.parametrize("name, tie", [("F1", 0.0), ("Recall", 0.0), ("Precision", None)])
def test_a_tie_is_taken_for_class_0(call, name, tie):
    value = build.metric(call(name))(torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    assert value.isnan() if tie is None else value == tie


@pytest.mark.parametrize("name", EXPECTED)
def test_metrics_map_over_bags(call, name):
    torch.manual_seed(0)
    metric = build.metric(call(name))
    scores, labels = torch.randn(5, 8, 2), torch.randint(0, 2, (5, 8))
    mapped = torch.vmap(metric)(scores, labels)
    each = torch.stack([metric(s, y) for s, y in zip(scores, labels, strict=True)])
    assert torch.equal(mapped, each)
