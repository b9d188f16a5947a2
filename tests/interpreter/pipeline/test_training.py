"""Jobs of pipelines: their course, their ends, and that a broken one ends as one that was not."""

import io
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from killed import Killed, killed_within_any_write
from rich.console import Console
from sketch import NUMBER, adam, call, gan, sgd, splits

from autodesign.dsl import pipeline as checked
from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import course, curves, sources
from autodesign.interpreter.jobs import run as run_module
from autodesign.interpreter.jobs.checkpoint import read
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.progress import listener_for
from autodesign.interpreter.jobs.ranks import Ranks, check_together
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import Run, run
from autodesign.interpreter.pipeline.played import module_of

Start = Callable[..., Run]
FILES = ("last.safetensors", "best.safetensors", "metrics.jsonl", "result.json")


def cycle_job(**more: Any) -> PipelineJob:
    """11 steps: 3 and 3 of the generators, 2 of the critic, which have no goal, 3 of all."""
    sketch = gan()
    sketch.phase(2, players={0, 1})
    sketch.phase(2, "steps", players={2})
    sketch.phase(1)
    cycle = sketch.goals[0].terms[1].value
    report = checked.ValueReport("cycle", cycle, False)
    schedule = call("schedule", "OneCycleLR", "std.training.schedules", **ONE_CYCLE)
    settings = {"reports": (report,), "keep": report, "schedule": schedule, "clip": 5.0}
    return sketch.job(**(settings | more))


ONE_CYCLE: dict[str, Any] = {
    "max_lr": 1e-2,
    "pct_start": 0.3,
    "anneal_strategy": "cos",
    "cycle_momentum": True,
    "base_momentum": 0.85,
    "max_momentum": 0.95,
    "div_factor": 25.0,
    "final_div_factor": 1e4,
    "three_phase": False,
}


def spec_of(*jobs: spec.Train | PipelineJob) -> spec.Spec:
    return spec.Spec("hand.ad", {}, {}, {}, {job.name: job for job in jobs}, "ad 1\n")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    data = {"clean": splits(10, 1), "full": splits(7, 4)}
    monkeypatch.setattr(sources, "load_data", lambda call: data[call.name])
    monkeypatch.setattr(run_module, "write_report", lambda *parts: None)
    monkeypatch.setattr(curves, "find_spec", lambda name: None)

    def begin(
        out: Path, *jobs: PipelineJob, listener: Listener | None = None, **request: Any
    ) -> Run:
        asked = Request(**{"device": "cpu", "out": out, **request})
        return run(spec_of(*(jobs or [cycle_job()])), asked, listener or Listener())

    return begin


def left_in(directory: Path) -> dict[str, bytes]:
    return {name: (directory / "job" / name).read_bytes() for name in FILES}


def records(directory: Path) -> list[dict[str, Any]]:
    lines = (directory / "job" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


# --- the course of a job ---


def test_phases_follow_each_other(start: Start, tmp_path: Path) -> None:
    result = start(tmp_path / "run").results["job"]
    told = records(tmp_path / "run")
    assert [one["phase"] for one in told] == ["pretrain G, F"] * 2 + ["pretrain D", "joint"]
    assert [one["step"] for one in told] == [3, 6, 8, 11]
    assert [sorted(one["losses"]) for one in told] == [["G, F"], ["G, F"], [], ["D", "G, F"]]
    assert list(told[0]["terms"]["G, F"]) == ["cycle"]  # without the critic's opinion
    assert list(told[3]["terms"]["G, F"]) == ["fooled", "cycle"]
    assert set(told[3]["norms"]["G, F"]) == {"fooled", "cycle"}
    assert sorted(told[3]["gradients"]) == ["D", "F", "G"]
    assert (result.epochs, result.best_epoch, result.examples) == (4, 4, 5)
    assert set(result.values) == {"cycle"}


def test_only_players_of_a_phase_move(start: Start, tmp_path: Path) -> None:
    weights: list[dict[str, torch.Tensor]] = []

    class Epochs(Listener):
        def pipeline_epoch_ended(self, *parts: object) -> None:
            found = read(tmp_path / "run" / "job" / "last.safetensors").tensors
            weights.append({n: t for n, t in found.items() if ".weights." in n})

    start(tmp_path / "run", listener=Epochs())

    def moved(one: int, other: int) -> set[str]:
        changed = {
            name for name, value in weights[one].items() if not value.equal(weights[other][name])
        }
        return {name.split(".")[1] for name in changed}

    assert moved(0, 1) == {"G", "F"}
    assert moved(1, 2) == set()
    assert moved(2, 3) == {"G", "F", "D"}


def test_every_counts_the_steps_of_a_phase(start: Start, tmp_path: Path) -> None:
    sketch = gan()
    sketch.phase(7, "steps")
    job = sketch.job()
    start(tmp_path / "run", job)
    last = read(tmp_path / "run" / "job" / "last.safetensors")
    steps = {name: int(value) for name, value in last.tensors.items() if name.endswith("0.step")}
    assert steps == {
        "players.G.optimizer.0.step": 7,
        "players.F.optimizer.0.step": 7,
        "players.D.optimizer.0.step": 3,  # at steps 2, 4, 6
    }


def test_last_weights_are_kept_where_nothing_says_which(start: Start, tmp_path: Path) -> None:
    start(tmp_path / "run", cycle_job(keep=None))
    best = read(tmp_path / "run" / "job" / "best.safetensors").tensors
    last = read(tmp_path / "run" / "job" / "last.safetensors").tensors
    for name, value in best.items():
        _, player, rest = name.split(".", 2)
        assert value.equal(last[f"players.{player}.weights.{rest}"])


def test_a_report_is_a_mean_over_the_split(start: Start, tmp_path: Path) -> None:
    run = start(tmp_path / "run", cycle_job(keep=None))
    players = run.players("job")
    x = splits(10, 1).test.batch(torch.arange(5))["x"]
    with torch.no_grad():
        wanted = 10 * (players["F"](players["G"](x)) - x).abs().mean()
    # batches of 4 and 1, weighed by their sizes, in float32
    assert run.results["job"].values["cycle"] == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize("terminal", [False, True])
def test_phase_and_steps_are_shown(start: Start, tmp_path: Path, terminal: bool) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=200, color_system=None)
    start(tmp_path / "run", listener=listener_for(console))
    lines = text.getvalue().splitlines()
    assert any("on the test split" in line for line in lines)
    if terminal:
        assert "job, joint" in text.getvalue()
        assert "11/11" in text.getvalue()
    else:
        assert lines[1] == "job: 11 steps"
        assert [line.split("  ")[:2] for line in lines[2:6]] == [
            ["job 1/4", "pretrain G, F"],
            ["job 2/4", "pretrain G, F"],
            ["job 3/4", "pretrain D"],
            ["job 4/4", "joint"],
        ]


def test_a_schedule_stretches_over_the_phases_of_its_player(start: Start, tmp_path: Path) -> None:
    cosine = call(
        "schedule", "CosineAnnealingLR", "std.training.schedules", T_max=None, eta_min=0.0
    )
    start(tmp_path / "run", cycle_job(schedule=cosine))
    told = records(tmp_path / "run")
    # G and F train for 3 epochs, D for 2 (one of two steps): 1e-2 (1 + cos(pi epoch / epochs)) / 2
    wanted = [1e-2, 7.5e-3, None, 2.5e-3]
    assert [one["lr"].get("G") for one in told] == pytest.approx(wanted)
    assert [one["lr"].get("D") for one in told] == pytest.approx([None, None, 1e-2, 5e-3])


def test_clip_bounds_the_gradient_of_each_player(start: Start, tmp_path: Path) -> None:
    sketch = gan()
    sketch.phase(1, "steps")
    start(tmp_path / "bound", sketch.job(optimizer=sgd(1.0), clip=1e-3))
    begin = [module_of(player) for player in seeded(sketch.pipeline().players)]
    moved = {}
    last = read(tmp_path / "bound" / "job" / "last.safetensors").tensors
    for name, module in zip("GFD", begin, strict=True):
        steps = [
            (last[f"players.{name}.weights.{key}"] - value).reshape(-1)
            for key, value in module.state_dict().items()
        ]
        moved[name] = float(torch.cat(steps).norm())
    # float32 weights of size 1 round a step of 1e-3 by up to 1e-7 each
    assert moved == {"G": pytest.approx(1e-3, rel=1e-2), "F": pytest.approx(1e-3, rel=1e-2), "D": 0}


def seeded(players: Any) -> Any:
    """As a job of seed 3 makes their modules."""
    torch.manual_seed(3)
    return players


# --- broken and resumed ---


class KilledAtStep(Listener):
    def __init__(self, step: int) -> None:
        self.at = step

    def pipeline_stepped(self, phase: str, step: int) -> None:
        if step == self.at:
            raise Killed


