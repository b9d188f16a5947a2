"""A process that runs the points of a sweep it is given."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.growth import Search
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.failures import unexpected
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import run
from autodesign.interpreter.jobs.serving import Tell, serve
from autodesign.interpreter.sweeps.points import Task

TELL_EVERY = 0.2
"""Seconds between two messages about the steps of a point."""


class Teller(Listener):
    """Sends how a point goes on: ("stepped", steps done, steps in all), ("warned", diagnostic)."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.told = tell, 0.0
        self.steps = self.total = 0

    def job_started(self, job: spec.Train, epoch: int, steps: int) -> None:
        self.steps, self.total = steps, job.epochs * steps
        self.tell("stepped", epoch * steps, self.total)

    def stepped(self, epoch: int, step: int) -> None:
        if time.monotonic() - self.told > TELL_EVERY:
            self.told = time.monotonic()
            self.tell("stepped", epoch * self.steps + step, self.total)

    def pipeline_started(self, job: PipelineJob, step: int, steps: int) -> None:
        self.total = steps
        self.tell("stepped", step, steps)

    def pipeline_stepped(self, phase: str, step: int) -> None:
        if step == self.total or time.monotonic() - self.told > TELL_EVERY:
            self.told = time.monotonic()
            self.tell("stepped", step, self.total)

    def warned(self, job: spec.Train | PipelineJob | Search, warning: Diagnostic) -> None:
        self.tell("warned", warning)

    def epoch_ended(self, job: spec.Train, record: Mapping[str, Any]) -> None:
        self.tell("stepped", record["epoch"] * self.steps, self.total)


def perform(task: Task, tell: Tell) -> tuple[object, ...]:
    """Ends with the result of a point, or fails with the reasons why there is none."""
    assert task.request.out is not None
    try:
        return "ended", run(task.checked, task.request, Teller(tell)).results[task.job.name]
    except SpecError as refusal:
        return "failed", tuple(refusal.diagnostics)
    except Exception as problem:
        task.request.out.mkdir(parents=True, exist_ok=True)
        return "failed", tuple(unexpected(problem, Path(task.place.log)).diagnostics)


if __name__ == "__main__":
    serve(perform)
