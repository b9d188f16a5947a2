"""What can be seen before a run starts: whether its jobs, its data and its device go together."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch

from autodesign.dsl import spec
from autodesign.dsl.check.feeds import Unfed, feeds
from autodesign.dsl.check.strata import Unstratifiable, check_field
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.failures import listed, refused
from autodesign.interpreter.jobs.starts import check_starts
from autodesign.interpreter.jobs.terms import fields_in, outputs_in, parts
from autodesign.interpreter.pipeline.readiness import check_players

if TYPE_CHECKING:
    from autodesign.stdlib.data.reading.examples import Splits


def check_job(job: spec.Train | PipelineJob, device: torch.device, precision: str) -> None:
    """What needs no data, but for checkpoints to start from. Raises SpecError."""
    if isinstance(job, PipelineJob):
        check_players(job, precision)
        check_starts(job)
    else:
        check_ready(job, device, precision)


def check_ready(job: spec.Train, device: torch.device, precision: str) -> None:
    """What needs no data. Raises SpecError AD771, AD774."""
    if precision == "bfloat16" and not _has_bfloat16(device):
        raise refused(
            "AD774",
            f"the device {device} does not compute in bfloat16",
            help="leave --precision out, or name another device with --device",
        )
    check_starts(job)
    rewards = [goal for goal in job.goals if goal.method.name == "q_learning"]
    trained = {n for g in job.goals if g not in rewards for n in outputs_in(g.term)}
    for goal in rewards:
        _check_scores(job, goal, sorted(set(outputs_in(goal.term)) - trained))


def check_data(job: spec.Train, splits: "Splits") -> None:
    """What shows only when the data are there. Raises SpecError AD485, AD773, AD775."""
    try:
        feeds(job.network, splits.fields)
    except Unfed as unfed:
        raise refused("AD773", unfed.message, job.span, help=unfed.help) from None
    if job.stratified:
        try:
            check_field(job.stratified, job.data.name, splits.fields)
        except Unstratifiable as problem:
            raise refused("AD485", problem.message, job.span, help=problem.help) from None
    for term in _terms(job):
        for name in fields_in(term):
            _check_field(job, name, splits.fields)
        for part in parts(term):
            if isinstance(part, spec.Measure):
                _check_classes(job, part, splits.fields)
    _check_bags(job, len(splits.train))


def _check_scores(job: spec.Train, goal: spec.Goal, acting: list[str]) -> None:
    shapes = {output.name: output.edge.shape for output in job.network.outputs}
    for name in acting:
        if len(shapes[name]) != 1 or shapes[name][0] < 2:
            raise refused(
                "AD771",
                f"the output `{name}` has the shape {list(shapes[name])}, so its values cannot "
                "stand for actions",
                goal.span,
                label="this reward depends on it",
                notes=[
                    "An output in a reward that has no loss of its own is trained like a control "
                    "node: each of its scores predicts the reward of one answer."
                ],
                help=f"give `{name}` one score for each answer, or a loss of its own",
            )


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu"


def _terms(job: spec.Train) -> Iterator[spec.Term]:
    yield from (goal.term for goal in job.goals)
    yield from (report.term for report in (*job.reports, job.keep))


def _check_field(job: spec.Train, name: str, fields: Mapping[str, spec.FieldType]) -> None:
    if name not in fields:
        raise refused(
            "AD773",
            f"the data `{job.data.name}` have no field `{name}`",
            job.span,
            notes=[f"Their fields are {listed(fields)}."],
            help="name one of them",
        )


def _check_classes(
    job: spec.Train, measure: spec.Measure, fields: Mapping[str, spec.FieldType]
) -> None:
    """Each class of a label needs a score."""
    shapes = {output.name: output.edge.shape for output in job.network.outputs}
    scores = [shapes[t.name] for t in measure.inputs if isinstance(t, spec.OutputValue)]
    labels = [fields[t.name] for t in measure.inputs if isinstance(t, spec.FieldValue)]
    for shape in scores:
        for label in labels:
            if len(shape) == 1 and shape[0] > 1 and (label.classes or 0) > shape[0]:
                raise refused(
                    "AD773",
                    f"the data `{job.data.name}` have {label.classes} classes, and "
                    f"{measure.call.name} is given {shape[0]} scores",
                    measure.span,
                    label="applied here",
                    help=f"make the network's last layer {label.classes} wide",
                )


def _check_bags(job: spec.Train, examples: int) -> None:
    for goal in job.goals:
        bag = goal.method.args.get("bag", 1)
        if isinstance(bag, int) and examples < bag:
            raise refused(
                "AD775",
                f"the {examples} training examples of `{job.data.name}` do not fill one bag of "
                f"{bag}",
                goal.method.span,
                label="bags that large",
                help="make the bag smaller, or take more data",
            )