class InterruptedAtStep(KilledAtStep):
    def pipeline_stepped(self, phase: str, step: int) -> None:
        if step == self.at:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def unbroken(start: Start, tmp_path: Path) -> dict[str, bytes]:
    start(tmp_path / "unbroken")
    return left_in(tmp_path / "unbroken")


# in each of the three phases, and at the ends of epochs
@pytest.mark.parametrize("step", [1, 3, 5, 7, 8, 10, 11])
@pytest.mark.parametrize("save_every", [0.0, 1e9])
def test_killed_between_steps(
    start: Start,
    unbroken: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    save_every: float,
) -> None:
    monkeypatch.setattr(course, "SAVE_EVERY", save_every)
    with pytest.raises(Killed):
        start(tmp_path / "run", listener=KilledAtStep(step))
    start(tmp_path / "run", resume=True)
    assert left_in(tmp_path / "run") == unbroken


def test_killed_within_any_write(
    start: Start, unbroken: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = killed_within_any_write(start, unbroken, left_in, tmp_path, monkeypatch)
    assert number > 10  # spec, facts, and two files in each of four epochs


def test_asked_to_end_it_saves_says_how_to_go_on_and_does(
    start: Start, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(RunError) as refusal:
        start(tmp_path / "run", listener=InterruptedAtStep(10))
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD906"
    assert "after step 10" in diagnostic.message
    start(tmp_path / "run", resume=True)
    assert left_in(tmp_path / "run") == unbroken


def test_histories_and_places_of_draws_are_saved(start: Start, tmp_path: Path) -> None:
    start(tmp_path / "run")
    last = read(tmp_path / "run" / "job" / "last.safetensors")
    [history] = [value for name, value in last.tensors.items() if name.startswith("histories.")]
    assert history.shape == (4, 4)  # the critic learned once, from the batch of step 2
    assert last.facts["draws"] == [[4, 0], [0, 4]]


# --- ends before the end ---


def test_a_term_that_is_no_number_stops_the_run(start: Start, tmp_path: Path) -> None:
    sketch = gan()
    huge = sketch.add(checked.Fixed(1e38), NUMBER)
    cycle = sketch.goals[0].terms[1].value
    blown = sketch.combine("*", huge, sketch.combine("*", huge, cycle))
    sketch.phase(1, players={0, 1})
    sketch.goal([2], blown=blown)
    sketch.goals[1:2] = []
    sketch.phase(1)
    with pytest.raises(RunError) as refusal:
        start(tmp_path / "run", sketch.job(optimizer=adam(1e-3)))
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD901"
    assert "stopped at step 4" in diagnostic.message
    assert "the term `blown` is inf" in diagnostic.message
    assert str(tmp_path / "run" / "job" / "last.safetensors") in diagnostic.notes[0]
    weights = read(tmp_path / "run" / "job" / "last.safetensors").tensors
    assert all(bool(w.isfinite().all()) for n, w in weights.items() if ".weights." in n)


def test_weights_that_overflow_are_not_saved(start: Start, tmp_path: Path) -> None:
    sketch = gan()
    sketch.phase(1, "steps", players={0, 1})
    with pytest.raises(RunError) as refusal:
        start(tmp_path / "run", sketch.job(optimizer=sgd(3e38)))
    assert "a weight of the player `G` is no longer a finite number" in str(
        refusal.value.diagnostics[0].message
    )
    assert not (tmp_path / "run" / "job" / "last.safetensors").exists()


def test_a_checkpoint_of_another_pipeline_is_refused_by_name(start: Start, tmp_path: Path) -> None:
    job = cycle_job()
    start(tmp_path / "run", job)
    players = (replace(job.pipeline.players[0], optimizer=sgd()), *job.pipeline.players[1:])
    other = replace(job, pipeline=replace(job.pipeline, players=players), clip=None)
    with pytest.raises(SpecError) as refusal:
        start(tmp_path / "run", other, resume=True)
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD768"
    assert diagnostic.notes == (
        "The player G differs.",
        "The clip is 5.0 there, and None in this spec.",
    )


def test_several_processes_cannot_play_a_pipeline() -> None:
    with pytest.raises(SpecError) as refusal:
        check_together(Ranks(0, 2), [cycle_job()], [], torch.device("cpu"))
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD978"
    assert diagnostic.notes == ("The job `job` plays a pipeline.",)
