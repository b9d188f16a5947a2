"""Metrics of the library in jobs: what the network puts out is what the definition takes."""

from pathlib import Path

import pytest
import torch

import autodesign as ad
from autodesign.interpreter.jobs.terms import Batch, bag_values, whole_value

SPEC = """ad 1
use std.metrics (F1, AveragePrecision)
data zeros = Binary(Digits(), positive=0)
network Two {{
  input  image: image[1, 8, 8]
  node   A(image) = Flatten | Linear({width})
  output y = A
}}
train job = Two on zeros {{
  {goal}
  using  SGD(lr=0.5)
  epochs 8  batch 64
  report F1(y, label), AveragePrecision(y, label)
}}
"""


def batch_of(width: int) -> Batch:
    generator = torch.Generator().manual_seed(0)
    return Batch(
        {"y": torch.randn(24, width, generator=generator)},
        {},
        {"label": torch.randint(2, (24,), generator=generator)},
        torch.ones(24),
    )


@pytest.mark.parametrize("width", [1, 2])
def test_two_scores_stand_for_their_difference(width: int) -> None:
    spec = ad.loads(SPEC.format(width=width, goal="maximize F1(y, label)  by uniloss()"))
    batch = batch_of(width)
    y, label = batch.outputs["y"], batch.fields["label"]
    one = y[:, 1] - y[:, 0] if width == 2 else y[:, 0]
    for report, name in zip(
        spec.checked.jobs["job"].reports, ("F1", "AveragePrecision"), strict=True
    ):
        metric = ad.metric(f"std.metrics.{name}")
        assert float(whole_value(report.term)(batch)) == pytest.approx(float(metric(one, label)))
        by_bag = torch.stack([metric(one[i : i + 8], label[i : i + 8]) for i in (0, 8, 16)])
        found = bag_values(report.term)(batch, 8)
        torch.testing.assert_close(found, by_bag.to(found.dtype), equal_nan=True)


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize(
    "goal", ["maximize F1(y, label)  by uniloss()", "minimize CrossEntropyLoss(y, label)"]
)
def test_f1_of_one_class_against_the_rest(width: int, goal: str, tmp_path: Path) -> None:
    if width == 1 and goal.startswith("minimize"):
        goal = "minimize BCEWithLogitsLoss(y, label)"
    done = ad.loads(SPEC.format(width=width, goal=goal)).run(
        out=tmp_path / "run", device="cpu", quiet=True
    )
    assert done.results["job"].values["F1(y, label)"] > 0.9
