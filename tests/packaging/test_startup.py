"""What a command loads: checking a spec must not wait for torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "torchvision", "numpy", "sklearn", "matplotlib", "pydantic", "rich", "jinja2"}
SPEC = """ad 1
network N {
  input   x: image[1, 8, 8]
  control Q(x) = Flatten | Linear ~> A, B
  node    A(x) = Flatten | Linear(2)
  node    B(x) = Conv2d(8, 3) | ReLU | Flatten | Linear(2)
  output  y = A ?? B
}
"""
WRONG = SPEC.replace("ReLU", "RelU")


def loaded(program: str, *arguments: str) -> set[str]:
    """The top-level modules that a Python program has loaded when it ends."""
    report = "\nimport sys\nprint('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program + report, *arguments],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED")[2].split())


INTERPRET = """
from autodesign.interpreter.cli import main
try:
    main()
except SystemExit:
    pass
"""


def test_import_autodesign_loads_nothing_heavy() -> None:
    assert not loaded("import autodesign") & HEAVY


def test_diagnostics_load_nothing_heavy() -> None:
    program = "import autodesign.dsl.diagnostics." + ", autodesign.dsl.diagnostics.".join(
        ("terminal", "json", "sarif", "suggest", "explain")
    )
    assert not loaded(program) & HEAVY


@pytest.mark.parametrize("text", [SPEC, WRONG], ids=["right", "wrong"])
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_interpret_check_loads_nothing_heavy(text: str, form: str, tmp_path: Path) -> None:
    spec = tmp_path / "a.ad"
    spec.write_text(text)
    assert not loaded(INTERPRET, "check", str(spec), "--format", form) & HEAVY


@pytest.mark.parametrize("arguments", [("explain", "AD100"), ("--help",)], ids=lambda a: a[0])
def test_other_commands_that_only_read_load_no_torch(arguments: tuple[str, ...]) -> None:
    assert "torch" not in loaded(INTERPRET, *arguments)
