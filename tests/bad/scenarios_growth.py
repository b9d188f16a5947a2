"""Searches that are refused (AD680-AD685) or go wrong (AD975-AD982)."""

import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth.assignment import Assignment
from autodesign.interpreter.growth.candidate import train_candidate
from autodesign.interpreter.growth.engine_local import Local
from autodesign.interpreter.growth.engine_ray import not_shared
from autodesign.interpreter.growth.identity import opening
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.growth.perform import Work
from autodesign.interpreter.growth.refusals import nothing_left, passed_over
from autodesign.interpreter.growth.result import Plan
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.jobs import crew
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import run
from autodesign.stdlib.library import standard

SPEC = """ad 1
use std.metrics (Accuracy)

data digits = Digits()
growth Small {
  network C {
    input  x: image[1, 8, 8]
    node   stem(x) = Conv2d(4, 3, padding="same") | ReLU
    node   score(stem) = Flatten | Linear(10)
    output y = score
  }
  action deeper(size in {3, 5}) = Conv2d(4, size, padding="same") | ReLU after C.stem
}
search grown = Small on digits {
  maximize Accuracy(y, label)
  by       top_k(keep=2, sample=1)
  train    CrossEntropyLoss(y, label) using Adam(lr=3e-3) for 1 epochs
  until    layers 1
}
"""


def checked(text: str = SPEC) -> spec.Spec:
    found, diagnostics = load_text(text, "grown.ad", standard(), {})
    assert found is not None, diagnostics
    return found


def plan(tmp_path: Path) -> Plan:
    search = checked().searches["grown"]
    place = tmp_path / "run" / "grown"
    place.mkdir(parents=True, exist_ok=True)
    return Plan(search, place, 2, 1.0)


def journal(tmp_path: Path, *lines: str) -> Plan:
    """A search of which the journal holds these lines."""
    found = plan(tmp_path)
    (found.place / "journal.jsonl").write_text("".join(lines))
    return found


class Heard(Listener):
    def __init__(self) -> None:
        self.warnings: list[Diagnostic] = []

    def warned(self, job: object, warning: Diagnostic) -> None:
        self.warnings.append(warning)


def said(found: Plan) -> list[Diagnostic]:
    """What is said of a search whose processes cannot even start, warnings first."""
    heard = Heard()
    engine = Local(1, 1, ("cpu",))
    with patch.object(crew.sys, "executable", "/bin/false"), pytest.raises(SpecError) as caught:
        run_search(found, engine, train_candidate, heard, Interruption(), "interpret grown.ad")
    return [*heard.warnings, *caught.value.diagnostics]


def died(number: str) -> Candidate:
    """A candidate of the second step whose process was killed again and again."""
    why = "its process was ended 3 times, at last by the signal SIGKILL"
    return Candidate(
        outcome="failed",
        error=why,
        id=number,
        parent="35cecc4118f38974",
        move="deeper(size=5)",
        step=2,
        seed=0,
        budget=None,
    )


def refused(text: str, request: Request) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        run(checked(text), request, Listener())
    return list(caught.value.diagnostics)


def AD680(tmp_path: Path) -> list[Diagnostic]:
    other = opening(checked(SPEC.replace("3e-3", "4e-3")).searches["grown"])
    return said(journal(tmp_path, other.model_dump_json(), "\n"))


def AD681(tmp_path: Path) -> list[Diagnostic]:
    return said(journal(tmp_path, '{"kind":"search","version":1000,"identity":"a","name":"b"}\n'))


def AD681_earlier(tmp_path: Path) -> list[Diagnostic]:
    before = opening(checked(SPEC).searches["grown"]).model_copy(update={"version": 1})
    return said(journal(tmp_path, before.model_dump_json(), "\n"))


def AD682(tmp_path: Path) -> list[Diagnostic]:
    with patch.dict(sys.modules, {"ray": None}):
        return refused(SPEC, Request(out=tmp_path / "run", device="cpu", engine="ray"))


def AD683(tmp_path: Path) -> list[Diagnostic]:
    class Ray:
        @staticmethod
        def is_initialized() -> bool:
            return False

        @staticmethod
        def init(**settings: object) -> None:
            raise ConnectionError("Could not find any running Ray instance.")

    with patch.dict(sys.modules, {"ray": Ray}):
        return refused(SPEC, Request(out=tmp_path / "run", device="cpu", engine="ray"))


def AD684(tmp_path: Path) -> list[Diagnostic]:
    return refused(SPEC, Request(out=tmp_path / "run", device="cpu", sample=40))


def AD684_keep(tmp_path: Path) -> list[Diagnostic]:
    return refused(SPEC, Request(out=tmp_path / "run", device="cpu", keep=0))


def AD685(tmp_path: Path) -> list[Diagnostic]:
    job = """network Net {
  input  x: image[1, 8, 8]
  node   N(x) = Flatten | Linear(10)
  output y = N
}
train job = Net on digits {
  minimize CrossEntropyLoss(y, label)
  using    Adam()
  epochs 1  batch 32
}
"""
    return refused(SPEC[: SPEC.index("growth")] + job, Request(out=tmp_path / "r", engine="ray"))


def AD975(tmp_path: Path) -> list[Diagnostic]:
    first = opening(plan(tmp_path).search).model_dump_json()
    return said(journal(tmp_path, first, '\n{"kind":"candidate","id":"4a21'))[:1]


def AD979(tmp_path: Path) -> list[Diagnostic]:
    first = opening(plan(tmp_path).search).model_dump_json()
    return said(journal(tmp_path, first, "\nnonsense\n", first, "\n"))


def AD980(tmp_path: Path) -> list[Diagnostic]:
    folder = tmp_path / "run" / "grown" / "candidates" / "4a2169c8eb464cb9"
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("Killed\n")
    return [passed_over("grown", died(folder.name), folder)]


def AD981(tmp_path: Path) -> list[Diagnostic]:
    lines = [died("4a2169c8eb464cb9"), died("3e47c08a68d2bfd5")]
    folder = tmp_path / "run" / "grown" / "candidates"
    return list(nothing_left("grown", 2, lines, folder).diagnostics)


def AD982(tmp_path: Path) -> list[Diagnostic]:
    found = plan(tmp_path)
    folder = found.place / "candidates" / "4a2169c8eb464cb9"
    assignment = Assignment(found.search, (), None, folder.name, 0, folder)
    work = Work(assignment, train_candidate)
    return list(not_shared(work).diagnostics)
