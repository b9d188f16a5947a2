"""Networks that cannot be drawn (AD985-AD989)."""

import json
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

train job = Net on digits {
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=0.1)
  epochs 1  batch 64
}

train again = Net on digits {
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=0.1)
  epochs 1  batch 64
}

data digits = Digits()
"""

RESULT = {
    "job": "job",
    "epochs": 1,
    "best_epoch": 1,
    "examples": 360,
    "values": {},
    "cost": 640.0,
    "least": 640,
    "greatest": 640,
    "rates": {"M": 1.0},
    "paths": {"M": 360},
}


def refused(
    name: str, output: Path, run: Path | None = None, job: str | None = None
) -> list[Diagnostic]:
    checked, _ = load_text(SPEC, "digits.ad", standard(), {})
    assert checked is not None
    with pytest.raises(SpecError) as caught:
        draw_into(checked, name, output, run, job)
    return list(caught.value.diagnostics)


def AD985(tmp_path: Path) -> list[Diagnostic]:
    return refused("Nut", tmp_path / "net.svg")


def AD986(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "net.jpg")


def AD986_folder(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "pictures" / "net.svg")


def AD987(tmp_path: Path) -> list[Diagnostic]:
    return refused("Deep", tmp_path / "net.svg")


def finished(run: Path, *jobs: str) -> Path:
    for job in jobs:
        (run / job).mkdir(parents=True)
        (run / job / "result.json").write_text(json.dumps(RESULT))
    return run


def AD988(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "net.svg", tmp_path / "run")


def AD988_job(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "net.svg", finished(tmp_path / "run", "job"), "again")


def AD988_several(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "net.svg", finished(tmp_path / "run", "job", "again"))


def AD988_other(tmp_path: Path) -> list[Diagnostic]:
    return refused("Net", tmp_path / "net.svg", finished(tmp_path / "run", "job"))
