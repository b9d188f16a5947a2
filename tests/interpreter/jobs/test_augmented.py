"""A job whose images change at random can be repeated, and broken off and resumed, to the bit."""

from pathlib import Path

import pytest

import autodesign as ad
from autodesign.interpreter.jobs import course
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Request, run

TEXT = """ad 1
data digits = Augment(Digits(), shift=2)
network Net { input x: image  node N(x) = Flatten | Linear(10)  output y = N }
train job = Net on digits {
  minimize CrossEntropyLoss(y, label)  using SGD(lr=0.1)  epochs 2  batch 256
}
"""


class Broken(BaseException):
    """Stands for the end of the process."""


class BrokenAtStep(Listener):
    def __init__(self, step: int) -> None:
        self.left = step

    def stepped(self, epoch: int, step: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise Broken


def trained(out: Path, resume: bool = False, listener: Listener | None = None) -> bytes:
    request = Request({}, (), None, "cpu", None, out, resume)
    run(ad.loads(TEXT).checked, request, listener or Listener())
    return (out / "job" / "last.safetensors").read_bytes()


def test_broken_off_and_resumed_it_learns_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "SAVE_EVERY", 0.0)
    whole = trained(tmp_path / "whole")
    assert trained(tmp_path / "again") == whole
    with pytest.raises(Broken):
        trained(tmp_path / "broken", listener=BrokenAtStep(7))
    assert trained(tmp_path / "broken", resume=True) == whole
