"""Trains one candidate in whatever process this is, and leaves its folder complete or not there."""

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.growth.assignment import RESULT, Assignment, Outcome
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.mishaps import out_of_memory

LOG = "log.txt"
LIVES = 3
"""A candidate whose process dies is trained again, until it has died so often."""

Train = Callable[[Assignment, torch.device, Telling], Outcome]


@dataclass(frozen=True, slots=True)
class Work:
    """A candidate, and what trains it: a function at the top of a module, so that it can be named
    in another process."""

    assignment: Assignment
    train: Train


def perform(work: Work, device: torch.device, telling: Telling) -> Outcome:
    """Trains a candidate, unless its folder is there. What fails for reasons of its own is an
    outcome too. Raises RunError AD902 where nothing can be written."""
    assignment = work.assignment
    if (assignment.directory / RESULT).exists():
        return files.read(assignment.directory / RESULT, Outcome)
    try:
        assignment.partial.mkdir(parents=True, exist_ok=True)
        outcome = _trained(work, device, telling)
    except OSError as problem:
        raise files.unwritable(assignment.partial, problem) from problem
    complete(assignment, outcome)
    return outcome


def complete(assignment: Assignment, outcome: Outcome) -> None:
    """Gives the folder its result and its name; of weights only those of a candidate that is done
    are kept. Raises RunError AD902."""
    partial = assignment.partial
    try:
        partial.mkdir(parents=True, exist_ok=True)
        if outcome.outcome != "done":
            for file in partial.glob("*.safetensors"):
                file.unlink()
        files.write(partial / RESULT, outcome.model_dump_json(indent=2).encode() + b"\n")
        partial.rename(assignment.directory)
        _settle(partial)
    except OSError as problem:
        raise files.unwritable(assignment.directory, problem) from problem


def lost(assignment: Assignment, how: str, words: bytes) -> Outcome:
    """The outcome of a candidate whose process died again and again; its last words are kept."""
    outcome = Outcome(outcome="failed", error=f"its process was ended {LIVES} times, at last {how}")
    assignment.partial.mkdir(parents=True, exist_ok=True)
    if words:
        files.write(assignment.partial / LOG, words)
    complete(assignment, outcome)
    return outcome


def _trained(work: Work, device: torch.device, telling: Telling) -> Outcome:
    try:
        return work.train(work.assignment, device, telling)
    except SpecError as refusal:
        if isinstance(refusal, RunError) and refusal.diagnostics[0].code == "AD902":
            raise
        return Outcome(outcome="failed", error=refusal.diagnostics[0].message)
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno in files.FULL:
            raise
        files.write(
            work.assignment.partial / LOG, "".join(traceback.format_exception(problem)).encode()
        )
        if out_of_memory(problem):
            return Outcome(outcome="failed", error="there was not enough memory for it")
        return Outcome(outcome="failed", error=f"{type(problem).__name__}: {problem}")


def _settle(partial: os.PathLike[str]) -> None:
    """Makes the folder's new name last through a failure of power, where the system can."""
    try:
        folder = os.open(os.path.dirname(partial), os.O_RDONLY)  # noqa: PTH120
    except OSError:
        return
    try:
        os.fsync(folder)
    except OSError:
        pass
    finally:
        os.close(folder)
