"""What all jobs have in common between their first step and their last: where they stand, and ends
before the end."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autodesign.interpreter.jobs.failures import RunError, failed

SAVE_EVERY = 60.0
"""Seconds after which a long epoch is saved in its middle."""


@dataclass(slots=True)
class Progress:
    """Where a job stands. `best` is the value of `keep` at `best_epoch`, none before the first;
    `metrics` the size of metrics.jsonl in bytes."""

    epoch: int = 0
    step: int = 0
    best: float | None = None
    best_epoch: int = 0
    metrics: int = 0

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def better(value: float, best: float | None, greater: bool) -> bool:
    """Whether an epoch's value beats the best; an undefined one only beats having none."""
    if math.isnan(value) or best is None:
        return best is None
    return value > best if greater else value < best


def kept(last: Path) -> str:
    """What is left to a job that failed."""
    return f"The last good checkpoint is {last}." if last.exists() else "Nothing was saved yet."


def interrupted(job: str, step: int, resume_with: str) -> RunError:
    return failed(
        "AD906",
        f"the job `{job}` was interrupted after step {step}, and is saved",
        help=f"continue it with: {resume_with}",
    )
