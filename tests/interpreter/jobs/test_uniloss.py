"""Training on metrics: `by uniloss()`, goals that mix metrics and losses, undefined batches."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import autodesign as ad
from autodesign.interpreter.jobs.objective import Objective
from autodesign.interpreter.jobs.run import Run
from autodesign.interpreter.jobs.terms import Batch

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]

SPEC = """ad 1
metric Hits(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)
metric Zeros(s: scores[n, k], y: label[n]) =
  mean(argmax(s[i]) == y[i] for i in n if y[i] == 0)
data digits = Digits
network Linear10 { input image: image[1, 8, 8]  node y(image) = Flatten | Linear(10)  output z = y }
train job = Linear10 on digits {
  GOAL
  using Adam(lr=2e-2)  epochs 3  batch 8
}
"""


def records(run: Run) -> list[dict[str, Any]]:
    lines = (run.directory / "job" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("rule", ["uniloss", 'uniloss(interpolation="idw", near=8)'])
def test_training_on_a_metric_lowers_its_loss(start: Start, tmp_path: Path, rule: str) -> None:
    goal = SPEC.replace("GOAL", f"maximize Hits(z, label) by {rule}")
    losses = [one["losses"]["Hits(z, label)"] for one in records(start(tmp_path / "run", goal))]
    assert 0 < losses[-1] < losses[0] < 1


def test_a_goal_that_is_a_metric_is_trained_by_uniloss_unless_said_otherwise(
    start: Start, tmp_path: Path
) -> None:
    (record, *_) = records(start(tmp_path / "run", SPEC.replace("GOAL", "maximize Hits(z, label)")))
    assert "Hits(z, label)" in record["losses"] and "skipped_batches" not in record


def test_batches_without_a_value_are_skipped_and_counted(
    start: Start, tmp_path: Path, splits: Any
) -> None:
    goal = SPEC.replace("GOAL", "maximize Zeros(z, label)").replace("batch 8", "batch 4")
    for record in records(start(tmp_path / "run", goal)):
        skipped = record["skipped_batches"]["Zeros(z, label)"]
        zeros = int((splits.train.columns["label"] == 0).sum())
        assert 9 - zeros <= skipped < 9  # 36 examples in batches of 4
        assert record["losses"]["Zeros(z, label)"] > 0


def test_a_seed_decides_the_anchors_too(start: Start, tmp_path: Path) -> None:
    goal = SPEC.replace("GOAL", 'maximize Hits(z, label) by uniloss(interpolation="idw")')

    def trained(out: str, seed: int) -> bytes:
        run = start(tmp_path / out, goal.replace("epochs 3", f"epochs 1 seed {seed}"))
        return (run.directory / "job" / "best.safetensors").read_bytes()

    assert trained("one", 1) == trained("again", 1)
    assert trained("another", 2) != trained("two", 1)


def test_a_mixed_goal_is_the_sum_of_its_losses(check: Callable[..., Any]) -> None:
    goal = "maximize 10 * Hits(z, label) - CrossEntropyLoss(z, label) by uniloss(temperature=2)"
    job = check(SPEC.replace("GOAL", goal)).jobs["job"]
    scores, labels = torch.randn(6, 10, requires_grad=True), torch.tensor([3, 1, 4, 1, 5, 9])
    batch = Batch({"z": scores}, {}, {"label": labels}, torch.zeros(6))
    (loss,) = Objective(job).losses(batch, [], None).by_goal.values()

    hits = ad.metric("std.metrics.Accuracy").uniloss(temperature=2)
    expected = 10 * hits(scores, labels) + F.cross_entropy(scores, labels)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(
        torch.autograd.grad(loss, scores), torch.autograd.grad(expected, scores)
    )


def test_scores_that_are_no_numbers_are_a_loss_that_is_none(check: Callable[..., Any]) -> None:
    job = check(SPEC.replace("GOAL", "maximize Hits(z, label)")).jobs["job"]
    scores = torch.full((2, 10), torch.inf)
    batch = Batch({"z": scores}, {}, {"label": torch.tensor([3, 1])}, torch.zeros(2))
    losses = Objective(job).losses(batch, [], None)
    assert losses.by_goal["Hits(z, label)"].isnan() and not losses.undefined
