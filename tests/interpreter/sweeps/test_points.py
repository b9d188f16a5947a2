"""Points as runs: their folders, and the specs that they run."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.directory import facts_of
from autodesign.interpreter.jobs.request import Request, identity_of
from autodesign.interpreter.jobs.settled import settled
from autodesign.interpreter.sweeps.points import check_unchanged, tasks_of
from autodesign.interpreter.sweeps.sweep import process_count
from autodesign.stdlib.library import standard

Check = Callable[[str], spec.Spec]


@pytest.fixture
def check(text: str) -> Check:
    def checked(more: str = "") -> spec.Spec:
        whole = text[: text.index("sweep ")] + more if more else text
        found, diagnostics = load_text(whole, "digits.ad", standard(), {})
        assert found is not None, [one.message for one in diagnostics]
        return found

    return checked


def names(checked: spec.Spec, folder: Path) -> list[str]:
    [sweep] = checked.sweeps.values()
    return [task.name for task in tasks_of(sweep, checked, Request(), folder)]


def test_a_folder_is_named_by_the_values(check: Check, tmp_path: Path) -> None:
    assert names(check(), tmp_path) == [
        "lam=0.2,seed=0",
        "lam=0.2,seed=1",
        "lam=0.9,seed=0",
        "lam=0.9,seed=1",
        "low",
        "high,seed=0",
        "high,seed=1",
    ]


def test_a_folder_takes_no_text_that_could_lead_elsewhere(tmp_path: Path, text: str) -> None:
    values = ["../../up", "/etc", "a b", "A b", "same", "x" * 300, "é", "", "字" * 90]
    written = ", ".join(f'"{value}"' for value in values)
    job = text[text.index("train dynamic") : text.index("sweep ")]
    renamed = text[: text.index("sweep ")].replace('kind = "max"', 'padding = "same"')
    layers = 'Conv2d(2, 3, padding="same" if padding == "same" else "valid") | Flatten | Linear(8)'
    whole = renamed.replace("Flatten | Linear(8)", layers)
    found, diagnostics = load_text(
        f"{whole}sweep s = dynamic over padding in [{written}]\n", "digits.ad", standard(), {}
    )
    assert found is not None and job, [one.message for one in diagnostics]
    folders = names(found, tmp_path)
    assert folders[4] == "padding=same" and folders[6] == "padding=é"
    assert len({folder.casefold() for folder in folders}) == len(values)
    for folder in folders:
        assert (tmp_path / folder).resolve().parent == tmp_path.resolve()
        assert len(folder.encode()) < 255


def test_a_point_is_a_spec_that_says_by_itself_what_is_run(check: Check, tmp_path: Path) -> None:
    checked = check()
    [sweep] = checked.sweeps.values()
    tasks = tasks_of(sweep, checked, Request(settings={"kind": "avg"}), tmp_path)
    task = tasks[3]
    assert task.request.settings == {"kind": "avg", "lam": "0.9", "seed": "1"}
    kept = settled(task.checked)["spec.ad"]
    again, _ = load_text(kept, "spec.ad", standard(), {})
    assert again is not None and again.jobs["dynamic"] == task.job
    assert pickle.loads(pickle.dumps(task)) == task


def test_a_point_that_was_begun_with_another_spec_is_refused(check: Check, tmp_path: Path) -> None:
    checked = check()
    [sweep] = checked.sweeps.values()
    tasks = tasks_of(sweep, checked, Request(), tmp_path)
    place = tasks[1].place
    place.path.mkdir()
    said = {tasks[1].job.name: identity_of(tasks[1].job, tasks[1].request)}
    place.put_facts(facts_of("digits", (), {}, {}, "cpu", 1, said))
    check_unchanged(tasks)
    [other] = check("sweep curve = dynamic over lam in [0.2], seed in [1]").sweeps.values()
    changed = tasks_of(other, check(), Request(precision="bfloat16"), tmp_path)
    with pytest.raises(SpecError) as caught:
        check_unchanged(changed)
    [found] = caught.value.diagnostics
    assert found.code == "AD768" and "lam=0.2,seed=1" in found.message
    assert found.notes == ("The precision is float32 there, and bfloat16 in this spec.",)


@pytest.mark.parametrize(("asked", "count"), [(1, 1), (3, 3), (100, 7)])
def test_there_are_not_more_processes_than_points(check: Check, asked: int, count: int) -> None:
    import torch

    [sweep] = check().sweeps.values()
    assert process_count([sweep], Request(processes=asked), torch.device("cpu")) == count
