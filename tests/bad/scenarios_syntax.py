"""Texts that no file of this folder can hold."""

from pathlib import Path

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.load import read_source
from autodesign.dsl.source import Source
from autodesign.dsl.syntax.limits import CHARACTERS, TOKENS
from autodesign.dsl.syntax.parse import parse


def AD122(tmp_path: Path) -> list[Diagnostic]:
    """More words than are read."""
    return list(parse(Source("everything.ad", "ad 1\n" + "width " * TOKENS))[1])


def AD122_bytes(tmp_path: Path) -> list[Diagnostic]:
    """More bytes than are read."""
    path = tmp_path / "everything.ad"
    path.write_bytes(b"# " + b"x" * 4 * CHARACTERS)
    found = read_source(path, "everything.ad")
    assert isinstance(found, Diagnostic)
    return [found]
