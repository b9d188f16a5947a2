"""A search is a function of its spec, K and p: killed anywhere, continued, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from killed import killed_within_any_write
from standin import Here, hashed, left_in, made, planned, raising, searched

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.growth.perform import Train
from autodesign.interpreter.growth.result import Plan, SearchResult
from autodesign.interpreter.growth.sampling import chance
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener


def done(plan: Plan, engine: Here | None = None, train: Train = hashed) -> SearchResult:
    return run_search(plan, engine or Here(), train, Listener(), Interruption(), "resume")


def test_algorithm_1(tmp_path: Path) -> None:
    """Children come from kept parents only, K of them are kept, and each layer is counted."""
    result = done(planned(tmp_path, searched(filters=6, layers=4), keep=2, sample=0.6))
    assert [step.step for step in result.steps] == [1, 2, 3, 4]
    nodes = result.tree.nodes
    parents: Sequence[str] = [one.id for one in nodes.values() if one.parent is None]
    for step in result.steps:
        assert {nodes[child].parent for child in step.children} <= set(parents)
        assert step.considered == 6 * len(parents)
        finished = [nodes[child] for child in step.children if nodes[child].outcome == "done"]
        ranked = sorted(
            finished, key=lambda one: (one.values["D"], one.values["cost"] or 0, one.id)
        )
        assert list(step.kept) == [one.id for one in ranked[:2]]
        assert {nodes[child].layers["C"] for child in step.children} == {step.step}
        parents = step.kept
    assert result.best == min(
        (one for one in nodes.values() if one.outcome == "done"),
        key=lambda one: one.values["D"] or 0,
    )
    assert not list(tmp_path.rglob("*.partial"))


def test_all_grows_from_the_best_of_several_starts(tmp_path: Path) -> None:
    search = searched(layers=2)
    method = made("search", "top_k", starts=5)
    result = done(planned(tmp_path, replace(search, method=method), keep=2))
    first = [one for one in result.tree.nodes.values() if one.parent is None]
    assert len(first) == 5 and len({one.seed for one in first}) == 5
    ranked = sorted(
        (one for one in first if one.outcome == "done"),
        key=lambda one: (one.values["D"], one.values["cost"] or 0, one.id),
    )
    grown_from = {result.tree.nodes[child].parent for child in result.steps[0].children}
    assert grown_from == {one.id for one in ranked[:2]}


def test_about_sample_of_the_pairs_become_children(tmp_path: Path) -> None:
    """480 pairs at .4: within 4 standard deviations, sqrt(480 * .4 * .6) = 10.7, of 192."""
    result = done(planned(tmp_path, searched(filters=40, layers=4), keep=4, sample=0.4))
    considered = sum(step.considered for step in result.steps[1:])
    assert considered == 480
    assert abs(sum(len(step.children) for step in result.steps[1:]) - 192) < 43


def test_each_parent_has_a_child_however_little_is_sampled(tmp_path: Path) -> None:
    """The one whose number is least: what is tried with a little more holds it too."""
    method = made("search", "top_k", starts=4)
    search = replace(searched(filters=6, layers=4), method=method)
    result = done(planned(tmp_path, search, keep=4, sample=1e-9))
    nodes = result.tree.nodes
    first = [one.id for one in nodes.values() if one.parent is None]
    parents: Sequence[str] = [one for one in first if nodes[one].outcome == "done"]
    assert len(parents) > 1
    moves = [move.text for move in search.growth.moves]
    for step in result.steps:
        assert step.considered == 6 * len(parents)
        found = {nodes[child].parent: nodes[child].move for child in step.children}
        assert len(step.children) == len(parents)
        assert found == {
            parent: min(moves, key=lambda move: chance(search.seed, parent, move))
            for parent in parents
        }
        parents = step.kept


def test_path_is_a_chain(tmp_path: Path) -> None:
    result = done(planned(tmp_path, searched(path=3)))
    assert len(result.tree.nodes) == 4
    assert all(len(those) == 1 for those in result.tree.children.values())
    assert [one.move for one in result.tree.route(result.steps[-1].kept[0])] == [
        None,
        *["wider(filters=1)"] * 3,
    ]


@pytest.mark.parametrize("sample", [1.0, 0.3, 1e-9])
def test_order_of_training_makes_no_difference(tmp_path: Path, sample: float) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    done(planned(one, searched(), sample=sample))
    done(planned(other, searched(), sample=sample), Here(backwards=True))
    assert left_in(one / "grown") == left_in(other / "grown")


def test_a_finished_search_is_not_done_again(tmp_path: Path) -> None:
    plan = planned(tmp_path, searched(finish=5))
    first = done(plan)
    journal = (plan.place / "journal.jsonl").read_bytes()
    engine = Here()
    again = done(plan, engine)
    assert engine.trained == 0
    assert again == first
    assert (plan.place / "journal.jsonl").read_bytes() == journal


@pytest.mark.parametrize("finish", [0, 5])
def test_a_search_killed_in_any_write_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finish: int
) -> None:
    search = searched(filters=3, layers=2, finish=finish)

    def start(out: Path, resume: bool = False) -> SearchResult:
        return done(planned(out, search, keep=2, sample=1.0))

    unbroken = start(tmp_path / "unbroken")
    expected = left_in(tmp_path / "unbroken" / "grown")
    writes = killed_within_any_write(start, expected, left_in_grown, tmp_path, monkeypatch)
    assert writes > 3 * len(unbroken.tree.nodes)


def left_in_grown(out: Path) -> dict[str, bytes]:
    return left_in(out / "grown")


def test_a_lost_journal_is_written_anew_from_the_folders(tmp_path: Path) -> None:
    plan = planned(tmp_path, searched())
    done(plan)
    before = left_in(plan.place)
    (plan.place / "journal.jsonl").unlink()
    trained: list[str] = []

    def never(*arguments: Any) -> Any:
        trained.append("one")
        raise AssertionError

    done(plan, train=never)
    assert not trained
    assert left_in(plan.place) == before


@pytest.mark.parametrize(("keep", "sample"), [(5, 0.5), (3, 0.9), (2, 0.45), (6, 0.8), (3, 0.1)])
def test_other_settings_on_resume_give_what_a_new_search_gives(
    tmp_path: Path, keep: int, sample: float
) -> None:
    search = searched(filters=5, layers=3)
    done(planned(tmp_path / "resumed", search, keep=3, sample=0.5))
    engine = Here()
    resumed = done(planned(tmp_path / "resumed", search, keep, sample), engine)
    fresh = done(planned(tmp_path / "fresh", search, keep, sample))
    assert resumed.steps == fresh.steps
    nodes = {**resumed.tree.nodes}
    for one in fresh.tree.nodes.values():
        assert plain(nodes[one.id]) == plain(one)
    assert engine.trained < len(fresh.tree.nodes)


def plain(one: Candidate) -> Candidate:
    return one.model_copy(update={"time": "", "seconds": 0})


def test_more_layers_on_resume_go_on_from_the_last_step(tmp_path: Path) -> None:
    search = searched(layers=2)
    done(planned(tmp_path / "resumed", search))
    deeper = replace(search, until=replace(search.until, layers=4))
    resumed = done(planned(tmp_path / "resumed", deeper))
    assert resumed.steps == done(planned(tmp_path / "fresh", deeper)).steps


def test_the_best_is_trained_on(tmp_path: Path) -> None:
    result = done(planned(tmp_path, searched(finish=7)))
    [finished] = [c for c in result.tree.nodes.values() if c.parent and c.move is None]
    assert finished.budget is not None and finished.budget.amount == 7
    before = [one for one in result.tree.nodes.values() if one.id != finished.id]
    chosen = min(
        (one for one in before if one.outcome == "done"), key=lambda one: one.values["D"] or 0
    )
    assert finished.parent == chosen.id
    assert result.best.values["D"] == min(chosen.values["D"] or 0, finished.values.get("D") or 1)


def test_a_search_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    plan = planned(tmp_path, searched())
    with pytest.raises(SpecError, match="AD981") as caught:
        done(plan, train=raising)
    assert "RuntimeError: it does not fit" in str(caught.value)
    assert "it does not fit" in next(plan.place.rglob("log.txt")).read_text()


def test_the_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    done(planned(tmp_path, searched()))
    with pytest.raises(SpecError, match="AD680"):
        done(planned(tmp_path, searched(seed=1)))


def test_optimisers_are_kept_of_the_best_alone_and_weights_of_all(tmp_path: Path) -> None:
    plan = planned(tmp_path, searched(filters=5, layers=4), sample=0.8)
    result = done(plan)
    kept = [path.parent.name for path in plan.place.rglob("optimizer.safetensors")]
    assert kept == [result.best.id]
    trained = [one for one in result.tree.nodes.values() if one.outcome == "done"]
    assert len(list(plan.place.rglob("networks.safetensors"))) == len(trained)
