"""Networks that cannot be drawn (AD985-AD989)."""

from pathlib import Path

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.drawing.command import draw_into
from autodesign.stdlib.library import standard

SPEC = """ad 1

network Net {
  input  image: image[1, 8, 8]
  node   N(image) = Flatten | Linear(10)
  output y = N
}

network Deep {
  input  image: image[1, 8, 8]
  node   N(image) = Net | repeat(100, Pair)
  output y = N
}

network Pair {
  input  x: vector[10]
  node   N(x) = Linear(10)
  output y = N
}
"""


def refused(name: str, output: Path) -> list[Diagnostic]:
    checked, _ = load_text(SPEC, "digits.ad", standard(), {})
    assert checked is not None
    with pytest.raises(SpecError) as caught:
        draw_into(checked, name, output)
    return list(caught.value.diagnostics)


def AD985(tmp_path: Path) -> list[Diagnostic]:
    return refused("Nut", tmp_path / "net.svg")


def AD986(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "net.jpg")


def AD986_folder(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "pictures" / "net.svg")


def AD987(tmp_path: Path) -> list[Diagnostic]:
    return refused("Deep", tmp_path / "net.svg")
