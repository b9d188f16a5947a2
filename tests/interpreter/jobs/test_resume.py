"""A run that was broken anywhere and resumed ends as one that was not, byte for byte."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from killed import Killed, killed_within_any_write

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.jobs import course
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Run

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]
ROOT = Path(__file__).parents[3]
FILES = ("last.safetensors", "best.safetensors", "metrics.jsonl", "result.json")


class KilledAtStep(Listener):
    def __init__(self, step: int) -> None:
        self.left = step

    def stepped(self, epoch: int, step: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class InterruptedAtStep(KilledAtStep):
    def stepped(self, epoch: int, step: int) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)


def left_in(directory: Path) -> dict[str, bytes]:
    return {name: (directory / "job" / name).read_bytes() for name in FILES}


@pytest.fixture
def unbroken(start: Start, tmp_path: Path) -> dict[str, bytes]:
    start(tmp_path / "unbroken")
    return left_in(tmp_path / "unbroken")


# 3 epochs of 5 steps: before any checkpoint, in the middle, at the last step
@pytest.mark.parametrize("step", [1, 7, 10, 15])
@pytest.mark.parametrize("save_every", [0.0, 1e9])
def test_killed_between_steps(
    start: Start,
    unbroken: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    save_every: float,
) -> None:
    monkeypatch.setattr(course, "SAVE_EVERY", save_every)
    with pytest.raises(Killed):
        start(tmp_path / "run", listener=KilledAtStep(step))
    start(tmp_path / "run", resume=True)
    assert left_in(tmp_path / "run") == unbroken


def test_killed_within_any_write(
    start: Start, unbroken: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = killed_within_any_write(start, unbroken, left_in, tmp_path, monkeypatch)
    assert number > 10  # spec, facts, and three files in each of three epochs


def test_asked_to_end_it_saves_says_how_to_go_on_and_does(
    start: Start, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(RunError) as refusal:
        start(tmp_path / "run", listener=InterruptedAtStep(8))
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD906"
    assert "after step 8" in diagnostic.message
    assert str(tmp_path / "run") in diagnostic.help
    start(tmp_path / "run", resume=True)
    assert left_in(tmp_path / "run") == unbroken


def test_finished_jobs_are_not_repeated(start: Start, text: str, tmp_path: Path) -> None:
    started: list[str] = []

    class Names(Listener):
        def job_started(self, job: object, epoch: int, steps: int) -> None:
            started.append(job.name)  # type: ignore[attr-defined]

    both = text + text[text.index("train job") :].replace("train job", "train other")
    start(tmp_path / "run", both, job="job")
    first = left_in(tmp_path / "run")
    start(tmp_path / "run", both, resume=True, listener=Names())
    assert started == ["other"]
    assert left_in(tmp_path / "run") == first


def test_a_checkpoint_of_another_spec_is_refused_by_name(
    start: Start, text: str, tmp_path: Path
) -> None:
    start(tmp_path / "run")
    other = text.replace("epochs 3", "epochs 4").replace("Linear(16)", "Linear(17)")
    with pytest.raises(SpecError) as refusal:
        start(tmp_path / "run", other, resume=True)
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD768"
    assert diagnostic.notes == (
        "The node N3 differs.",
        "The value of the goals differs.",  # it holds cost(N3)
        "The number of epochs is 3 there, and 4 in this spec.",
    )


@pytest.mark.slow
def test_kill_9_in_the_middle_of_an_epoch(text: str, tmp_path: Path) -> None:
    (tmp_path / "small.ad").write_text(text.replace("epochs 3", "epochs 12"))

    def command(out: str, *more: str) -> list[str]:
        words = ["small.ad", "--out", out, "--device", "cpu", *more]
        return [sys.executable, "-m", "autodesign.interpreter.cli", *words]

    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    whole = subprocess.run(
        command("whole"), cwd=tmp_path, env=environment, capture_output=True, timeout=120
    )
    assert whole.returncode == 0, whole.stderr
    broken = subprocess.Popen(
        command("broken"), cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    )
    metrics = tmp_path / "broken" / "job" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") >= 3):
        assert broken.poll() is None
        time.sleep(0.005)
    broken.kill()
    broken.wait()
    assert not (tmp_path / "broken" / "job" / "result.json").exists()
    again = subprocess.run(
        command("broken", "--resume"), cwd=tmp_path, env=environment, capture_output=True
    )
    assert again.returncode == 0, again.stderr
    assert left_in(tmp_path / "broken") == left_in(tmp_path / "whole")
