"""What is asked of a run, besides its spec."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autodesign.dsl import spec
from autodesign.interpreter.jobs import identity


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run, besides its spec.

    `command` and `settings` are recorded only. `out` None: a new folder under ./runs. `processes`
    None: as many as there are cores (or CUDA devices) for the points of a sweep.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    job: str | None = None
    device: str = "auto"
    precision: str | None = None
    out: Path | None = None
    resume: bool = False
    processes: int | None = None


def precision_of(job: spec.Train, request: Request) -> str:
    return request.precision or job.precision


def identity_of(job: spec.Train, request: Request) -> dict[str, str]:
    """What a run of the job is, so that it can be told whether another is the same."""
    return {**identity.identity(job), "precision": precision_of(job, request)}


def resume_with(spec_name: str, request: Request, place: Path) -> str:
    """The command that continues a run."""
    words = ["interpret", spec_name, "--resume", "--out", str(place)]
    for name, value in request.settings.items():
        words += ["--set", f"{name}={value}"]
    words += ["--job", request.job] if request.job else []
    words += ["--precision", request.precision] if request.precision else []
    words += ["--processes", str(request.processes)] if request.processes else []
    return shlex.join(words)
