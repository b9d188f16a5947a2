"""What is asked of a run, besides its spec."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import identity
from autodesign.interpreter.pipeline import identity as pipelines

Job = spec.Train | PipelineJob


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run, besides its spec.

    `command` and `settings` are recorded only. `out` None: a new folder under ./runs. `processes`:
    how many points of a sweep or candidates of a search there are at a time (None: as many as there
    are cores, or CUDA devices); `engine` says where the candidates are. `keep` and `sample` stand
    in for those that searches say (None: theirs).
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    job: str | None = None
    device: str = "auto"
    precision: str | None = None
    out: Path | None = None
    resume: bool = False
    processes: int | None = None
    engine: Literal["local", "ray"] = "local"
    keep: int | None = None
    sample: float | None = None


def precision_of(job: Job, request: Request) -> str:
    """Pipelines compute in float32."""
    own = job.precision if isinstance(job, spec.Train) else "float32"
    return request.precision or own


def identity_of(job: Job, request: Request) -> dict[str, str]:
    """What a run of the job is, so that it can be told whether another is the same."""
    if isinstance(job, PipelineJob):
        told = pipelines.identity(job)
    else:
        told = {**identity.identity(job), **pipelines.of_makers(job.makers)}
    return {**told, "precision": precision_of(job, request)}


def resume_with(spec_name: str, request: Request, place: Path) -> str:
    """The command that continues a run."""
    words = ["interpret", spec_name, "--resume", "--out", str(place)]
    for name, value in request.settings.items():
        words += ["--set", f"{name}={value}"]
    words += ["--job", request.job] if request.job else []
    words += ["--precision", request.precision] if request.precision else []
    words += ["--workers", str(request.processes)] if request.processes else []
    words += ["--engine", request.engine] if request.engine != "local" else []
    words += ["--keep", str(request.keep)] if request.keep is not None else []
    words += ["--sample", str(request.sample)] if request.sample is not None else []
    return shlex.join(words)
