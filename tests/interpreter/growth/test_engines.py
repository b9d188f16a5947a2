"""Candidates in processes of their own: the same come of it, whoever trains them."""

import errno
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import standin
from standin import Here, left_in, planned, searched

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.growth.assignment import Assignment
from autodesign.interpreter.growth.engine import Engine
from autodesign.interpreter.growth.engine_local import Local
from autodesign.interpreter.growth.perform import Train, Work
from autodesign.interpreter.growth.result import Plan, SearchResult
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener

HERE = str(Path(__file__).parent)


class Heard(Listener):
    def __init__(self) -> None:
        self.warnings: list[Diagnostic] = []

    def warned(self, job: object, warning: Diagnostic) -> None:
        self.warnings.append(warning)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))
    yield


def done(
    plan: Plan, engine: Engine, train: Train, listener: Listener | None = None
) -> SearchResult:
    with closing(engine):
        return run_search(plan, engine, train, listener or Listener(), Interruption(), "resume")


def local(workers: int) -> Local:
    return Local(workers, 1, ("cpu",))


def test_any_number_of_workers_gives_the_same(tmp_path: Path) -> None:
    search = searched(filters=3, layers=2)
    for name, engine in {"here": Here(), "one": local(1), "three": local(3)}.items():
        done(planned(tmp_path / name, search), engine, standin.hashed)
    expected = left_in(tmp_path / "here" / "grown")
    assert left_in(tmp_path / "one" / "grown") == expected
    assert left_in(tmp_path / "three" / "grown") == expected


def test_a_worker_has_its_next_candidate_before_the_last_is_written_down(tmp_path: Path) -> None:
    """While the outcome of the first is looked at, the second comes to its end."""
    search = searched()
    works = [
        Work(Assignment(search, (), None, name, 0, tmp_path / "grown" / "c" / name), standin.hashed)
        for name in ("first", "second")
    ]
    seen: list[str] = []

    def ended(work: Work, ending: object) -> None:
        until = time.monotonic() + 60
        other = works[1].assignment.directory
        while not other.exists() and time.monotonic() < until:
            time.sleep(0.01)
        seen.extend([work.assignment.id] if other.exists() else [])

    with closing(local(1)) as engine:
        engine.run(works, Interruption(), lambda work, done, total: None, ended)
    assert seen == ["first", "second"]


def test_a_candidate_whose_process_dies_is_tried_again(tmp_path: Path) -> None:
    search = searched(filters=3, layers=1)
    heard = Heard()
    result = done(planned(tmp_path / "dying", search), local(2), standin.dying_once, heard)
    assert len(list((tmp_path / "dying").glob("*.tried"))) == len(result.tree.nodes)
    assert heard.warnings == []
    done(planned(tmp_path / "here", search), Here(), standin.hashed)
    assert left_in(tmp_path / "dying" / "grown") == left_in(tmp_path / "here" / "grown")


def test_one_whose_process_dies_again_and_again_is_passed_over(tmp_path: Path) -> None:
    plan = planned(tmp_path, searched(filters=4, layers=1), sample=1.0)
    heard = Heard()
    result = done(plan, local(2), standin.deadly, heard)
    nodes = result.tree.nodes.values()
    failed = [one for one in nodes if one.outcome == "failed"]
    assert {one.id for one in failed} == {
        one.id for one in nodes if one.parent and standin.number(one.id) > 0.5
    }
    assert failed and all("3 times" in (one.error or "") for one in failed)
    assert "SIGKILL" in (failed[0].error or "")
    log = plan.place / "candidates" / failed[0].id / "log.txt"
    assert "these are my last words" in log.read_text()
    assert [warning.code for warning in heard.warnings] == ["AD980"] * len(failed)
    assert not {one.id for one in failed} & set(result.steps[0].kept)


def test_a_full_disk_ends_the_search_and_leaves_its_journal_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = searched(filters=3, layers=2)
    plan = planned(tmp_path / "full", search)
    real, left = os.fsync, [9]

    def full(file: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(SpecError, match="disk is full"):
        done(plan, Here(), standin.hashed)
    monkeypatch.setattr(files.os, "fsync", real)
    assert (plan.place / "journal.jsonl").read_bytes().endswith(b"\n")
    done(plan, Here(), standin.hashed)
    done(planned(tmp_path / "roomy", search), Here(), standin.hashed)
    assert left_in(plan.place) == left_in(tmp_path / "roomy" / "grown")


def test_an_end_that_is_asked_for_comes_soon_and_leaves_the_journal_whole(tmp_path: Path) -> None:
    search = searched(filters=12, layers=2)
    plan = planned(tmp_path / "broken", search, sample=1.0)
    interruption = Interruption()

    class Counting(Listener):
        ended = 0

        def candidate_ended(self, candidate: object, best: object) -> None:
            self.ended += 1
            if self.ended == 5:
                threading.Timer(0.02, lambda: setattr(interruption, "asked", True)).start()

    with pytest.raises(SpecError, match="continue it with: resume"):
        run_search(plan, local(2), standin.slow, Counting(), interruption, "resume")
    journal = (plan.place / "journal.jsonl").read_text().splitlines()
    assert 6 <= len(journal) < 25
    done(plan, local(2), standin.slow)
    done(planned(tmp_path / "here", search, sample=1.0), Here(), standin.slow)
    assert left_in(plan.place) == left_in(tmp_path / "here" / "grown")


@pytest.mark.slow
def test_ray_gives_what_this_machine_gives(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    from autodesign.interpreter.growth.engine_ray import OnRay

    search = searched(filters=3, layers=2)
    sys.path.insert(0, HERE)
    try:
        done(planned(tmp_path / "ray", search), OnRay(2, 1, 0), standin.hashed)
    finally:
        ray.shutdown()
    done(planned(tmp_path / "here", search), Here(), standin.hashed)
    assert left_in(tmp_path / "ray" / "grown") == left_in(tmp_path / "here" / "grown")
