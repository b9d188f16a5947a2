"""Points that start from the weights of a job, which is trained once and given to each."""

from pathlib import Path

from autodesign.dsl import spec
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.checkpoint import read
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import run
from autodesign.interpreter.sweeps.points import Task, tasks_of
from autodesign.interpreter.sweeps.sources import take_weights, waves
from autodesign.stdlib.library import standard


def checked(text: str, sweep: str) -> spec.Spec:
    text = text.replace(" | Dropout(0.2)", "")  # then N3 has the same layers in both networks
    head, job = text[: text.index("train dynamic")], text[text.index("train dynamic") :]
    begin = "train dynamic = HighLow on digits { from high(N3) "
    job = begin + job[job.index("{") + 1 : job.index("sweep ")]
    found, diagnostics = load_text(head + job + sweep, "digits.ad", standard(), {})
    assert found is not None, [one.message for one in diagnostics]
    return found


def tasks(found: spec.Spec, folder: Path) -> list[Task]:
    [sweep] = found.sweeps.values()
    return tasks_of(sweep, found, Request(device="cpu"), folder)


def test_what_points_start_from_runs_first_once_for_each_value(text: str, tmp_path: Path) -> None:
    found = checked(text, "sweep s = dynamic over lam in [0, 1], seed in [0, 1] beside low")
    first, second = waves(tasks(found, tmp_path))
    assert [task.name for task in first] == ["low", "high,seed=0", "high,seed=1"]
    assert len(second) == 4
    beside = checked(text, "sweep s = dynamic over lam in [0, 1], seed in [0, 1] beside high")
    assert beside.sweeps["s"].sources == () and len(beside.sweeps["s"].beside) == 2


def test_a_point_is_given_the_weights_of_its_own_seed(text: str, tmp_path: Path) -> None:
    found = checked(text, "sweep s = dynamic over lam in [0], seed in [0, 1]")
    every = tasks(found, tmp_path)
    for source in every[2:]:
        run(source.checked, source.request, Listener())
    trained = [task.place.job("high").best.read_bytes() for task in every[2:]]
    for task in every[:2]:
        take_weights(task, every)
    assert [task.place.job("high").best.read_bytes() for task in every[:2]] == trained
    assert trained[0] != trained[1]
    done = run(every[1].checked, every[1].request, Listener())
    assert list(done.results) == ["high", "dynamic"]
    alone = tasks(found, tmp_path / "alone")[1]
    run(alone.checked, alone.request, Listener())
    for job in ("high", "dynamic"):
        one, other = (read(t.place.job(job).best).tensors for t in (every[1], alone))
        assert one.keys() == other.keys() and all((one[k] == other[k]).all() for k in one)
