"""Training that is likely not what was meant, or cannot go on: warnings and failures of jobs."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.batches import Batches, rare
from autodesign.interpreter.jobs.degeneracy import degenerate
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.lock import held
from autodesign.interpreter.jobs.ranks import Ranks, check_together
from autodesign.stdlib.library import standard

SPEC = """ad 1

data digits = Digits()
network Net {
  input  image: image[1, 8, 8]
  node   N(image) = Flatten | Linear(10)
  output y = N
}

train job = Net on digits {
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=0.1)
  epochs 2  batch 8 stratified by label
}
"""


RANKED = """ad 1

use std.metrics (AveragePrecision)
data zeros = Binary(Digits(), positive=0)
network Net {
  input  image: image[1, 8, 8]
  node   N(image) = Flatten | Linear(1)
  output y = N
}

train ranked = Net on zeros {
  maximize AveragePrecision(y, label)
  by       uniloss()
  using    SGD(lr=0.1)
  epochs 2  batch 8
}
"""


def job(text: str, name: str) -> spec.Train:
    found, problems = load_text(text, "digits.ad", standard(), {})
    assert found is not None, problems
    return found.jobs[name]


def AD970(tmp_path: Path) -> list[Diagnostic]:
    classes = torch.tensor([0] * 70 + [1] * 27 + [2] * 3)
    warning = rare(job(SPEC, "job"), Batches(100, 8, 0, classes))
    return [warning] if warning else []


def of_surrogate(**numbers: float) -> list[Diagnostic]:
    record: dict[str, Any] = {"surrogates": {"AveragePrecision(y, label)": numbers}}
    return degenerate(job(RANKED, "ranked"), record, 100)


def AD971(tmp_path: Path) -> list[Diagnostic]:
    return of_surrogate(gradient=3e-12, saturated=0.01, wrong=0.4)


def AD971_stuck(tmp_path: Path) -> list[Diagnostic]:
    return of_surrogate(gradient=0.0, saturated=0.99, wrong=0.4)


def AD972(tmp_path: Path) -> list[Diagnostic]:
    return of_surrogate(gradient=0.01, entropy=0.9996, cosine_to_pull=0.994)


def AD973(tmp_path: Path) -> list[Diagnostic]:
    return of_surrogate(gradient=0.01, saturated=0.97, wrong=0.4)


def AD974(tmp_path: Path) -> list[Diagnostic]:
    record = {"skipped_batches": {"AveragePrecision(y, label)": 43}}
    return degenerate(job(RANKED, "ranked"), record, 100)


CHOOSING = """ad 1

data digits = Digits()
network Net {
  input   image: image[1, 8, 8]
  control Q(image) = Flatten | Linear  ~> A, B
  node    A(image) = Flatten | Linear(10)
  node    B(image) = Flatten | Linear(10)
  output  y = A ?? B
}
metric Sure(s: scores[n, k], y: label[n]) = mean(s[i, y[i]] > 100 for i in n)

train job = Net on digits {
  maximize Sure(y, label)
  by       q_learning(bag=4)
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=0.1)
  epochs 2  batch 8
}
"""


def AD910(tmp_path: Path) -> list[Diagnostic]:
    record = {"epoch": 1, "reward_spreads": {"Sure(y, label)": 0.0}}
    return degenerate(job(CHOOSING, "job"), record, 100)


def AD976(tmp_path: Path) -> list[Diagnostic]:
    with held(tmp_path), pytest.raises(SpecError) as refusal, held(tmp_path):
        pass
    return list(refusal.value.diagnostics)


def AD977(tmp_path: Path) -> list[Diagnostic]:
    gone = RuntimeError("Connection closed by peer")
    with patch("torch.distributed.barrier", side_effect=gone), pytest.raises(RunError) as refusal:
        Ranks(0, 2).wait()
    return list(refusal.value.diagnostics)


def AD978(tmp_path: Path) -> list[Diagnostic]:
    timed = RANKED.replace("report", "").replace("batch 8", "batch 8 report time")
    with pytest.raises(SpecError) as refusal:
        check_together(Ranks(1, 2), [job(timed, "ranked")], [], torch.device("cuda:0"))
    return list(refusal.value.diagnostics)
