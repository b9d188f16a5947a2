"""A process that runs points of a sweep, one after the other, as it is told to on its input.

It is started as `python -m autodesign.interpreter.sweeps.worker THREADS`, not by multiprocessing:
that would run the user's script again in each process. Its input closes when there is no more to
do, or when the process that started it has died; either way it ends at once. What it had saved by
then can be resumed.
"""

import os
import pickle
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.failures import unexpected
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.run import run
from autodesign.interpreter.sweeps.points import Task

TELL_EVERY = 0.2
"""Seconds between two messages about the steps of a point."""


class Teller(Listener):
    """Sends how a point goes on: ("stepped", steps done, steps in all), ("warned", diagnostic)."""

    def __init__(self, channel: BinaryIO) -> None:
        self.channel, self.told = channel, 0.0
        self.steps = self.total = 0

    def tell(self, *message: object) -> None:
        try:
            pickle.dump(message, self.channel)
            self.channel.flush()
        except OSError:
            os._exit(1)  # nobody listens any more

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

    def warned(self, job: spec.Train | PipelineJob, warning: Diagnostic) -> None:
        self.tell("warned", warning)

    def epoch_ended(self, job: spec.Train, record: Mapping[str, Any]) -> None:
        self.tell("stepped", record["epoch"] * self.steps, self.total)


def main() -> None:
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints does not get between the messages
    torch.set_num_threads(int(sys.argv[1]))
    tasks: SimpleQueue[Task] = SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    teller = Teller(channel)
    while True:
        task = tasks.get()
        teller.tell("ended", _ending(task, teller))


def _listen(tasks: "SimpleQueue[Task]") -> None:
    while True:
        try:
            tasks.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(0)


def _ending(task: Task, listener: Listener) -> Result | tuple[Diagnostic, ...]:
    """The result of a point, or the reasons why there is none."""
    assert task.request.out is not None
    try:
        return run(task.checked, task.request, listener).results[task.job.name]
    except SpecError as refusal:
        return tuple(refusal.diagnostics)
    except Exception as problem:
        task.request.out.mkdir(parents=True, exist_ok=True)
        return tuple(unexpected(problem, Path(task.place.log)).diagnostics)


if __name__ == "__main__":
    main()
