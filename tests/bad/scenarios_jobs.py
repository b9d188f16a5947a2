"""Runs that are refused before they start (AD760-AD779), or fail after it (AD900-AD949)."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs import curves, device, directory, interruption, learner, sources
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.readiness import check_ready
from autodesign.interpreter.jobs.run import Request, run
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.data.reading.examples import Splits, Table
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
  epochs 2  batch 8
}
"""

REWARD = """ad 1

use std.metrics (F1)
data digits = Digits() 
data zeros = Binary(digits, positive=0)
network Net {
  input   image: image[1, 8, 8]
  control Q(image) = Flatten | Linear  ~> A, B
  node    A(image) = Flatten | Linear(1)
  node    B(image) = AvgPool2d(4) | Flatten | Linear(1)
  output  y = A ?? B
}

train job = Net on zeros {
  maximize F1(y, label)
  by       q_learning(bag=32)
  using    SGD(lr=0.1)
  epochs 2  batch 32
}
"""

FIELDS = {"image": spec.FieldType("image", (1, 8, 8)), "label": spec.FieldType("label", (), 10)}


def checked(text: str = SPEC) -> spec.Spec:
    found, diagnostics = load_text(text, "digits.ad", standard(), {})
    assert found is not None, diagnostics
    return found


def examples(count: int) -> Table:
    return Table(
        {
            "image": torch.linspace(0, 1, count * 64).view(count, 1, 8, 8),
            "label": torch.arange(count) % 10,
        }
    )


def splits(train: int = 24, fields: dict[str, spec.FieldType] = FIELDS) -> Splits:
    return Splits(examples(train), examples(8), examples(8), fields)


def refused(
    out: Path | None,
    text: str = SPEC,
    data: Splits | None = None,
    listener: Listener | None = None,
    **request: Any,
) -> list[Diagnostic]:
    """What a run is refused with, or fails with; none if it ends well."""
    asked = Request(**{"device": "cpu", "out": out, **request})
    with (
        patch.object(sources, "load_data", lambda call: data or splits()),
        patch.object(curves, "find_spec", lambda name: None),
    ):
        try:
            run(checked(text), asked, listener or Listener())
        except SpecError as error:
            return list(error.diagnostics)
    return []


def said(function: Callable[[], Any]) -> list[Diagnostic]:
    try:
        function()
    except SpecError as error:
        return list(error.diagnostics)
    raise AssertionError("it was not refused")


# --- refused before the start ---


