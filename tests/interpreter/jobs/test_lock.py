"""Two processes never write into one run directory; a killed one is not in the way of its heir."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.lock import held
from autodesign.interpreter.jobs.run import Run

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]
SRC = Path(__file__).parents[3] / "src"
HOLDING = """
import sys, time
from pathlib import Path
from autodesign.interpreter.jobs.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:
    """A process that holds the folder `run`."""
    (tmp_path / "run").mkdir()
    words = [sys.executable, "-c", HOLDING, str(tmp_path / "run")]
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    found = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    assert found.stdout is not None and found.stdout.readline() == "held\n"
    return found


def test_a_folder_that_another_process_holds_is_refused_until_that_is_killed(
    other: subprocess.Popen[str], tmp_path: Path, start: Start
) -> None:
    with pytest.raises(SpecError, match="AD976"):
        start(tmp_path / "run")
    assert not list((tmp_path / "run").iterdir())
    other.send_signal(signal.SIGKILL)
    other.wait()
    start(tmp_path / "run")


def test_a_run_that_goes_on_cannot_be_resumed_beside_it(start: Start, tmp_path: Path) -> None:
    refusals: list[str] = []

    class Resuming(Listener):
        def stepped(self, epoch: int, step: int) -> None:
            if not refusals:
                with pytest.raises(SpecError) as refusal:
                    start(tmp_path / "run", resume=True)
                refusals.append(refusal.value.diagnostics[0].code)

    start(tmp_path / "run", listener=Resuming())
    assert refusals == ["AD976"]
    start(tmp_path / "run", resume=True)


def test_a_file_system_without_locks_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(file: int, operation: int) -> None:
        raise OSError("not supported")

    monkeypatch.setattr("fcntl.flock", flock)
    with held(tmp_path), held(tmp_path):
        pass
