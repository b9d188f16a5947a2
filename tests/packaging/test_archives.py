"""What is shipped: the wheel and the sdist, and the wheel in an environment of its own."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = (
    "dsl/grammar/ad.lark",
    "dsl/diagnostics/pages/",
    "stdlib/layers/convolution.ad",
    "stdlib/layers/convolution.py",
    "stdlib/data/",
    "interpreter/cli.py",
    "specs/quickstart.ad",
)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from that sdist."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=out)
    return out


@pytest.fixture(scope="module")
def wheel(archives: Path) -> Path:
    (found,) = archives.glob("*.whl")
    return found


def sources() -> set[str]:
    """Every file of the three floors that git keeps or would keep, as `dsl/...`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        [*command, "dsl", "stdlib", "interpreter", "specs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_wheel_holds_every_source_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {"autodesign/__init__.py", "autodesign/py.typed"}
    assert names == {f"autodesign/{name}" for name in sources()} | package


def test_wheel_holds_grammar_library_pages_and_specs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in NEEDED:
        assert any(name.startswith(f"autodesign/{needed}") for name in names), needed
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_sdist_holds_sources_tests_and_docs(archives: Path) -> None:
    (path,) = archives.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"pyproject.toml", "README.md", "LICENSE", "docs/language.md", "tests/bad/test_bad.py"}
    assert sources() | needed <= names


def test_installed_wheel_runs_alone(wheel: Path, tmp_path: Path) -> None:
    """A fresh environment that sees this one's packages, but not this checkout."""
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--no-deps", "--no-index", str(wheel))
    site = run(scripts / "python", "-c", "import site; print(site.getsitepackages()[0])")
    others = [path for path in sys.path if path.endswith("site-packages")]
    (Path(site.strip()) / "others.pth").write_text("\n".join(others))
    place = run(scripts / "python", "-c", "import autodesign; print(autodesign.__file__)")
    assert Path(place.strip()).is_relative_to(tmp_path)
    assert "check" in run(scripts / "interpret", "--help")
    (tmp_path / "a.ad").write_text(
        "ad 1\nnetwork N { input x: image[1, 8, 8] output y = Linear(2) }\n"
    )
    run(scripts / "interpret", "explain", "AD100", codes=(0, 1))


def run(*command: str | Path, codes: tuple[int, ...] = (0,)) -> str:
    """The output of a command, run far from the checkout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd="/", env=environment
    )
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout
