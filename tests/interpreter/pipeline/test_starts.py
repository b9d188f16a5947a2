"""`from`: players that start with the weights that another job keeps."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from killed import Killed
from safetensors.torch import load_file, save_file
from torch import Tensor
from torchvision import models

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_text
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import curves
from autodesign.interpreter.jobs import run as run_module
from autodesign.interpreter.jobs.checkpoint import read
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request, identity_of
from autodesign.interpreter.jobs.run import Run, run
from autodesign.interpreter.jobs.starts import begin, check_starts
from autodesign.interpreter.pipeline import training
from autodesign.interpreter.pipeline.played import module_of
from autodesign.interpreter.pipeline.weights import keep
from autodesign.interpreter.sweeps.points import tasks_of
from autodesign.interpreter.sweeps.sources import take_weights, waves
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.library import standard

Start = Callable[..., Run]
Weights = Mapping[str, Tensor]

HEAD = """ad 1
param w: real = 10
param seed: int = 3
data digits = Digits()
"""
PIPELINE = """
pipeline NAME(clean: data, apart: int = 0, idle: int = 0, together: int = 0, w: real = 10) {
  draw image from clean
  player GEN = Flatten | Linear(16) | BatchNorm1d | ReLU | Dropout(0.2) | Linear(64) | Sigmoid
    | Unflatten(1, [1, 8, 8])
  player DIS = Flatten | Linear(8) | BatchNorm1d | LeakyReLU(0.2) | Linear(1)
  player mean_of = Parameter(1, 8, 8, init=0.5)
  let y = GEN(image)
  goal GEN minimize w * l1(y, image) + adversarial(DIS, y)
  goal DIS minimize discriminate(DIS, image, history(y, 20))
  goal mean_of minimize l2(mean_of(), image)
  pretrain GEN for apart epochs
  pretrain mean_of for idle epochs                      # neither GEN nor DIS is applied
  joint for together epochs
  output image = y
}
"""
BASE = "train base = Pair(digits, apart=1, together=1) { using Adam(lr=1e-2) batch 8 seed seed }\n"
IDLE = "using Adam(lr=1e-2) batch 8 seed 5"
"""So many random numbers, and others than those of the source"""
TEXT = (
    HEAD
    + PIPELINE.replace("NAME", "Pair").replace("GEN", "G").replace("DIS", "D")
    + PIPELINE.replace("NAME", "Other").replace("GEN", "GX").replace("DIS", "D")
    + BASE
)


def table(examples: int, number: int) -> Table:
    random = torch.Generator().manual_seed(number)
    return Table({"image": torch.rand(examples, 1, 8, 8, generator=random)})


def checked(text: str) -> spec.Spec:
    found, diagnostics = load_text(text, "gan.ad", standard(), {})
    assert found is not None, [str(one) for one in diagnostics]
    return found


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Runs without a report, what is measured for it, and TensorBoard."""
    fields = {"image": spec.FieldType("image", (1, 8, 8))}
    splits = Splits(table(20, 1), table(6, 2), table(6, 3), fields)
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    monkeypatch.setattr(training, "show", lambda *parts: None)
    monkeypatch.setattr(run_module, "write_report", lambda *parts: None)
    monkeypatch.setattr("autodesign.stdlib.data.packaged_torch.Digits", lambda request: splits)

    def begin(out: Path, text: str, listener: Listener | None = None, **request: Any) -> Run:
        asked = Request(**{"device": "cpu", "out": out, **request})
        return run(checked(text), asked, listener or Listener())

    return begin


def weights(run: Path, job: str, player: str) -> Weights:
    """Those that a job keeps, buffers included."""
    begins = f"players.{player}."
    held = load_file(run / job / "best.safetensors")
    return {k.removeprefix(begins): v for k, v in held.items() if k.startswith(begins)}


