"""Sweeps of which points fail (AD790-AD792)."""

from pathlib import Path
from unittest.mock import patch

import pytest

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs import crew
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import run
from autodesign.interpreter.sweeps.points import Task, tasks_of
from autodesign.interpreter.sweeps.processes import ending
from autodesign.stdlib.library import standard

SPEC = """ad 1

param lr: real in 0.. = 0.1
data digits = Digits(split=[0.1, 0.1, 0.8])
network Net {
  input  image: image[1, 8, 8]
  node   N(image) = Flatten | Linear(8) | Linear(8) | Linear(10)
  output y = N
}

train job = Net on digits {
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=lr)
  epochs 1  batch 32
}
sweep rates = job over lr in [0.1, 1e14]
"""


def checked() -> spec.Spec:
    found, diagnostics = load_text(SPEC, "digits.ad", standard(), {})
    assert found is not None, diagnostics
    return found


def failures(tmp_path: Path, request: Request) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        run(checked(), request, Listener())
    return list(caught.value.diagnostics)


def AD790(tmp_path: Path) -> list[Diagnostic]:
    return failures(tmp_path, Request(device="cpu", out=tmp_path / "run", processes=1))


def AD791(tmp_path: Path) -> list[Diagnostic]:
    """A process that cannot even start: its death is that of each of its points."""
    with patch.object(crew.sys, "executable", "/bin/false"):
        failures(tmp_path, Request(device="cpu", out=tmp_path / "run", processes=1))
    text = (tmp_path / "run" / "rates" / "lr=0.1" / "failure.txt").read_text()
    assert "AD791" in text
    task = next(iter(_tasks(tmp_path)))
    found = ending(task, crew.Death(1, b""))
    assert isinstance(found, tuple)
    return list(found)


def _tasks(tmp_path: Path) -> list[Task]:
    found = checked()
    return tasks_of(found.sweeps["rates"], found, Request(), tmp_path)


def AD792(tmp_path: Path) -> list[Diagnostic]:
    found = failures(tmp_path, Request(device="cpu", out=tmp_path / "run", processes=0))
    assert not (tmp_path / "run").exists()
    return found
