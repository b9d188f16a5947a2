"""Training that is likely not what was meant, or cannot go on: warnings and failures of jobs."""

from pathlib import Path

import torch

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.batches import Batches, rare
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


def AD970(tmp_path: Path) -> list[Diagnostic]:
    found, _ = load_text(SPEC, "digits.ad", standard(), {})
    assert found is not None
    classes = torch.tensor([0] * 70 + [1] * 27 + [2] * 3)
    warning = rare(found.jobs["job"], Batches(100, 8, 0, classes))
    return [warning] if warning else []