def same(one: Weights, other: Weights) -> bool:
    """To the bit, and of the same kinds of numbers."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and one[name].equal(other[name]) for name in one
    )


def gan(source: str, call: str = "Pair(digits, idle=1)") -> str:
    """Its players but `mean_of` are kept as they were at the start."""
    start = f"from {source} " if source else ""
    return f"train gan = {call} {{ {start}{IDLE} }}\n"


# --- what players start with ---


def test_players_of_the_same_name_start_with_what_the_other_job_keeps(
    start: Start, tmp_path: Path
) -> None:
    done = start(tmp_path, TEXT + gan("base"), job="gan")  # which runs `base` first
    assert list(done.results) == ["base", "gan"]
    for player in ("G", "D"):
        assert same(weights(tmp_path, "gan", player), weights(tmp_path, "base", player))
    held = weights(tmp_path, "gan", "G")
    assert set(held) >= {"2.running_mean", "2.num_batches_tracked", "1.weight"}
    assert int(held["2.num_batches_tracked"]) > 0  # buffers were trained, and came along


@pytest.mark.parametrize(
    ("source", "pairs"),
    [
        ("base(GX=G)", {"GX": "G"}),
        ("base(D)", {"D": "D"}),
        ("base(D, GX=G)", {"D": "D", "GX": "G"}),
        ("base", {"D": "D", "mean_of": "mean_of"}),
    ],
)
def test_named_players_start_as_told_and_others_as_without_from(
    source: str, pairs: dict[str, str], start: Start, tmp_path: Path
) -> None:
    other = "Other(digits, idle=1)"
    start(tmp_path / "run", TEXT + gan(source, other))
    start(tmp_path / "fresh", TEXT + gan("", other), job="gan")
    for player in ("GX", "D"):
        held = weights(tmp_path / "run", "gan", player)
        begun = weights(tmp_path / "fresh", "gan", player)
        wanted = weights(tmp_path / "run", "base", pairs[player]) if player in pairs else begun
        assert same(held, wanted)
        assert same(held, begun) == (player not in pairs)


def test_random_numbers_while_training_do_not_depend_on_it(start: Start, tmp_path: Path) -> None:
    for folder, source in (("run", "base(D)"), ("fresh", "")):
        start(tmp_path / folder, TEXT + gan(source, "Pair(digits, apart=2)"))
    # D does not take part, G is trained with dropout and shuffled data
    one, other = (weights(tmp_path / folder, "gan", "G") for folder in ("run", "fresh"))
    assert same(one, other)


def test_what_is_no_weight_starts_afresh(start: Start, tmp_path: Path) -> None:
    start(tmp_path, TEXT + gan("base", "Pair(digits, together=1)"))
    [base, last] = (read(tmp_path / job / "last.safetensors") for job in ("base", "gan"))
    steps = {"base": 6, "gan": 3}  # 20 examples in batches of 8: base trains G for two epochs
    assert int(base.tensors["players.G.optimizer.0.step"]) == steps["base"]
    assert int(last.tensors["players.G.optimizer.0.step"]) == steps["gan"]
    history = next(v for k, v in last.tensors.items() if k.startswith("histories."))
    assert len(history) == 20  # those of its own three steps, not of the source's


@pytest.mark.parametrize("prefix", ["players.", ""])
def test_a_checkpoint_is_a_source_too(prefix: str, start: Start, tmp_path: Path) -> None:
    start(tmp_path / "first", TEXT)
    held = load_file(tmp_path / "first" / "base" / "best.safetensors")
    file = tmp_path / "trained.safetensors"
    save_file({prefix + name.removeprefix("players."): v for name, v in held.items()}, file)
    declared = TEXT + f'data trained = Checkpoint("{file}")\n'
    start(tmp_path / "run", declared + gan("trained(GX=G)", "Other(digits, idle=1)"), job="gan")
    assert same(weights(tmp_path / "run", "gan", "GX"), weights(tmp_path / "first", "base", "G"))


def test_weights_that_a_layer_comes_with_are_read_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    file = Path(models.ResNet18_Weights.DEFAULT.url).name
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(models.resnet18().state_dict(), tmp_path / "hub" / "checkpoints" / file)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    text = """ad 1
data digits = Digits()
pipeline Learn(a: data) {
  draw (x, label) from a
  player M = Conv2d(3, 1) | resnet18(weights="DEFAULT") | Linear(10)
  goal M minimize CrossEntropyLoss(M(x), label)
  joint for 1 epochs
}
train base = Learn(digits) { using SGD(lr=0.1) batch 8 }
train next = Learn(digits) { from base using SGD(lr=0.1) batch 8 }
"""
    check_starts(checked(text).jobs["next"])
    assert [str(one.message) for one in recwarn] == []


def test_sources_stand_in_a_row(start: Start, tmp_path: Path) -> None:
    second = BASE.replace("base", "second").replace("seed seed", "seed 9")
    start(tmp_path, TEXT + second + gan("base(G), second(D)"))
    assert same(weights(tmp_path, "gan", "G"), weights(tmp_path, "base", "G"))
    assert same(weights(tmp_path, "gan", "D"), weights(tmp_path, "second", "D"))
    assert not same(weights(tmp_path, "base", "D"), weights(tmp_path, "second", "D"))


NAMES = ("A", "B", "C")
THREE = HEAD + "".join(
    f"""
