"""A small job on random data that stands in for its own: a tenth of a second of training."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from autodesign.dsl import spec
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs import curves, sources, training
from autodesign.interpreter.jobs import run as run_module
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Request, Run, run
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.library import standard

HEAD = """ad 1
use std.metrics (Accuracy)
param lam: real in 0..1 = 0.7
param seed: int in 0.. = 3
data digits = Digits
network HighLow {
  input   image: image[1, 8, 8]
  control Q(image)  = AvgPool2d(2) | Flatten | Linear  ~> N2, N3
  node    N2(image) = AvgPool2d(4) | Flatten | Linear(10)
  node    N3(image) = Flatten | Linear(16) | ReLU | Dropout(0.2) | Linear(10)
  output  y = N2 ?? N3
}
"""

JOB = """
train job = HighLow on digits {
  maximize lam * Accuracy(y, label) + (1 - lam) * (1 - cost / cost(N3))
  by       q_learning(bag=4, explore=linear(1, 0.1, epochs=2))
  minimize CrossEntropyLoss(y, label)
  using    Adam(lr=2e-3)  schedule OneCycleLR(max_lr=1e-2)
  epochs 3  batch 8  seed seed  clip 5
  report   Accuracy(y, label), cost, paths
}
"""


def checked(text: str, settings: Mapping[str, str] | None = None) -> spec.Spec:
    found, diagnostics = load_text(text, "small.ad", standard(), settings or {})
    assert found is not None, [str(d) for d in diagnostics]
    return found


def table(examples: int, seed: int) -> Table:
    generator = torch.Generator().manual_seed(seed)
    return Table(
        {
            "image": torch.rand(examples, 1, 8, 8, generator=generator),
            "label": torch.randint(10, (examples,), generator=generator),
        }
    )


def random_splits(train: int = 36, validation: int = 8, test: int = 8) -> Splits:
    fields = {
        "image": spec.FieldType("image", (1, 8, 8)),
        "label": spec.FieldType("label", (), 10),
    }
    return Splits(table(train, 1), table(validation, 2), table(test, 3), fields)


@pytest.fixture
def head() -> str:
    """A spec without jobs: params, data and a network."""
    return HEAD


@pytest.fixture
def text() -> str:
    """A spec with the job `job`: Q-learning and a loss, dropout, a schedule for each step."""
    return HEAD + JOB


@pytest.fixture
def check() -> Callable[..., spec.Spec]:
    return checked


@pytest.fixture
def splits() -> Splits:
    return random_splits()


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a report, what is measured for it, and TensorBoard: they take most of the
    time."""
    monkeypatch.setattr(run_module, "write_report", lambda *parts: None)
    monkeypatch.setattr(training, "show", lambda *parts: None)
    monkeypatch.setattr(curves, "find_spec", lambda name: None)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, splits: Splits, text: str) -> Callable[..., Run]:
    """start(out, text=..., resume=..., listener=..., splits=...): a run on the CPU."""

    def begin(
        out: Path,
        text: str = text,
        *,
        splits: Splits = splits,
        listener: Listener | None = None,
        settings: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Run:
        monkeypatch.setattr(sources, "load_data", lambda call: splits)
        asked = Request(**{"device": "cpu", "out": out, **request})
        return run(checked(text, settings), asked, listener or Listener())

    return begin
