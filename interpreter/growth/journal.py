"""journal.jsonl: what a search has done, a line for each event. Lines are only ever added.

The journal is all that a search goes on from, with the folders of its candidates. A process that is
killed can leave half a line at its end, no more: it is kept aside, and the search does again what
it told of.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.growth.assignment import Number, Outcome
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.failures import failed, refused

VERSION = 2
"""2: of each parent at least one child is drawn."""
NAME = "journal.jsonl"
ASIDE = "journal.damaged"
"""Where a damaged last line is kept."""


class Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class Goal(Line):
    """A criterion or report. `distance`: its values mean something within one resolution only;
    `divided`: across resolutions too, where they are divided by the baseline's. `shown` says in
    words what it is."""

    text: str
    direction: Literal["minimize", "maximize"]
    distance: bool = False
    divided: bool = False
    shown: str = ""


class SearchLine(Line):
    """The first line. `identity` is a digest of all that candidates depend on; what else is here
    is for readers that have no spec."""

    kind: Literal["search"] = "search"
    version: int
    identity: str
    name: str
    criteria: tuple[Goal, ...] = ()
    reports: tuple[Goal, ...] = ()
    roles: Mapping[str, str] = {}
    baseline: str | None = None
    trainings: int = 0
    time: str = ""


class Budget(Line):
    amount: int
    unit: str


class Candidate(Outcome):
    """A candidate and what came of it. `move` is None for the first, and for one that is `parent`
    trained on. `normalised` holds, by criterion, the value divided by the baseline's best."""

    kind: Literal["candidate"] = "candidate"
    id: str
    parent: str | None
    move: str | None
    step: int
    seed: int
    budget: Budget | None
    normalised: Mapping[str, Number] = {}
    time: str = ""

    @property
    def origin(self) -> str:
        """What made it of its parent: a move, more training, or nothing where there is none."""
        return self.move or ("trained on" if self.parent else "first")


class Step(Line):
    """A finished step: how many pairs of a parent and a move there were, those that became
    children, and those that were kept as parents, best first."""

    kind: Literal["step"] = "step"
    step: int
    considered: int
    children: tuple[str, ...]
    kept: tuple[str, ...]
    keep: int
    sample: float


class End(Line):
    kind: Literal["end"] = "end"
    best: str


Entry = SearchLine | Candidate | Step | End
ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])


class Journal:
    """The journal of one search, read once and added to since. Of several lines about the same step
    the last counts; `steps` holds them by their number, keep and sample."""

    def __init__(self, path: Path, lines: Sequence[Entry]) -> None:
        self.path = path
        self.opening: SearchLine | None = None
        self.candidates: dict[str, Candidate] = {}
        self.steps: dict[tuple[int, int, float], Step] = {}
        self.latest: dict[int, Step] = {}
        self.end: End | None = None
        for line in lines:
            self._take(line)

    def _take(self, line: Entry) -> None:
        match line:
            case SearchLine():
                self.opening = line
            case Candidate():
                self.candidates[line.id] = line
            case Step():
                self.steps[line.step, line.keep, line.sample] = self.latest[line.step] = line
            case End():
                self.end = line

    def add(self, line: Entry) -> None:
        """Raises RunError AD902 where the line cannot be written; then nothing of it is."""
        if isinstance(line, SearchLine | Candidate):
            line = line.model_copy(update={"time": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        files.append(self.path, line.model_dump_json())
        self._take(line)


def opened(folder: Path, opening: SearchLine) -> tuple[Journal, Diagnostic | None]:
    """The journal of the search in `folder`, begun where there is none; and what is to be said
    where its last line was damaged.

    Raises SpecError AD680 where it is that of another search, AD681 where another version wrote it,
    RunError AD979 where it is damaged before its last line, AD902.
    """
    path = folder / NAME
    content = path.read_bytes() if path.exists() else b""
    lines, damaged = _read(path, content)
    journal = Journal(path, lines)
    if lines:
        _check(journal, opening, folder)
    if damaged:
        _keep_aside(path, len(content) - len(damaged), damaged)
    if not lines:
        journal.add(opening)
    return journal, _said(folder) if damaged else None


def _read(path: Path, content: bytes) -> tuple[list[Entry], bytes]:
    """The entries, and what is damaged at the end."""
    texts = content.split(b"\n")
    last = texts.pop()  # what follows the last end of a line: nothing, where it is whole
    found: list[Entry] = []
    for number, text in enumerate(texts, 1):
        try:
            found.append(ENTRY.validate_json(text))
        except ValidationError:
            if number == 1 and _version(text) > VERSION:
                raise _later(path) from None
            if number == len(texts) and not last:
                return found, text + b"\n"
            raise _damaged(path, number) from None
    return found, last


def _version(text: bytes) -> int:
    try:
        told = json.loads(text)
        return int(told["version"]) if told["kind"] == "search" else 0
    except (ValueError, KeyError, TypeError):
        return 0


def _check(journal: Journal, opening: SearchLine, folder: Path) -> None:
    found = journal.opening
    if found is None:
        raise _damaged(journal.path, 1)
    if found.version > VERSION:
        raise _later(journal.path)
    if found.version < VERSION:
        raise _earlier(journal.path)
    if found.identity != opening.identity:
        raise refused(
            "AD680",
            f"the journal in {folder} is that of another search",
            notes=["What its candidates are, learn from or are compared by is not as it is here."],
            help="put the spec back as it was, or name another folder with --out",
        )


def _keep_aside(path: Path, whole: int, damaged: bytes) -> None:
    """First there, then no longer here: killed in between, it is kept twice."""
    aside = path.with_name(ASIDE)
    before = aside.read_bytes() if aside.exists() else b""
    files.write(aside, before + damaged.rstrip(b"\n") + b"\n")
    files.cut(path, whole)
    if whole:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _said(folder: Path) -> Diagnostic:
    return Diagnostic(
        "AD975",
        f"the last line of {NAME} in {folder} is damaged, and is left out",
        notes=(
            f"It is kept in {ASIDE} beside it. The process was likely killed while it wrote it.",
            "Candidates whose folders are complete are not trained again.",
        ),
        severity="warning",
    )


def _damaged(path: Path, number: int) -> Exception:
    return failed(
        "AD979",
        f"line {number} of {path.name} in {path.parent} is damaged",
        notes=["It is not the last one, so it was not left by a process that was killed."],
        help=f"delete that line, or the file: candidates whose folders are complete in "
        f"{path.parent / 'candidates'} are not trained again",
    )


def _earlier(path: Path) -> Exception:
    return refused(
        "AD681",
        f"{path.name} in {path.parent} was written by an earlier version of autodesign",
        notes=["Of the same candidates, its searches chose other ones to try."],
        help="name another folder with --out; or delete the file: candidates whose folders are "
        f"complete in {path.parent / 'candidates'} are not trained again",
    )


def _later(path: Path) -> Exception:
    return refused(
        "AD681",
        f"{path.name} in {path.parent} was written by a later version of autodesign",
        help="continue the search with that version, or name another folder with --out",
    )
