"""`interpret check` as a process: no text makes it hang or fill the memory.

How long it takes is measured by `bench/check.py`; here a process that hangs is killed.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20
PATIENCE = 20
"""CPU seconds after which a process is killed: one that hangs must not hang the tests."""

NODES = """
network N{n} {{
  input   x: image[3, 32, 32]
  node    stem(x) = Conv2d(8, 3, padding=1) | BatchNorm2d | ReLU | MaxPool2d(2)
  control Q(stem) = Flatten | Linear ~> wide, thin
  node    wide(stem) = conv(16) | conv(16) | Flatten | fc(64) | Linear(10)
  node    thin(stem) = MaxPool2d(2) | Flatten | Linear(10)
  output  y = wide ?? thin
}}
"""
HEAD = """ad 1
block conv(filters, size=3) = Conv2d(filters, size) | ReLU
block fc(d) = Linear(d) | ReLU
"""


def spec_of(lines: int) -> str:
    """A spec of at least so many lines: networks with control nodes, one after the other."""
    each = NODES.count("\n")
    return HEAD + "".join(NODES.format(n=n) for n in range(lines // each + 1))


PROGRAM = """
import atexit, os, pathlib
def tell():
    [peak] = [l for l in pathlib.Path("/proc/self/status").open() if l.startswith("VmHWM")]
    pathlib.Path(os.environ["PEAK"]).write_text(peak.split()[1])
atexit.register(tell)
from autodesign.interpreter.cli import main
main()
"""
"""Tells its own greatest memory in kB: what `wait4` tells begins with that of the process which
forked it, here pytest with torch in it."""


def check(spec: Path) -> tuple[int, str, int]:
    """Greatest memory in bytes, output and exit status of `interpret check`."""
    with TemporaryDirectory() as folder:
        return _check(spec, Path(folder) / "peak")


def _check(spec: Path, peak: Path) -> tuple[int, str, int]:
    command = [sys.executable, "-c", PROGRAM, "check", str(spec)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PEAK": str(peak)}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE)),
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read().decode()
    memory = int(peak.read_text()) * 1024 if peak.exists() else 0
    return memory, output, process.returncode


@pytest.mark.parametrize("lines", [300, 10_000])
def test_a_long_spec_is_checked(lines: int, tmp_path: Path) -> None:
    spec = tmp_path / "a.ad"
    spec.write_text(spec_of(lines))
    memory, output, status = check(spec)
    assert status == 0, output
    assert memory < 500 * MEGABYTE


def network(chain: str, shape: str = "vector[4]") -> str:
    return f"ad 1\nnetwork N {{ input x: {shape} node a(x) = {chain} output y = a }}\n"


DOUBLING = "ad 1\nblock b0 = ReLU\n" + "".join(f"block b{n + 1} = b{n} | b{n}\n" for n in range(60))
HOSTILE = {
    "nested parentheses": network("(" * 10_000 + "ReLU" + ")" * 10_000),
    "open parentheses": network("(" * 10_000),
    "nested lists": "ad 1\nparam p = " + "[" * 10_000 + "]" * 10_000 + "\n",
    "nested blocks of braces": "ad 1\n" + "network N { " * 10_000,
    "a name of a megabyte": network("x" * MEGABYTE),
    "a declared name of a megabyte": f"ad 1\nblock {'x' * MEGABYTE} = Liner(1)\n",
    "a line of a megabyte": network("ReLU | " * 150_000 + "RelU"),
    "a text of a megabyte": f'ad 1\nparam p: int = "{"x" * MEGABYTE}"\n',
    "a number of 100,000 digits": f"ad 1\nparam p = {'9' * 100_000}\n",
    "a huge power": "ad 1\nparam p = 9^9^9^9\n",
    "a long sum": "ad 1\nparam p = " + "1 + " * 50_000 + "x\n",
    "a billion copies": network("repeat(1_000_000_000, ReLU)"),
    "copies of copies": network("repeat(9999, repeat(9999, repeat(9999, ReLU)))"),
    "blocks that double": DOUBLING + network("b60").removeprefix("ad 1"),
    "a shape of 10^12 elements": network("ReLU", "image[10000, 10000, 10000]"),
    "a layer of 10^12 elements": network("Linear(1_000_000_000_000)"),
    "a block within itself": "ad 1\nblock a = a | a\n" + network("a").removeprefix("ad 1"),
    "ten thousand errors": "ad 1\n" + "block b = \n" * 10_000,
    "three thousand unknown names": "ad 1\n"
    + "".join(
        f"network N{n} {{ input x: vector[4] node a(x) = Liner{n}(2) output y = a }}\n"
        for n in range(3_000)
    ),
    "a megabyte of noise": "ad 1\n" + "}{)(,=~>??|:" * 90_000,
    "a megabyte of quotes": "ad 1\n" + '"' * MEGABYTE,
    "escape sequences": "ad 1\n" + "\x1b[2J\x07\u202e" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_before_patience_ends(name: str, tmp_path: Path) -> None:
    spec = tmp_path / "a.ad"
    spec.write_text(HOSTILE[name])
    memory, output, status = check(spec)
    assert status == 1 and "error[AD" in output
    assert "Traceback" not in output and "\x1b" not in output
    assert memory < 500 * MEGABYTE  # "Must show", 4


def test_other_files_are_refused_too(tmp_path: Path) -> None:
    (tmp_path / "bytes.ad").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "empty.ad").write_bytes(b"")
    for path in (tmp_path, tmp_path / "none.ad", tmp_path / "bytes.ad", tmp_path / "empty.ad"):
        memory, output, status = check(path)
        assert status == 1 and "error[AD" in output and "Traceback" not in output, path
        assert memory < 500 * MEGABYTE


def test_an_endless_file_is_not_read_to_its_end() -> None:
    if Path("/dev/zero").exists():
        memory, output, status = check(Path("/dev/zero"))
        assert status == 1 and "error[AD" in output
        assert memory < 500 * MEGABYTE
