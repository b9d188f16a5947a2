"""Candidates that are trained as ever, and tell when they were."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from autodesign.dsl.growth import Search
from autodesign.interpreter.growth import candidate
from autodesign.interpreter.growth.assignment import Assignment, Outcome
from autodesign.interpreter.growth.course import Course
from autodesign.interpreter.growth.engine import Engine
from autodesign.interpreter.growth.judging import Judge
from autodesign.interpreter.growth.result import Plan
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener

TIMES = "times.jsonl"


@dataclass(frozen=True)
class Times:
    """When a candidate of a step was trained, by whom; `iterations` and `evaluation` are the first
    and the last moment of each."""

    step: int
    process: int
    begun: float
    iterations: tuple[float, float]
    evaluation: tuple[float, float]
    ended: float

    @property
    def own(self) -> float:
        """Seconds of training and evaluation alone."""
        return sum(last - first for first, last in (self.iterations, self.evaluation))


def timed(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    """Adds a line to RUN/times.jsonl."""
    begun, iterations, evaluation = time.time(), list[float](), list[float]()
    iterate, judge = Course.run, Judge.judge
    Course.run = _noting(iterate, iterations)  # type: ignore[method-assign]
    Judge.judge = _noting(judge, evaluation)  # type: ignore[method-assign]
    try:
        outcome = candidate.train_candidate(assignment, device, telling)
    finally:
        Course.run, Judge.judge = iterate, judge  # type: ignore[method-assign]
    spans = (iterations[0], iterations[1]), (evaluation[0], evaluation[1])
    line = Times(len(assignment.moves), os.getpid(), begun, *spans, time.time())
    with (assignment.run / TIMES).open("a") as file:
        file.write(json.dumps(asdict(line)) + "\n")
    return outcome


def _noting(function: Callable[..., Any], span: list[float]) -> Callable[..., Any]:
    def noted(*arguments: Any) -> Any:
        span.append(time.time())
        found = function(*arguments)
        span.append(time.time())
        return found

    return noted


def run(search: Search, engine: Engine, out: Path) -> float:
    """Runs a search, all moves on one parent; gives the time at which it ended."""
    plan = Plan(search, out / search.name, keep=1, sample=1.0)
    try:
        run_search(plan, engine, timed, Listener(), Interruption(), "")
        return time.time()
    finally:
        engine.close()


def times_of(out: Path) -> list[Times]:
    """Of the candidates that grew, in the order in which they ended."""
    lines = [Times(**json.loads(line)) for line in (out / TIMES).read_text().splitlines()]
    return [line for line in lines if line.step]


def window(times: list[Times]) -> float:
    """Seconds from the first iteration to the end of the last evaluation."""
    return max(one.evaluation[1] for one in times) - min(one.iterations[0] for one in times)


def waits(times: list[Times]) -> list[float]:
    """Seconds from the end of a candidate to the begin of the next in the same process."""
    turns = [
        sorted((one for one in times if one.process == process), key=lambda one: one.begun)
        for process in {one.process for one in times}
    ]
    return [after.begun - before.ended for those in turns for before, after in pairwise(those)]


def tail(times: list[Times]) -> float:
    """Seconds at the end when the last candidate is trained alone."""
    *_, before, last = sorted(one.evaluation[1] for one in times)
    return last - before
