"""The run directory: what a run was, what it measured, what it learned.

spec.ad                    the spec, with the params as they were set; beside it the files it uses
run.json                   versions, seeds, command line, device, threads (`Facts`)
report.html                tables and curves, one file that needs no other
JOB/metrics.jsonl          one line for each epoch; holds no times
JOB/last.safetensors       all that is needed to go on from the last checkpoint
JOB/best.safetensors       the weights of the best epoch on the validation split
JOB/result.json            written once the job is done: the test split, measured once
JOB/times.json             how long each node takes, where the job asks for `time`
JOB/wall.json              wall time of the trained network, and of its paths alone
JOB/examples.safetensors   images of the test split for each path; of a pipeline, what it makes
JOB/made-N-SEED.safetensors  examples that a pipeline made for other jobs
JOB/events/                TensorBoard events, where TensorBoard is installed
SEARCH/journal.jsonl       what a search has done, a line for each event
SEARCH/candidates/ID/      weights, images and result of each candidate; ID.partial while it trains
SEARCH/analysis.html       what the search has found, and what each action did
SWEEP/POINT/               the run directory of each point of a sweep
SWEEP/results.json, .csv   what came of all points; beside them pictures and a report.html
log.txt                    the traceback of an error of the interpreter itself, if there was one
"""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.failures import failed, refused

PACKAGES = ("autodesign", "torch", "torchvision", "numpy", "scikit-learn", "safetensors")


class Facts(BaseModel):
    """run.json. `jobs` identifies each job (see identity.py), `data` is its data's fingerprint.

    `point_threads` is the number of threads with which each point of a sweep computes,
    `candidate_threads` that of each candidate of a search.
    """

    model_config = ConfigDict(frozen=True)

    spec: str
    started: str
    command: tuple[str, ...]
    settings: Mapping[str, str]
    seeds: Mapping[str, int]
    device: str
    threads: int
    python: str
    platform: str
    versions: Mapping[str, str]
    jobs: Mapping[str, Mapping[str, str]]
    data: Mapping[str, str] = {}
    point_threads: int | None = None
    candidate_threads: int | None = None


@dataclass(frozen=True, slots=True)
class JobDirectory:
    """The folder of one job."""

    path: Path

    @property
    def last(self) -> Path:
        return self.path / "last.safetensors"

    @property
    def best(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def times(self) -> Path:
        return self.path / "times.json"

    @property
    def wall(self) -> Path:
        return self.path / "wall.json"

    @property
    def examples(self) -> Path:
        return self.path / "examples.safetensors"

    @property
    def events(self) -> Path:
        return self.path / "events"

    def records(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl."""
        if not self.metrics.exists():
            return []
        return [json.loads(line) for line in self.metrics.read_text("utf-8").splitlines()]


@dataclass(frozen=True, slots=True)
class RunDirectory:
    path: Path

    def job(self, name: str) -> JobDirectory:
        return JobDirectory(self.path / name)

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    def facts(self) -> Facts:
        """Raises RunError AD903 where run.json is damaged."""
        path = self.path / "run.json"
        try:
            return Facts.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as problem:
            raise failed(
                "AD903",
                f"run.json in {self.path} is damaged",
                help="start a new run without --resume",
            ) from problem

    def put_facts(self, facts: Facts) -> None:
        files.write(self.path / "run.json", facts.model_dump_json(indent=2).encode() + b"\n")

    def put_specs(self, texts: Mapping[str, str]) -> None:
        """Writes the spec and the files it uses, by their paths from the spec's folder."""
        for path, text in texts.items():
            _make((self.path / path).parent)
            files.write(self.path / path, text.encode())


def create(path: Path | None, spec: str) -> RunDirectory:
    """A new run directory: `path`, or runs/SPEC-TIME. Raises SpecError AD765, AD766."""
    if path is None:
        path = _unused(Path("runs") / f"{spec}-{time.strftime('%Y%m%d-%H%M%S')}")
    if (path / "run.json").exists():
        raise refused(
            "AD766",
            f"{path} already holds a run",
            help="continue it with --resume, or name another folder with --out",
        )
    _make(path)
    return RunDirectory(path)


def find(path: Path | None, spec: str) -> RunDirectory:
    """The run to continue: the one in `path`, or the newest of this spec under ./runs.

    Raises SpecError AD767 where there is none.
    """
    candidates = [path] if path else list(Path("runs").glob(f"{spec}-*"))
    runs = sorted((p for p in candidates if (p / "run.json").exists()), key=_age)
    if not runs:
        where = str(path) if path else f"runs/{spec}-*"
        raise refused(
            "AD767",
            f"there is no run of `{spec}` to resume in {where}",
            help="start it without --resume, or say with --out where the run is",
        )
    _make(runs[-1])
    return RunDirectory(runs[-1])


def facts_of(
    spec: str,
    command: Sequence[str],
    settings: Mapping[str, str],
    seeds: Mapping[str, int],
    device: str,
    threads: int,
    jobs: Mapping[str, Mapping[str, str]],
) -> Facts:
    return Facts(
        spec=spec,
        started=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        command=tuple(command),
        settings=settings,
        seeds=seeds,
        device=device,
        threads=threads,
        python=platform.python_version(),
        platform=platform.platform(),
        versions={name: _version(name) for name in PACKAGES},
        jobs=jobs,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _age(path: Path) -> float:
    return (path / "run.json").stat().st_mtime


def _unused(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number, free = number + 1, path.with_name(f"{path.name}-{number}")
    return free


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        trial = path / f".{os.getpid()}.trial"
        trial.touch()
        trial.unlink()
    except OSError as problem:
        raise refused(
            "AD765",
            f"I cannot write into {path}: {problem.strerror or problem}",
            help="name a folder with --out in which you may write",
        ) from problem
