"""A sweep in several processes, killed anywhere and resumed, ends as one in a single process."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import autodesign as ad

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
LEFT = ("*.safetensors", "metrics.jsonl", "result.json", "results.*", "*.svg", "*.png")
POINTS = 7


def command(out: Path, *more: str) -> list[str]:
    words = ["digits.ad", "--job", "curve", "--out", str(out), "--device", "cpu", *more]
    return [sys.executable, "-m", "autodesign.interpreter.cli", *words]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path, "COLUMNS": "200"}


def interpret(folder: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(out, *more),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )


@contextmanager
def begun(folder: Path, out: Path, *more: str) -> "Iterator[subprocess.Popen[str]]":
    """A sweep of which a point has trained for three epochs."""
    started = subprocess.Popen(
        command(out, *more),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not any(p.read_bytes().count(b"\n") > 2 for p in out.rglob("metrics.jsonl")):
            assert started.poll() is None, started.stderr and started.stderr.read()
            time.sleep(0.01)
        yield started
    finally:
        started.kill()
        started.wait()


def children(process: int) -> list[int]:
    """The processes that a process has started, on Linux."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(number) for path in tasks for number in path.read_text().split()]


def wait_for_end(processes: list[int]) -> None:
    """Until none is there or each is a zombie that nobody has asked for; at most 30 seconds."""
    for _ in range(3000):
        if not any(alive(number) for number in processes):
            return
        time.sleep(0.01)
    raise AssertionError("processes are left behind")


def alive(process: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def left_in(out: Path) -> dict[str, bytes]:
    paths = sorted(path for pattern in LEFT for path in (out / "curve").rglob(pattern))
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from importlib.util import module_from_spec, spec_from_file_location

    described = spec_from_file_location("sweeps_conftest", Path(__file__).parent / "conftest.py")
    assert described and described.loader
    module = module_from_spec(described)
    described.loader.exec_module(module)
    place = tmp_path_factory.mktemp("sweep")
    (place / "digits.ad").write_text(module.TEXT + module.SWEEP)
    return place


@pytest.fixture(scope="module")
def serial(folder: Path) -> Path:
    done = interpret(folder, folder / "serial", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert f"{POINTS}/{POINTS} high,seed=1" in done.stdout
    return folder / "serial"


def test_a_sweep_leaves_a_run_for_each_point_and_what_came_of_all(serial: Path) -> None:
    found = json.loads((serial / "curve" / "results.json").read_text())
    assert [one["point"] for one in found["points"]][:2] == ["lam=0.2,seed=0", "lam=0.2,seed=1"]
    for one in found["points"]:
        there = serial / "curve" / one["point"]
        kept = json.loads((there / one["job"] / "result.json").read_text())
        assert kept["values"] == one["values"] and kept["cost"] == one["cost"]
        assert (there / "report.html").exists() and (there / "spec.ad").exists()
    lines = list(csv.DictReader((serial / "curve" / "results.csv").open()))
    assert [line["point"] for line in lines] == [one["point"] for one in found["points"]]
    for line, one in zip(lines, found["points"], strict=True):
        assert float(line["Accuracy(y, label)"]) == one["values"]["Accuracy(y, label)"]
        assert line["lam"] == str(one["settings"].get("lam", ""))
    facts = json.loads((serial / "run.json").read_text())
    assert facts["point_threads"] == 1
    assert json.loads((serial / "curve" / "low" / "run.json").read_text())["threads"] == 1


def test_the_report_links_each_point_and_loads_nothing(serial: Path) -> None:
    page = (serial / "curve" / "report.html").read_text()
    links = re.findall(r'href="\./([^"]+)"', page)
    assert len(links) == POINTS + 2
    for link in links:
        assert (serial / "curve" / link.replace("%3D", "=").replace("%2C", ",")).exists(), link
    assert not re.search(r"<(?:script|link|img|iframe|object)\b|src=", page)
    assert page.count("<svg") == 1 and "default-src 'none'" in page
    assert 'href="./curve/report.html"' in (serial / "report.html").read_text()


def test_parallel_equals_serial(folder: Path, serial: Path) -> None:
    done = interpret(folder, folder / "parallel", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert f"{POINTS} points in 2 processes" in done.stdout
    assert left_in(folder / "parallel") == left_in(serial)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_killed_as_a_whole_it_goes_on(folder: Path, serial: Path) -> None:
    out = folder / "killed"
    with begun(folder, out, "--workers", "2") as parent:
        workers = children(parent.pid)
        assert len(workers) == 2
        parent.kill()
        wait_for_end(workers)
    assert not (out / "curve" / "results.json").exists()
    done = interpret(folder, out, "--resume", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert left_in(out) == left_in(serial)
    assert not list(out.rglob("*.unfinished"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_worker_that_is_killed_is_passed_over(folder: Path, serial: Path) -> None:
    out = folder / "worker"
    with begun(folder, out, "--workers", "1") as parent:
        [worker] = children(parent.pid)
        os.kill(worker, signal.SIGKILL)
        _, errors = parent.communicate(timeout=300)
    assert parent.returncode == 3
    assert "error[AD790]: 1 of the 7 points of the sweep `curve` failed" in errors
    assert "was ended by the signal SIGKILL (AD791)" in errors
    found = json.loads((out / "curve" / "results.json").read_text())
    assert len(found["points"]) == POINTS - 1
    [failure] = found["failures"]
    assert "AD791" in (out / "curve" / failure["point"] / "failure.txt").read_text()
    done = interpret(folder, out, "--resume", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert f"{POINTS - 1} of them done before" in done.stdout
    assert left_in(out) == left_in(serial)
    assert not list(out.rglob("failure.txt"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_ends_all_and_leaves_all_resumable(folder: Path, serial: Path) -> None:
    out = folder / "asked"
    with begun(folder, out, "--workers", "2") as parent:
        workers = children(parent.pid)
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
        _, errors = parent.communicate(timeout=120)
        wait_for_end(workers)
    assert parent.returncode == 3
    assert "error[AD906]: the sweep `curve` was interrupted" in errors
    assert f"--resume --out {out}" in errors and "Traceback" not in errors
    assert not list(out.rglob("failure.txt")) and not list(out.rglob("log.txt"))
    done = interpret(folder, out, "--resume")
    assert done.returncode == 0, done.stderr
    assert left_in(out) == left_in(serial)


def test_from_python_it_gives_rows_and_a_table(
    folder: Path, serial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = left_in(serial)
    done = ad.load("digits.ad").run("curve", out=serial, resume=True, device="cpu", quiet=True)
    assert left_in(serial) == before, "nothing is run twice"
    assert [row.point for row in done.rows][-1] == "high,seed=1"
    assert done.rows[0].settings == {"lam": 0.2, "seed": 0}
    lines = done.table.splitlines()
    assert lines[0] == "|  | Accuracy(y, label) | cost | runs |"
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "lam = 0.2", "lam = 0.9", "low", "high"
    ]  # fmt: skip
    one = done.sweeps["curve"]
    assert one.means[0].mean(one.figures[1]) == pytest.approx(
        sum(row.result.cost for row in done.rows[:2]) / 2
    )


def test_jobs_that_a_sweep_runs_are_left_to_it(text: str) -> None:
    from autodesign.interpreter.jobs.run import chosen

    checked = ad.loads(text).checked
    jobs, sweeps, searches = chosen(checked, None)
    assert (jobs, [one.name for one in sweeps], searches) == ([], ["curve"], [])
    assert [one.name for one in chosen(checked, "low")[0]] == ["low"]
