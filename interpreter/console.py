"""A run as the command line shows it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from rich.console import Console

from autodesign.dsl import spec
from autodesign.interpreter.jobs.progress import listener_for
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import Run, run


def run_on_terminal(
    checked: spec.Spec,
    *,
    settings: Mapping[str, str],
    job: str | None,
    device: str,
    out: Path | None,
    resume: bool,
    precision: str | None,
    processes: int | None,
    engine: Literal["local", "ray"],
    keep: int | None,
    sample: float | None,
) -> Run:
    """Runs with bars on a terminal and lines elsewhere. Raises SpecError, RunError."""
    asked = (job, device, precision, out, resume, processes, engine, keep, sample)
    request = Request(settings, tuple(sys.argv), *asked)
    return run(checked, request, listener_for(Console()))
