"""The points of a sweep as runs: where each one lies, and the spec that it runs."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.interpreter.jobs import identity
from autodesign.interpreter.jobs.directory import RunDirectory
from autodesign.interpreter.jobs.request import Job, Request, identity_of

LONGEST = 200
"""Bytes of a folder's name, of which a disk takes 255."""


@dataclass(frozen=True, slots=True)
class Task:
    """A point to be run: its folder, the spec as it is there, and what is asked of the run."""

    name: str
    point: spec.Point
    checked: spec.Spec
    request: Request

    @property
    def job(self) -> Job:
        return self.point.job

    @property
    def place(self) -> RunDirectory:
        assert self.request.out is not None
        return RunDirectory(self.request.out)

    @property
    def done(self) -> bool:
        """The report is the last that a run writes."""
        return self.place.report.exists() and self.place.job(self.job.name).result.exists()


def tasks_of(sweep: spec.Sweep, checked: spec.Spec, request: Request, folder: Path) -> list[Task]:
    """The sweep's points, those beside them and those they start from, each in a folder of its own
    under `folder`."""
    points = [*sweep.points, *sweep.beside, *sweep.sources]
    named = [_text(point, i < len(sweep.points)) for i, point in enumerate(points)]
    return [
        Task(
            name,
            point,
            _spec_at(checked, sweep, point),
            _request_at(request, sweep, point, folder / name),
        )
        for name, point in zip(_folders(named), points, strict=True)
    ]


def check_unchanged(tasks: Sequence[Task]) -> None:
    """Compares points that have begun with the spec. Raises SpecError AD768."""
    for task in tasks:
        if not (task.place.path / "run.json").exists():
            continue
        begun = task.place.facts().jobs
        if task.job.name in begun:
            where = f"the point {task.name} in {task.place.path.parent}"
            identity.check_same(begun[task.job.name], identity_of(task.job, task.request), where)


def _text(point: spec.Point, swept: bool) -> str:
    """`lam=0.2,seed=0`, and with the name of another job in front."""
    values = [
        f"{name}={value if isinstance(value, str) else said(value)}"
        for name, value in point.settings.items()
    ]
    return ",".join(values if swept else [point.job.name, *values])


def _folders(texts: Sequence[str]) -> list[str]:
    """Names that any disk takes; one that had to be changed, or is not the only such, is told
    apart by a digest."""
    written = [re.sub(r"[^\w.+\-=,']+", "-", text).encode() for text in texts]
    plain = [name[:LONGEST].decode(errors="ignore") for name in written]
    many = Counter(name.casefold() for name in plain)
    return [
        name
        if name == text and many[name.casefold()] == 1
        else f"{name}-{sha256(text.encode()).hexdigest()[:8]}"
        for name, text in zip(plain, texts, strict=True)
    ]


def _spec_at(checked: spec.Spec, sweep: spec.Sweep, point: spec.Point) -> spec.Spec:
    values = declared(sweep, point)
    params: Mapping[str, spec.Param] = {
        name: replace(param, value=values.get(name, param.value))
        for name, param in checked.params.items()
    }
    return replace(checked, params=params, jobs={point.job.name: point.job}, sweeps={})


def declared(sweep: spec.Sweep, point: spec.Point) -> dict[str, spec.Value]:
    """What a point sets, by the names under which the params are declared."""
    names = {axis.param: axis.declared for axis in sweep.axes}
    return {names[name]: value for name, value in point.settings.items()}


def _request_at(request: Request, sweep: spec.Sweep, point: spec.Point, place: Path) -> Request:
    settings = {name: said(value) for name, value in declared(sweep, point).items()}
    return replace(
        request,
        settings={**request.settings, **settings},
        job=point.job.name,
        out=place,
        resume=(place / "run.json").exists(),
    )
