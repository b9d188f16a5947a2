"""Searches that cannot be analysed, or not as a whole (AD695-AD699)."""

import io
import json
from pathlib import Path

from rich.console import Console

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.growth.analysis.command import analyse

SEARCH = {"kind": "search", "version": 1, "identity": "0" * 64, "name": "grown"}
CANDIDATE = {
    "kind": "candidate",
    "id": "first",
    "parent": None,
    "move": None,
    "step": 0,
    "seed": 0,
    "budget": None,
    "outcome": "done",
    "values": {"NtkCondition()": 3.0},
}


def analysed(run: Path) -> list[Diagnostic]:
    try:
        return analyse(run, Console(file=io.StringIO()))
    except SpecError as refusal:
        return list(refusal.diagnostics)


def journal(folder: Path, *lines: object) -> Path:
    (folder / "run" / "grown").mkdir(parents=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "run" / "grown" / "journal.jsonl").write_text("".join(f"{t}\n" for t in texts))
    return folder / "run"


def AD695(tmp_path: Path) -> list[Diagnostic]:
    return analysed(tmp_path)


def AD695_folder(tmp_path: Path) -> list[Diagnostic]:
    return analysed(tmp_path / "rnu")


def AD696(tmp_path: Path) -> list[Diagnostic]:
    return analysed(journal(tmp_path, SEARCH))


def AD696_empty(tmp_path: Path) -> list[Diagnostic]:
    return analysed(journal(tmp_path))


def AD697(tmp_path: Path) -> list[Diagnostic]:
    return analysed(journal(tmp_path, SEARCH, CANDIDATE, '{"kind": "candi'))


def AD697_lines(tmp_path: Path) -> list[Diagnostic]:
    unknown = {"kind": "candidate", "id": "second"}
    return analysed(journal(tmp_path, "", SEARCH, unknown, CANDIDATE))
