"""Every spec in specs/ checks, is written in the canonical form, and each of its jobs can learn.

A step is made on random examples of the types that the data declares, so that nothing needs to be
on disk; sizes are set small where a spec has params for them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf, lcm
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from _pytest.mark import ParameterSet
from torch import Tensor

import autodesign as ad
from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.dsl.source import Source
from autodesign.dsl.syntax.format import format_text
from autodesign.interpreter.jobs import checkpoint, sources
from autodesign.interpreter.jobs import run as run_module
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Request, run
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.criteria import inception
from autodesign.stdlib.data.reading.examples import Splits, Table

FOLDER = Path(__file__).parents[2] / "specs"
FILES = sorted(FOLDER.rglob("*.ad"))
SMALLER = {"points.ad": {"size": "64"}}
TOO_LARGE = {"hierarchy.ad", "detectorgan.ad", "psgan.ad"}
"""87 million weights and Adam's; six passes through nine blocks at 512 x 512. Small forms take the
step."""
SLOW = {
    "residual.ad",
    "cascade.ad",
    "cluttered.ad",
    "chain.ad",
}  # their small forms take the same step
FEW = 4


def loaded(path: Path) -> ad.Spec:
    """As on a machine that has the weights that the FID is defined on."""
    with patch.object(inception, "inception_file", lambda: Path("inception.pth")):
        return ad.load(path, SMALLER.get(path.name))


def jobs() -> Iterator[ParameterSet]:
    """All jobs of all specs, each of the file that declares it."""
    for path in FILES:
        checked = loaded(path).checked
        marks = [pytest.mark.slow] if path.name in SLOW else []
        for name, job in checked.jobs.items():
            if path.name not in TOO_LARGE and Path(job.span.source.name).name == path.name:
                yield pytest.param(path, name, id=f"{path.stem}-{name}", marks=marks)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_spec_checks_without_a_warning(path: Path) -> None:
    assert loaded(path).diagnostics == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_spec_is_in_canonical_form(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_text(Source(path.name, text)) == text


@pytest.mark.parametrize(("path", "name"), list(jobs()))
def test_a_step_of_learning_changes_the_weights(
    path: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = loaded(path).checked
    job = checked.jobs[name]
    if isinstance(job, PipelineJob):
        return steps_of_a_pipeline(checked, job, tmp_path, monkeypatch)
    count = lcm(FEW, *(int(str(goal.method.args.get("bag", 1))) for goal in job.goals))
    some = splits(job.data, count)
    monkeypatch.setattr(sources, "load_data", lambda call: some)
    monkeypatch.setattr(run_module, "write_report", lambda *parts: None)
    once = replace(checked, jobs={name: replace(job, epochs=1, batch=count, starts=())})
    run(once, Request({}, (), name, "cpu", None, tmp_path / "run", False), Listener())
    saved = checkpoint.read(tmp_path / "run" / name / "last.safetensors").tensors
    torch.manual_seed(job.seed)
    fresh = dict(DynamicNetwork(job.network).named_parameters())
    learned = {name: saved[f"network.{name}"] for name in fresh}
    assert all(bool(weight.isfinite().all()) for weight in learned.values())
    assert any(not torch.equal(weight, learned[name]) for name, weight in fresh.items())


def steps_of_a_pipeline(
    checked: spec.Spec, job: PipelineJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step in each phase reaches each player that has a goal there."""
    # calls without arguments: nothing has to be made by another job for them
    draws = tuple(
        replace(draw, data=replace(draw.data, call=replace(draw.data.call, args={"draw": place})))
        for place, draw in enumerate(job.pipeline.draws)
    )
    drawn = {repr(draw.data.call): draw.data for draw in draws}
    monkeypatch.setattr(sources, "load_data", lambda call: splits(drawn[repr(call)], FEW))
    monkeypatch.setattr(run_module, "write_report", lambda *parts: None)
    phases = tuple(replace(phase, length=1, unit="steps") for phase in job.pipeline.phases)
    short = replace(
        job,
        pipeline=replace(job.pipeline, phases=phases, draws=draws),
        batch=2,
        makers=(),
        starts=(),
    )
    once = replace(checked, jobs={job.name: short})
    run(once, Request({}, (), job.name, "cpu", None, tmp_path / "run", False), Listener())
    lines = (tmp_path / "run" / job.name / "metrics.jsonl").read_text().splitlines()
    norms = [json.loads(line)["gradients"] for line in lines]
    assert len(norms) == len(phases)
    reached = {player for one in norms for player, norm in one.items() if 0 < norm < inf}
    assert reached == {
        job.pipeline.players[player].name for goal in job.pipeline.goals for player in goal.players
    }


def splits(data: spec.Data, count: int) -> Splits:
    assert data.fields is not None
    some = Table({n: examples(f, count, data.fields) for n, f in data.fields.items()})
    return Splits(some, some, some, data.fields)


def examples(field: spec.FieldType, count: int, beside: Mapping[str, spec.FieldType]) -> Tensor:
    """Random examples of a type; of labels the first classes in turn, of boxes one."""
    if field.kind == "boxes":
        height, width = beside["image"].shape[1:]
        boxes = torch.full((count, *field.shape), -1.0)
        boxes[:, 0] = torch.tensor([width / 4, height / 4, width / 2, height / 2, 0])
        return boxes
    if field.kind == "label":
        return torch.arange(count) % (field.classes or 2)
    if field.kind == "point":
        return 16 * torch.rand(count, *field.shape, 2)
    if field.kind == "real":
        return 1 + 4 * torch.rand(count, *field.shape)
    return torch.rand(count, *field.shape)
