"""What is told of a surrogate at a batch, against the same by hand."""

import pytest
import torch
import torch.nn.functional as F

import autodesign as ad
from autodesign.interpreter.metric.idw import InverseDistance

SCORES = torch.randn(40, generator=torch.Generator().manual_seed(0))
FLAGS = torch.arange(40) % 5 == 0
AP = "std.metrics.AveragePrecision"


def cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(F.cosine_similarity(one.reshape(-1), other.reshape(-1), dim=0))


def gradient(loss: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(loss, scores)[0]


def test_gradient_and_cosines_are_those_of_autograd() -> None:
    ap, scores = ad.metric(AP), SCORES.clone().requires_grad_()
    told = ap.uniloss().diagnosis(SCORES, FLAGS)
    own = gradient(ap.uniloss()(scores, FLAGS), scores)
    other = gradient(F.binary_cross_entropy_with_logits(scores, FLAGS.float()), scores)
    best = torch.cat([*ap.best(FLAGS).values()])
    bits = torch.cat([*ap.comparisons(scores, FLAGS).values()]).sigmoid()
    pull = gradient((bits - best.float()).abs().sum(), scores)
    assert told["gradient"] == pytest.approx(float(own.norm()), rel=1e-5)  # float32
    assert told["cosine_to_cross_entropy"] == pytest.approx(cosine(own, other), abs=1e-5)
    assert told["cosine_to_pull"] == pytest.approx(cosine(own, pull), abs=1e-5)


def test_cosine_to_cross_entropy_of_classes() -> None:
    scores, labels = torch.randn(30, 4, requires_grad=True), torch.arange(30) % 4
    accuracy = ad.metric("std.metrics.Accuracy").uniloss()
    told = accuracy.diagnosis(scores, labels)
    own = gradient(accuracy(scores, labels), scores)
    other = gradient(F.cross_entropy(scores, labels), scores)
    assert told["cosine_to_cross_entropy"] == pytest.approx(cosine(own, other), abs=1e-5)


def test_saturated_and_wrong_are_shares_of_the_bits() -> None:
    metric = ad.metric("metric M(s: scores[n], y: flag[n]) = mean((s[i] > 0) == y[i] for i in n)")
    scores = torch.tensor([9.0, 9.0, -9.0, 0.5])
    flags = torch.tensor([True, False, True, True])
    told = metric.uniloss().diagnosis(scores, flags)
    assert (told["saturated"], told["wrong"]) == (0.75, 0.5)  # sigmoid(9) = .9999
    assert metric.uniloss(temperature=9).diagnosis(scores, flags)["saturated"] == 0


def test_anchors_are_told_by_kind() -> None:
    rule = InverseDistance(seed=1)
    told = ad.metric(AP).uniloss(rule).diagnosis(SCORES, FLAGS)
    assert rule.surface is not None
    assert told["entropy"] == rule.surface.entropy and told["best"] == 1
    assert told["good"] > told["near"] > 0 and told["bad"] > 0


def test_undefined_batches_tell_nothing() -> None:
    assert ad.metric(AP).uniloss().diagnosis(SCORES, torch.zeros(40, dtype=torch.bool)) == {}


def test_scores_of_another_use_keep_their_gradient() -> None:
    scores = SCORES.clone().requires_grad_()
    ad.metric(AP).uniloss().diagnosis(scores, FLAGS)
    assert scores.grad is None


def test_of_many_examples_some_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = ad.metric(AP).uniloss()
    every = loss.diagnosis(SCORES, FLAGS)
    monkeypatch.setattr("autodesign.interpreter.metric.diagnosis.ROWS", 20)
    some = loss.diagnosis(SCORES, FLAGS)
    assert set(every) - set(some) == {"cosine_to_pull"}
    assert some["gradient"] == every["gradient"]
    assert some["wrong"] == loss.diagnosis(SCORES[:20], FLAGS[:20])["wrong"]
