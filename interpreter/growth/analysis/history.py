"""A search as its journal tells it: all that an analysis reads, besides the candidates' images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from autodesign.interpreter.growth.journal import (
    ENTRY,
    NAME,
    VERSION,
    Candidate,
    Entry,
    Goal,
    Journal,
    SearchLine,
    Step,
)
from autodesign.interpreter.growth.tree import Tree


@dataclass(frozen=True)
class History:
    """What a journal holds, also that of a search that still runs. Candidates stand in the order in
    which they were done; `best` is None while the search runs. `damaged` are the numbers of lines
    that are not what the interpreter writes; a candidate whose parent was told of there has none.
    """

    directory: Path
    opening: SearchLine
    candidates: Mapping[str, Candidate]
    steps: tuple[Step, ...]
    best: str | None
    tree: Tree
    damaged: tuple[int, ...]

    @property
    def done(self) -> list[Candidate]:
        return [one for one in self.candidates.values() if one.outcome == "done"]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """What candidates are compared by; where the journal's first line is damaged, the first of
        their values."""
        texts = [text for one in self.done for text in one.values][:1]
        return self.opening.criteria or tuple(Goal(text=t, direction="minimize") for t in texts)

    @property
    def texts(self) -> list[str]:
        """Of all criteria and reports that candidates have values of."""
        return list(dict.fromkeys(text for one in self.done for text in one.values))

    def name_of(self, text: str) -> str:
        """In words, what a criterion or report is."""
        known = {goal.text: goal.shown for goal in (*self.opening.criteria, *self.opening.reports)}
        return known.get(text) or text

    def pairs(self) -> list[tuple[Candidate, Candidate]]:
        """Each child with its parent. One that was only trained on is no child."""
        found = self.candidates
        return [(found[c.parent], c) for c in found.values() if c.parent and c.move]


def read(directory: Path) -> History:
    """The search whose journal lies in `directory`. What stands behind the last end of a line is
    being written, and is not damaged. Raises OSError where there is no journal."""
    lines: list[Entry] = []
    damaged: list[int] = []
    for number, text in enumerate((directory / NAME).read_bytes().split(b"\n")[:-1], 1):
        try:
            lines.append(ENTRY.validate_json(text))
        except ValidationError:
            damaged.append(number)
    journal = Journal(directory / NAME, lines)
    candidates = {name: _known(one, journal) for name, one in journal.candidates.items()}
    opening = journal.opening or SearchLine(version=VERSION, identity="", name=directory.name)
    steps = tuple(journal.latest[number] for number in sorted(journal.latest))
    best = journal.end.best if journal.end and journal.end.best in candidates else None
    tree = Tree.of(candidates.values())
    return History(directory, opening, candidates, steps, best, tree, tuple(damaged))


def _known(one: Candidate, journal: Journal) -> Candidate:
    if one.parent is None or one.parent in journal.candidates:
        return one
    return one.model_copy(update={"parent": None})
