"""The command line: what it says, where, and with what exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GOOD = """ad 1

data digits = Digits(split=[0.1, 0.1, 0.8])

network Net {
  input  image: image[1, 8, 8]
  node   N(image) = Flatten | Linear(10)
  output y = N
}

param lr: real in 0.. = 0.1

train job = Net on digits {
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=lr)
  epochs   1
  batch    32
}
"""


def interpret(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "autodesign.interpreter.cli", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.ad").write_text(GOOD)
    (tmp_path / "bad.ad").write_text(GOOD.replace("Linear(10)", "Linaer(10)"))
    return tmp_path


def test_a_spec_alone_runs(folder: Path) -> None:
    done = interpret(folder, "good.ad", "--set", "lr=0.2", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    [run] = (folder / "runs").iterdir()
    assert run.name.startswith("good-")
    assert "job 1/1" in done.stdout and f"report: runs/{run.name}/report.html" in done.stdout
    facts = json.loads((run / "run.json").read_text())
    assert facts["settings"] == {"lr": "0.2"} and facts["device"] == "cpu"
    names = {path.name for path in run.iterdir()}
    assert names == {"spec.ad", "run.json", "report.html", "job"}
    again = interpret(folder, "good.ad", "--set", "lr=0.2", "--resume", "--device", "cpu")
    assert again.returncode == 0 and "job: done before" in again.stdout


def test_a_refused_spec_is_status_1_and_told_on_stderr(folder: Path) -> None:
    done = interpret(folder, "bad.ad")
    assert done.returncode == 1
    assert "Linaer" in done.stderr and "Linear" in done.stderr and not done.stdout
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["good.ad", "--set", "lr"],
        ["good.ad", "--engine", "abacus"],
        ["good.ad", "--nonsense"],
        ["check"],
        ["check", "good.ad", "--format", "yaml"],
        ["explain", "AD999"],
        ["graph", "good.ad", "Net"],
    ],
)
def test_wrong_usage_is_status_2(folder: Path, words: list[str]) -> None:
    done = interpret(folder, *words)
    assert done.returncode == 2
    assert done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["graph", "good.ad", "Nut", "-o", "net.svg"], "AD985"),
        (["graph", "good.ad", "Net", "-o", "net.jpg"], "AD986"),
        (["good.ad", "--engine", "ray"], "AD685"),
        (["good.ad", "--job", "jib"], "AD762"),
        (["missing.ad"], "AD206"),
    ],
)
def test_what_is_refused_has_a_code(folder: Path, words: list[str], code: str) -> None:
    done = interpret(folder, *words)
    assert done.returncode == 1 and f"error[{code}]" in done.stderr


def test_a_run_that_fails_is_status_3(folder: Path) -> None:
    deep = GOOD.replace("Linear(10)", "Linear(8) | Linear(8) | Linear(10)")
    (folder / "deep.ad").write_text(deep)
    done = interpret(folder, "deep.ad", "--set", "lr=1e14", "--device", "cpu")
    assert done.returncode == 3 and "error[AD901]" in done.stderr


def test_check_tells_what_networks_cost(folder: Path) -> None:
    done = interpret(folder, "check", "good.ad")
    assert (done.returncode, done.stdout) == (0, "Net: 640 multiplications an example\n")


def test_check_writes_json_and_sarif(folder: Path) -> None:
    found = json.loads(interpret(folder, "check", "bad.ad", "--format", "json").stdout)
    assert [one["code"] for one in found["diagnostics"]] == ["AD201"]
    sarif = json.loads(interpret(folder, "check", "bad.ad", "--format", "sarif").stdout)
    assert sarif["version"] == "2.1.0"
    clean = interpret(folder, "check", "good.ad", "--format", "json")
    assert clean.returncode == 0 and json.loads(clean.stdout)["diagnostics"] == []


def test_fmt_writes_the_canonical_form_and_checks_for_it(folder: Path) -> None:
    untidy = folder / "untidy.ad"
    untidy.write_text("ad 1   data   digits=Digits( )  # kept\n")
    assert interpret(folder, "fmt", "untidy.ad", "--check").returncode == 1
    assert untidy.read_text().startswith("ad 1   data")
    assert interpret(folder, "fmt", "untidy.ad").returncode == 0
    assert "# kept" in untidy.read_text()
    assert interpret(folder, "fmt", "untidy.ad", "--check").returncode == 0
    assert interpret(folder, "fmt", "bad.ad").returncode == 0, "it can be read, if not checked"


def test_explain_shows_the_page_of_a_code(folder: Path) -> None:
    done = interpret(folder, "explain", "ad302")
    assert done.returncode == 0 and done.stdout.startswith("# AD302: ")


@pytest.mark.parametrize("file", ["bad.ad", str(ROOT / "specs/growth/dggan_small.ad")])
def test_check_loads_neither_torch_nor_rich(folder: Path, file: str) -> None:
    program = (
        "import sys\nfrom autodesign.interpreter.cli import main\n"
        f"try:\n    main(['check', {file!r}])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'rich', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_mistake_of_the_interpreter_is_told_without_a_traceback(folder: Path) -> None:
    program = (
        "from autodesign.dsl import load\nfrom autodesign.interpreter.cli import main\n"
        "load.load_file = lambda *parts: 1 / 0\nmain(['check', 'good.ad'])\n"
    )
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert "error[AD900]" in done.stderr and "Traceback" not in done.stderr
    [log] = folder.glob("interpret-*.txt")
    assert "ZeroDivisionError" in log.read_text()
