"""Jobs under torchrun: the curve of one process, and what happens when one of two is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from autodesign.interpreter.jobs.ranks import Ranks

SRC = Path(__file__).parents[3] / "src"
HEAD = """ad 1
use std.metrics (Accuracy)
data digits = Digits(split=[0.2, 0.1, 0.7])
network HighLow {
  input   x: image[1, 8, 8]
  control Q(x)  = AvgPool2d(2) | Flatten | Linear  ~> N2, N3, N4
  node    N2(x) = AvgPool2d(4) | Flatten | Linear(10)
  node    N3(x) = Flatten | Linear(16) | ReLU | Linear(10)
  node    N4(x) = Flatten | DROPOUT Linear(10)
  output  y = N2 ?? N3 ?? N4
}
network Plain {
  input x: image[1, 8, 8]
  node  N(x) = Flatten | Linear(16) | ReLU | Linear(10)
  output y = N
}
"""
BAGS = """
train bags = HighLow on digits {
  maximize 0.8 * Accuracy(y, label) - 0.2 * cost / cost(N3)
  by       q_learning(bag=2, explore=linear(1, 0.1, epochs=2))
  minimize CrossEntropyLoss(y, label)
  using    Adam(lr=2e-3)  epochs EPOCHS  batch 14  clip 1
}
"""
OTHERS = """
train exchanged = HighLow on digits {
  from     bags(N2, N3)
  maximize 0.8 * Accuracy(y, label) - 0.2 * cost / cost(N3)
  by       q_learning(bag=2, explore=constant(0.3), counterfactual=true)
  minimize CrossEntropyLoss(y, label)
  using    Adam(lr=2e-3)  epochs 2  batch 14
}
train alone = Plain on digits {
  minimize CrossEntropyLoss(y, label)
  using SGD(lr=0.1, momentum=0.9, weight_decay=1e-3)  epochs 2  batch 14
}
train ranked = Plain on digits {
  maximize 2 * Accuracy(y, label) - CrossEntropyLoss(y, label)
  by uniloss(interpolation="idw", near=4, subset=0.5)
  using Adam(lr=1e-3)  epochs 2  batch 32 stratified by label
}
"""


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SRC)}


def command(processes: int, *words: str) -> list[str]:
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    together = torchrun if processes > 1 else []
    device = ["--device", "cpu"]
    return [sys.executable, *together, "-m", "autodesign.interpreter.cli", "s.ad", *words, *device]


def done(folder: Path, processes: int, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(processes, *words),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from numbers(inner, f"{path}/{name}")
    elif isinstance(value, int | float):
        yield path, value


def records(folder: Path, job: str) -> list[dict[str, float]]:
    lines = (folder / job / "metrics.jsonl").read_text().splitlines()
    return [dict(numbers(json.loads(line))) for line in lines]


def test_parts_make_the_whole_and_may_be_empty() -> None:
    rows = torch.arange(3)
    assert [Ranks(rank, 5).part(rows).tolist() for rank in range(5)] == [[0], [1], [2], [], []]
    assert Ranks().part(rows) is not None and Ranks().part(rows).equal(rows)


@pytest.mark.slow
def test_two_processes_have_the_curves_of_one(tmp_path: Path) -> None:
    """Few rows a step: nodes run in one process only, the last batch leaves the second without."""
    text = HEAD.replace("DROPOUT", "") + BAGS.replace("EPOCHS", "2") + OTHERS
    (tmp_path / "s.ad").write_text(text)
    one = done(tmp_path, 1, "--out", "one")
    assert one.returncode == 0, one.stderr
    two = done(tmp_path, 2, "--out", "two")
    assert two.returncode == 0, two.stderr
    for job in ("bags", "exchanged", "alone", "ranked"):
        pairs = zip(records(tmp_path / "one", job), records(tmp_path / "two", job), strict=True)
        for single, shared in pairs:
            assert shared == pytest.approx(single, abs=1e-5, rel=1e-5)  # must show 5 of part 3
    assert two.stdout.count("bags 1/2") == 1
    assert {path.name for path in (tmp_path / "two").iterdir()} == {
        path.name for path in (tmp_path / "one").iterdir()
    }


@pytest.mark.slow
def test_a_killed_process_ends_the_other_and_the_run_resumes(tmp_path: Path) -> None:
    text = HEAD.replace("DROPOUT", "Dropout(0.2) |") + BAGS.replace("EPOCHS", "8")
    (tmp_path / "s.ad").write_text(text)
    whole = done(tmp_path, 2, "--out", "whole")
    assert whole.returncode == 0, whole.stderr
    for victim, out in enumerate(("first", "second")):
        said = killed(tmp_path, out, victim)
        assert "AD977" in said, said
        again = done(tmp_path, 2, "--out", out, "--resume")
        assert again.returncode == 0, again.stderr
        for name in ("last.safetensors", "best.safetensors", "metrics.jsonl", "result.json"):
            one, other = (tmp_path / run / "bags" / name for run in ("whole", out))
            assert one.read_bytes() == other.read_bytes()


def killed(folder: Path, out: str, victim: int) -> str:
    """What is said where one of two processes is killed after two epochs."""
    with (folder / "said").open("w") as said:
        words = command(2, "--out", out)
        broken = subprocess.Popen(words, cwd=folder, env=environment(), stderr=said)
    metrics = folder / out / "bags" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") >= 2):
        assert broken.poll() is None
        time.sleep(0.005)
    workers = ["ps", "--ppid", str(broken.pid), "-o", "pid="]
    found = subprocess.run(workers, capture_output=True, text=True).stdout.split()
    os.kill(int(found[victim]), signal.SIGKILL)
    assert broken.wait(timeout=120) != 0
    assert not (folder / out / "bags" / "result.json").exists()
    return (folder / "said").read_text()


@pytest.mark.slow
def test_what_is_refused_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "s.ad").write_text(HEAD.replace("DROPOUT", "") + BAGS.replace("EPOCHS", "1"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    refused = done(tmp_path, 2, "--out", "run")
    assert refused.returncode != 0 and refused.stderr.count("error[AD766]") == 1
    assert "AD977" not in refused.stderr
