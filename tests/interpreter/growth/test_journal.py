"""A journal gives back what was written, whatever became of its last line."""

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from entries import OPENING, journals
from hypothesis import given
from hypothesis import strategies as st

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.growth.journal import (
    ASIDE,
    NAME,
    VERSION,
    Candidate,
    Entry,
    Journal,
    opened,
)
from autodesign.interpreter.growth.tree import Tree


def written(folder: Path, lines: list[Entry]) -> Journal:
    journal, _ = opened(folder, OPENING)
    for line in lines:
        journal.add(line)
    return journal


@given(journals())
def test_replayed_journal_gives_the_same_tree(lines: list[Entry]) -> None:
    with TemporaryDirectory() as folder:
        before = written(Path(folder), lines)
        after, said = opened(Path(folder), OPENING)
    assert said is None
    assert after.candidates == before.candidates and after.steps == before.steps
    assert Tree.of(after.candidates.values()) == Tree.of(before.candidates.values())


@given(journals(), st.data())
def test_torn_line_is_kept_aside_and_the_others_are_whole(
    lines: list[Entry], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        before = written(Path(folder), lines[:-1])
        path = Path(folder) / NAME
        whole = path.read_bytes()
        torn = lines[-1].model_dump_json().encode()
        torn = torn[: data.draw(st.integers(1, len(torn)))]
        path.write_bytes(whole + torn)
        after, said = opened(Path(folder), OPENING)
        assert said is not None and said.code == "AD975"
        assert (Path(folder) / ASIDE).read_bytes() == torn + b"\n"
        assert path.read_bytes() == whole
        assert after.candidates == before.candidates and after.latest == before.latest
        _, again = opened(Path(folder), OPENING)
        assert again is None


def test_a_line_of_nonsense_at_the_end_is_kept_aside(tmp_path: Path) -> None:
    written(tmp_path, [])
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"kind": "candidate"}\n')
    _, said = opened(tmp_path, OPENING)
    assert said is not None and said.code == "AD975"
    assert (tmp_path / ASIDE).read_bytes() == b'{"kind": "candidate"}\n'


def test_a_line_of_nonsense_in_between_is_refused(tmp_path: Path) -> None:
    written(tmp_path, [])
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content + b"nonsense\n" + content)
    with pytest.raises(SpecError, match="line 2 of"):
        opened(tmp_path, OPENING)


def test_the_journal_of_another_search_is_refused(tmp_path: Path) -> None:
    written(tmp_path, [])
    with pytest.raises(SpecError, match="AD680"):
        opened(tmp_path, OPENING.model_copy(update={"identity": "other"}))


def test_a_later_version_is_refused_whatever_its_lines_are(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b'{"kind":"search","version":1000,"new":[1]}\n')
    with pytest.raises(SpecError, match="AD681"):
        opened(tmp_path, OPENING)


def test_an_earlier_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Its steps tell of children that are not those drawn now."""
    before = OPENING.model_copy(update={"version": VERSION - 1}).model_dump_json().encode() + b"\n"
    (tmp_path / NAME).write_bytes(before)
    with pytest.raises(SpecError, match="AD681"):
        opened(tmp_path, OPENING)
    assert (tmp_path / NAME).read_bytes() == before


@given(journals())
def test_full_disk_leaves_the_journal_whole(lines: list[Entry]) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        journal = written(Path(folder), lines[:-1])
        whole = (Path(folder) / NAME).read_bytes()
        patch.setattr(os, "fsync", full)
        with pytest.raises(SpecError, match="AD902"):
            journal.add(lines[-1])
        assert (Path(folder) / NAME).read_bytes() == whole


def test_values_that_are_not_numbers_are_undefined(tmp_path: Path) -> None:
    line = {
        **{"kind": "candidate", "outcome": "diverged", "id": "a", "parent": None, "move": None},
        **{"step": 0, "seed": 0, "budget": None},
    }
    one = Candidate.model_validate({**line, "values": {"D": float("nan"), "E": float("inf")}})
    assert one.values == {"D": None, "E": None}
    written(tmp_path, [one])
    assert opened(tmp_path, OPENING)[0].candidates["a"].values == one.values