def AD762(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", job="jib")


def AD763(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", SPEC[: SPEC.index("train")])


def AD764(tmp_path: Path) -> list[Diagnostic]:
    with patch.object(device, "_available", lambda: ["cpu"]):
        return refused(tmp_path / "run", device="cuda:1")


def AD765(tmp_path: Path) -> list[Diagnostic]:
    (tmp_path / "taken").write_text("a file, not a folder")
    return refused(tmp_path / "taken" / "run")


def AD766(tmp_path: Path) -> list[Diagnostic]:
    assert refused(tmp_path / "run") == []
    return refused(tmp_path / "run")


def AD767(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", resume=True)


def AD768(tmp_path: Path) -> list[Diagnostic]:
    assert refused(tmp_path / "run") == []
    wider = SPEC.replace("Flatten | Linear(10)", "Flatten | Linear(64) | ReLU | Linear(10)")
    return refused(tmp_path / "run", wider.replace("epochs 2", "epochs 5"), resume=True)


def AD768_weights(tmp_path: Path) -> list[Diagnostic]:
    """The weights in a checkpoint are of other sizes than its spec says."""
    from autodesign.interpreter.jobs.identity import check_fits

    weights = {"N.1.weight": torch.zeros(10, 32), "N.1.bias": torch.zeros(10)}
    module = DynamicNetwork(checked().networks["Net"])
    return said(lambda: check_fits(weights, module, "the checkpoint last.safetensors"))


def AD771(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", REWARD)


def AD773(tmp_path: Path) -> list[Diagnostic]:
    wider = {**FIELDS, "image": spec.FieldType("image", (3, 32, 32))}
    return refused(tmp_path / "run", data=splits(fields=wider))


def AD773_classes(tmp_path: Path) -> list[Diagnostic]:
    more = {**FIELDS, "label": spec.FieldType("label", (), 26)}
    return refused(tmp_path / "run", data=splits(fields=more))


def AD773_field(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", data=splits(fields={"image": FIELDS["image"]}))


def AD774(tmp_path: Path) -> list[Diagnostic]:
    job = checked().jobs["job"]
    return said(lambda: check_ready(job, torch.device("mps"), "bfloat16"))


def AD775(tmp_path: Path) -> list[Diagnostic]:
    two = REWARD.replace("Linear(1)", "Linear(2)")
    flags = {**FIELDS, "label": spec.FieldType("label", (), 2)}
    return refused(tmp_path / "run", two, splits(train=20, fields=flags))


# --- failed after the start ---


def AD900(tmp_path: Path) -> list[Diagnostic]:
    with patch.object(learner.Learner, "step", lambda *parts: 1 / 0):
        return refused(tmp_path / "run")


def AD901(tmp_path: Path) -> list[Diagnostic]:
    deep = SPEC.replace("Linear(10)", "Linear(8) | Linear(8) | Linear(10)")
    return refused(tmp_path / "run", deep.replace("lr=0.1", "lr=1e15"))


def AD902(tmp_path: Path) -> list[Diagnostic]:
    with _from_the_second_epoch(lambda: _full_disk()) as listener:
        found = refused(tmp_path / "run", listener=listener)
    _nothing_unfinished(tmp_path)
    return found


def AD902_folder(tmp_path: Path) -> list[Diagnostic]:
    """The folder of a run vanishes under it."""
    gone = FileNotFoundError(errno.ENOENT, "No such file or directory")
    with _from_the_second_epoch(lambda: patch.object(os, "fsync", side_effect=gone)) as listener:
        return refused(tmp_path / "run", listener=listener)


def AD903(tmp_path: Path) -> list[Diagnostic]:
    _interrupted(tmp_path)
    last = tmp_path / "run" / "job" / "last.safetensors"
    last.write_bytes(last.read_bytes()[:-10])
    return refused(tmp_path / "run", resume=True)


def AD903_facts(tmp_path: Path) -> list[Diagnostic]:
    _interrupted(tmp_path)
    (tmp_path / "run" / "run.json").write_text("{")
    return refused(tmp_path / "run", resume=True)


def AD904(tmp_path: Path) -> list[Diagnostic]:
    _interrupted(tmp_path)
    return refused(tmp_path / "run", resume=True, data=splits(train=25))


def AD905(tmp_path: Path) -> list[Diagnostic]:
    def step(*parts: object) -> None:
        torch.empty(2**60)

    with patch.object(learner.Learner, "step", step):
        return refused(tmp_path / "run")


def AD906(tmp_path: Path) -> list[Diagnostic]:
    return _interrupted(tmp_path)


def _interrupted(tmp_path: Path) -> list[Diagnostic]:
    """A run that was asked to end after its fourth step."""

    class Asking(Listener):
        steps = 0

        def stepped(self, epoch: int, step: int) -> None:
            self.steps += 1
            if self.steps == 4:
                os.kill(os.getpid(), interruption.signal.SIGTERM)

    return refused(tmp_path / "run", listener=Asking())


def _full_disk() -> AbstractContextManager[Any]:
    full = OSError(errno.ENOSPC, "No space left on device")
    return patch.object(os, "fsync", side_effect=full)


@contextmanager
def _from_the_second_epoch(
    trouble: Callable[[], AbstractContextManager[Any]],
) -> Iterator[Listener]:
    active: list[AbstractContextManager[Any]] = [nullcontext()]

    class Troubled(Listener):
        def epoch_ended(self, job: spec.Train, record: object) -> None:
            active[0] = trouble()
            active[0].__enter__()

    try:
        yield Troubled()
    finally:
        active[0].__exit__(None, None, None)


def _nothing_unfinished(folder: Path) -> None:
    assert not list(folder.rglob("*.unfinished"))
    metrics = directory.RunDirectory(folder / "run").job("job").records()
    assert [record["epoch"] for record in metrics] == [1]
