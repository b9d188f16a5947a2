"""A checked sweep and results made up for it, so that nothing need be trained."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from autodesign.dsl import spec
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.sweeps.result import Row, SweepResult
from autodesign.stdlib.library import standard

TEXT = """ad 1
use std.metrics (Accuracy)
param lam: real in 0..1 = 0.5
param seed: int in 0.. = 0
param kind = "max"
data digits = Digits(split=[0.2, 0.1, 0.7])
network Low {
  input image: image[1, 8, 8]
  node  N2(image) = AvgPool2d(2) | Flatten | Linear(10)
  output y = N2
}
network High {
  input image: image[1, 8, 8]
  node  N3(image) = Flatten | Linear(8) | ReLU | Linear(10)
  output y = N3
}
network HighLow {
  input   image: image[1, 8, 8]
  control Q(image)  = AvgPool2d(4) | Flatten | Linear  ~> N2, N3
  node    N2(image) = AvgPool2d(2) | Flatten | Linear(10)
  node    N3(image) = Flatten | Linear(8) | ReLU | Dropout(0.2) | Linear(10)
  output  y = N2 ?? N3
}
train low = Low on digits {
  minimize CrossEntropyLoss(y, label)
  using Adam(lr=1e-2)  epochs 8  batch 32
  report Accuracy(y, label)
}
train high = High on digits {
  minimize CrossEntropyLoss(y, label)
  using Adam(lr=1e-2)  epochs 8  batch 32  seed seed
  report Accuracy(y, label)
}
train dynamic = HighLow on digits {
  maximize lam * Accuracy(y, label) + (1 - lam) * (1 - cost / cost(N3))
  by       q_learning(explore=linear(1, 0.1, epochs=4))
  minimize CrossEntropyLoss(y, label)
  using Adam(lr=1e-2)  epochs 8  batch 32  seed seed
  report Accuracy(y, label), cost, paths
}
"""
SWEEP = "sweep curve = dynamic over lam in [0.2, 0.9], seed in [0, 1] beside low, high\n"


def checked(text: str = TEXT + SWEEP) -> spec.Spec:
    found, diagnostics = load_text(text, "digits.ad", standard(), {})
    assert found is not None, [one.message for one in diagnostics]
    return found


def result(job: str, accuracy: float | None, cost: float) -> Result:
    return Result(
        job=job,
        epochs=1,
        best_epoch=1,
        examples=10,
        values={"Accuracy(y, label)": accuracy},
        cost=cost,
        least=0,
        greatest=600,
        rates={},
        paths={},
    )


Values = Mapping[tuple[float, int], tuple[float | None, float]]


@pytest.fixture
def text() -> str:
    """A spec with the sweep `curve`: two values, two seeds, one job beside it of each kind."""
    return TEXT + SWEEP


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[..., SweepResult]:
    """made_up({(lam, seed): (accuracy, cost)}, {(job, seed or None): (accuracy, cost)})"""

    def make(
        swept: Values,
        beside: Mapping[tuple[str, int | None], tuple[float, float]],
        text: str = SWEEP,
    ) -> SweepResult:
        rows = [
            Row(f"lam={lam},seed={seed}", "dynamic", {"lam": lam, "seed": seed},
                result("dynamic", *values))
            for (lam, seed), values in swept.items()
        ]  # fmt: skip
        others = [
            Row(job, job, {} if seed is None else {"seed": seed}, result(job, *values))
            for (job, seed), values in beside.items()
        ]
        [sweep] = checked(TEXT + text).sweeps.values()
        return SweepResult(sweep, tmp_path, tuple(rows), tuple(others), {})

    return make
