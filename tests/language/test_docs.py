"""The documentation is true: its specs are checked, its Python is run, its commands are typed.

In docs/*.md, README.md and CONTRIBUTING.md a fenced block is

    ```ad                     a spec that checks without an error, or (without `ad 1`) a part of one
                              that is read without an error
    ```ad refused AD302       refused with exactly these codes
    ```ad file=highlow.ad     also written to a file for the blocks below
    ```python run             executed, after those above it on the page
    ```console run            `$ command` lines, each with the output it must give (`...` for any)
"""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: ```ad refused AD302 has the language "ad" and the words "refused AD302"."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def file(self) -> str:
        """The name under which the block is a file: ```ad file=highlow.ad"""
        return next((w.removeprefix("file=") for w in self.words if w.startswith("file=")), "")

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language, *words = found["info"].split()
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, language, tuple(words), found["text"])


SPECS = [block for page in PAGES for block in blocks(page) if block.language == "ad"]


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_spec_is_as_the_page_says(block: Block) -> None:
    whole = block.text.lstrip().startswith("ad 1")
    text = block.text if whole else f"ad 1\n{block.text}"
    _, found = load_text(text, block.file or "page.ad", standard(), {})
    errors = {one.code for one in found if one.severity == "error"}
    if "refused" in block.words:
        assert errors == {word for word in block.words if word.startswith("AD")}
    elif whole:
        assert not errors, [one.message for one in found]
    else:
        assert not {code for code in errors if code.startswith("AD1")}


def runs(page: Path) -> bool:
    return any("run" in block.words for block in blocks(page))


@pytest.mark.parametrize("page", [*filter(runs, PAGES)], ids=lambda page: page.stem)
def test_what_the_page_runs_gives_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    namespace: dict[str, object] = {"__name__": "page"}
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif "run" not in block.words:
            continue
        elif block.language == "python":
            code = "\n" * block.line + block.text
            exec(compile(code, str(page), "exec"), namespace)
        elif block.language == "console":
            typed(block)


def typed(block: Block) -> None:
    """Types each `$ command` of a block and compares what it prints."""
    for part in ("\n" + block.text).split("\n$ ")[1:]:
        command, _, expected = part.partition("\n")
        printed = shell(command)
        matches = doctest.OutputChecker().check_output
        assert matches(expected, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), (
            f"{block}: $ {command}\n{printed}"
        )


def shell(command: str) -> str:
    """What a command prints, `interpret` being that of this checkout."""
    program = f'"{sys.executable}" -m autodesign.interpreter.cli'
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100"}
    done = subprocess.run(
        command.replace("interpret ", f"{program} ", 1),
        shell=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return done.stdout + done.stderr


def test_a_wrong_page_is_found_out(tmp_path: Path) -> None:
    """The laws above can fail: a page with a mistake in each kind of block."""
    page = tmp_path / "page.md"
    page.write_text("```ad\nad 1\nnetwork {\n```\n\n```console run\n$ echo one\ntwo\n```\n")
    spec, console = blocks(page)
    assert (spec.language, spec.line, console.words) == ("ad", 1, ("run",))
    with pytest.raises(AssertionError):
        test_spec_is_as_the_page_says(spec)
    with pytest.raises(AssertionError), contextlib.redirect_stdout(io.StringIO()):
        typed(console)
