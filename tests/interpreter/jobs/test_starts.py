"""`from`: jobs that start from the weights of others."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Run

Start = Callable[..., Run]
pytestmark = pytest.mark.usefixtures("plain")

STATIC = """
network Static {
  input image: image[1, 8, 8]
  node  N1(image) = AvgPool2d(4) | Flatten | Linear(10)
  node  N3(image) = Flatten | Linear(16) | ReLU | Dropout(0.2) | Linear(10)
  node  sum(N1, N3) = add
  output y = sum
}
train static = Static on digits {
  minimize CrossEntropyLoss(y, label)
  using Adam(lr=1e-2)  epochs 2  batch 8
}
"""
DYNAMIC = """
train dynamic = HighLow on digits {
  from FROM
  maximize Accuracy(y, label) - cost / cost(N3)
  by       q_learning(explore=constant(0.5))
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=RATE)  epochs 1  batch 8
}
"""


def text(head: str, source: str, rate: str = "0") -> str:
    """Without a rate the weights stay what they were at the start."""
    return head + STATIC + DYNAMIC.replace("FROM", source).replace("RATE", rate)


def weights(run: Path, job: str, node: str) -> Mapping[str, Tensor]:
    held = load_file(run / job / "best.safetensors")
    return {
        name.removeprefix(f"network.{node}."): value
        for name, value in held.items()
        if name.startswith(f"network.{node}.")
    }


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def test_nodes_of_the_same_name_start_as_the_best_of_the_other_job(
    start: Start, head: str, tmp_path: Path
) -> None:
    done = start(tmp_path, text(head, "static"), job="dynamic")
    assert list(done.results) == ["static", "dynamic"]
    assert same(weights(tmp_path, "dynamic", "N3"), weights(tmp_path, "static", "N3"))


def test_nodes_start_as_those_they_are_told_to(start: Start, head: str, tmp_path: Path) -> None:
    start(tmp_path, text(head, "static(N2=N1)"))
    assert same(weights(tmp_path, "dynamic", "N2"), weights(tmp_path, "static", "N1"))
    assert not same(weights(tmp_path, "dynamic", "N3"), weights(tmp_path, "static", "N3"))


@pytest.mark.parametrize("prefix", ["network.", ""])
def test_a_checkpoint_is_a_source_too(prefix: str, start: Start, head: str, tmp_path: Path) -> None:
    start(tmp_path / "first", text(head, "static"), job="static")
    held = load_file(tmp_path / "first" / "static" / "best.safetensors")
    file = tmp_path / "trained.safetensors"
    save_file({prefix + name.removeprefix("network."): v for name, v in held.items()}, file)
    declared = head + f'data trained = Checkpoint("{file}")\n'
    start(tmp_path / "run", text(declared, "trained(N3)"), job="dynamic")
    there = weights(tmp_path / "first", "static", "N3")
    assert same(weights(tmp_path / "run", "dynamic", "N3"), there)


def test_a_run_that_goes_on_has_no_need_of_its_start(
    start: Start, head: str, tmp_path: Path
) -> None:
    class Stopping(Listener):
        def epoch_ended(self, job: spec.Train, record: object) -> None:
            if job.name == "dynamic":
                raise KeyboardInterrupt

    moving = text(head, "static", "0.01")
    start(tmp_path / "whole", moving)
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "run", moving, listener=Stopping())
    (tmp_path / "run" / "static" / "best.safetensors").unlink()
    start(tmp_path / "run", moving, resume=True)
    one, other = (tmp_path / name / "dynamic" / "best.safetensors" for name in ("whole", "run"))
    assert one.read_bytes() == other.read_bytes()


def test_another_start_is_another_job(start: Start, head: str, tmp_path: Path) -> None:
    start(tmp_path, text(head, "static"))
    shutil.rmtree(tmp_path / "dynamic")
    with pytest.raises(SpecError, match="AD768") as refusal:
        start(tmp_path, text(head, "static(N3)"), resume=True)
    assert any("weights to start from" in note for note in refusal.value.diagnostics[0].notes)


def test_a_reward_that_never_varies_is_told(start: Start, head: str, tmp_path: Path) -> None:
    class Hearing(Listener):
        def __init__(self) -> None:
            self.codes: list[str] = []

        def warned(self, job: spec.Train, warning: Diagnostic) -> None:
            self.codes.append(warning.code)

    metric = "metric Sure(s: scores[n, k], y: label[n]) = mean(s[i, y[i]] > 1000 for i in n)\n"
    job = text(head + metric, "static").replace("Accuracy(y, label) - cost / cost(N3)", "GOAL")
    constant, varying = Hearing(), Hearing()
    start(tmp_path / "a", job.replace("GOAL", "Sure(y, label)"), listener=constant)
    start(tmp_path / "b", job.replace("GOAL", "Accuracy(y, label)"), listener=varying)
    assert (constant.codes, varying.codes) == (["AD910"], [])