pipeline {name}(clean: data) {{
  draw image from clean
  player A = Flatten | Linear(3) | BatchNorm1d
  player B = Flatten | Linear(3) | BatchNorm1d
  player C = Flatten | Linear(3) | BatchNorm1d
  goal A, B, C minimize mean(A(image) + B(image) + C(image))
  joint for 1 epochs
}}
"""
    for name in ("Source", "Target")
)


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), min_size=1))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_players_start_as_any_others(tmp_path: Path, pairs: dict[str, str]) -> None:
    named = ", ".join(f"{here}={there}" for here, there in pairs.items())
    ends = "using SGD(lr=0.1) batch 8"
    source = f"train s = Source(digits) {{ {ends} }}\n"
    target = f"train t = Target(digits) {{ from s({named}) {ends} }}"
    job = checked(THREE + source + target).jobs["t"]
    assert isinstance(job, PipelineJob)
    there, here = ({p.name: module_of(p) for p in job.pipeline.players} for _ in "st")
    before = {name: {k: v.clone() for k, v in m.state_dict().items()} for name, m in here.items()}
    place = JobDirectory(tmp_path)
    keep(there, place, {})
    begin(here, job, lambda name: place.best)
    for name, module in here.items():
        wanted = there[pairs[name]].state_dict() if name in pairs else before[name]
        assert same(module.state_dict(), wanted)


# --- runs that end early, and what a run is ---


class KilledIn(Listener):
    """Killed when a job has done so many steps."""

    def __init__(self, job: str, step: int) -> None:
        self.job, self.step, self.now = job, step, ""

    def pipeline_started(self, job: PipelineJob, step: int, steps: int) -> None:
        self.now = job.name
        self.pipeline_stepped("", step)

    def pipeline_stepped(self, phase: str, step: int) -> None:
        if (self.now, step) == (self.job, self.step):
            raise Killed


@pytest.mark.parametrize(("job", "step"), [("base", 4), ("gan", 0), ("gan", 2), ("gan", 5)])
def test_a_resumed_run_ends_as_an_unbroken_one(
    job: str, step: int, start: Start, tmp_path: Path
) -> None:
    text = TEXT + gan("base(D)", "Pair(digits, together=2)")
    start(tmp_path / "whole", text)
    with pytest.raises(Killed):
        start(tmp_path / "run", text, listener=KilledIn(job, step))
    if (tmp_path / "run" / "gan" / "last.safetensors").exists():
        (tmp_path / "run" / "base" / "best.safetensors").unlink()  # it has no more need of it
    start(tmp_path / "run", text, resume=True)
    for name in ("best.safetensors", "last.safetensors", "metrics.jsonl", "result.json"):
        one, other = (tmp_path / folder / "gan" / name for folder in ("whole", "run"))
        assert one.read_bytes() == other.read_bytes()


def test_another_start_is_another_job(start: Start, tmp_path: Path) -> None:
    start(tmp_path, TEXT + gan("base"))
    shutil.rmtree(tmp_path / "gan")
    with pytest.raises(SpecError, match="AD768") as refusal:
        start(tmp_path, TEXT + gan("base(G)"), resume=True)
    assert any("weights to start from" in note for note in refusal.value.diagnostics[0].notes)


def test_what_a_job_is_holds_what_it_starts_from() -> None:
    def told(text: str, job: str = "gan") -> dict[str, str]:
        return identity_of(checked(text).jobs[job], Request())

    plain, begun = told(TEXT + gan("")), told(TEXT + gan("base"))
    assert begun.items() - plain.items() == {
        ("weights to start from", begun["weights to start from"])
    }
    changed = told(TEXT.replace("lr=1e-2", "lr=1e-3") + gan("base"))
    assert changed.keys() == begun.keys()
    assert changed["weights to start from"] != begun["weights to start from"]
    makes = "data made = Made(gan, count=8)\ntrain next = Pair(made, apart=1) { " + IDLE + " }\n"
    one, other = (told(TEXT + gan(source) + makes, "next") for source in ("base", "base(G)"))
    assert one["job gan"] != other["job gan"]


# --- around it ---


def test_a_job_that_makes_examples_may_start_from_another(start: Start, tmp_path: Path) -> None:
    makes = "data made = Made(gan, count=8)\ntrain next = Pair(made, apart=1) { " + IDLE + " }\n"
    done = start(tmp_path, TEXT + gan("base") + makes, job="next")
    assert list(done.results) == ["base", "gan", "next"]


def test_a_sweep_trains_the_source_once(start: Start, tmp_path: Path) -> None:
    job = "train gan = Pair(digits, together=1, w=w) { from base using Adam(lr=1e-2) batch 8 }\n"
    # the text of `base` names `w`, though nothing in it depends on that: its points are one
    found = checked(TEXT + job + "sweep several = gan over w in [1, 100], seed in [3, 4]\n")
    [sweep] = found.sweeps.values()
    every = tasks_of(sweep, found, Request(device="cpu"), tmp_path)
    first, second = waves(every)
    assert [task.name for task in first] == ["base,w=1.0,seed=3", "base,w=1.0,seed=4"]
    assert len(second) == 4
    for task in first:
        run(task.checked, task.request, Listener())
        task.place.report.touch()  # the last that a run writes; `start` leaves it out
    for task in second:
        take_weights(task, every)
        run(task.checked, task.request, KilledIn("base", 0))  # nothing of `base` is trained again
    kept = {task.name: task.place.job("base").best.read_bytes() for task in every}
    assert kept["w=1.0,seed=3"] == kept["w=100.0,seed=3"] == kept["base,w=1.0,seed=3"]
    assert kept["w=1.0,seed=3"] != kept["w=1.0,seed=4"] == kept["w=100.0,seed=4"]
    ends = {task.place.job("gan").best.read_bytes() for task in second}
    assert len(ends) == 4
