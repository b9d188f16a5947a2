"""Sweeps: a job at each point of a grid of its params, every point checked as if written out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from autodesign.dsl import spec
from autodesign.dsl.check.jobs import check_job
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.reach import reach
from autodesign.dsl.check.sweep_jobs import find_job, jobs_beside
from autodesign.dsl.check.sweep_plots import check_plots
from autodesign.dsl.check.sweep_values import Line, Written, read_lines
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.diagnostic import Label, Problems
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.said import said
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast

Place = tuple[Written, ...]
"""A point of the grid: the value on each line, and where it is written."""


def check_sweep(program: Program, entry: Entry, jobs: Mapping[str, spec.Job]) -> spec.Sweep | None:
    """The sweep, or None where it is refused (and reported). `jobs`: those that are not."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.SweepDeclaration)
    try:
        job = find_job(program, entry.scope, declaration.job)
        beside = jobs_beside(program, entry.scope, declaration, job)
        lines = read_lines(program, Env(entry.scope), declaration)
        named = [jobs.get(name) for name in _names(declaration)]
        if None in named:
            return None
        _say_unused(program, lines)
        return _Sweep(program, declaration, lines, job, beside).checked([j for j in named if j])
    except Refused:
        return None


def _names(declaration: ast.SweepDeclaration) -> list[str]:
    assert isinstance(declaration.job, ast.Name)
    return [declaration.job.id, *(name.id for name in declaration.beside)]


def _say_unused(program: Program, lines: Sequence[Line]) -> None:
    """Warns of a `--set` that a sweep overrules."""
    for line in lines:
        name = line.param.declaration.name.id
        if name in program.settings:
            source = Source("--set", f"{name}={program.settings[name]}")
            program.problems.warn(
                "AD786",
                f"`{name}` is set, and a sweep sets it itself",
                Span(source, 0, len(name)),
                "the sweep takes no notice of it",
                related=[Label(line.name.span, "these values are run")],
                help=f"leave out --set {name}, or name a job that is no sweep with --job",
            )


def _without_equals(points: Sequence[spec.Point]) -> list[spec.Point]:
    """Of points whose jobs are equal, the first: it serves whatever starts from any of them."""
    jobs = [point.job for point in points]
    return [point for place, point in enumerate(points) if point.job not in jobs[:place]]


class _Sweep:
    """A sweep whose parts are known; its points are yet to be checked."""

    def __init__(
        self,
        program: Program,
        declaration: ast.SweepDeclaration,
        lines: Sequence[Line],
        job: Entry,
        beside: Sequence[Entry],
    ) -> None:
        self.program, self.declaration, self.lines = program, declaration, lines
        self.job, self.others = job, beside
        self.known: dict[tuple[str, ...], Program] = {}
        self.params = {line.param for line in lines}
        self.deep = self._deep()

    def _deep(self) -> set[Entry]:
        """The params that the networks, data and metrics of the jobs depend on."""
        named = [reach(e.scope, e.declaration) for e in (self.job, *self.others)]
        parts = {e for entries in named for e in entries if e.kind not in ("param", "train")}
        return {p for e in parts for p in reach(e.scope, e.declaration) & self.params}

    def checked(self, jobs: Sequence[spec.Job]) -> spec.Sweep:
        """`jobs`: its own, then the others, as they are without the sweep. Raises Refused."""
        before = len(self.program.problems.found)
        points = self._points(self.job, self.lines)
        beside, sources = (
            [point for other in group for point in self._points(other, self._lines(other))]
            for group in (self.others, self._sources())
        )
        if any(d.severity == "error" for d in self.program.problems.found[before:]):
            raise Refused()
        self._say_without_effect(points)
        axes = tuple(self._axis(line) for line in self.lines)
        return spec.Sweep(
            name=self.declaration.name.id,
            job=_names(self.declaration)[0],
            axes=axes,
            points=tuple(points),
            beside=tuple(beside),
            sources=tuple(_without_equals(sources)),
            plots=check_plots(self.program, self.declaration, jobs, axes),
            span=self.declaration.name.span,
            doc=self.declaration.doc,
        )

    def _lines(self, job: Entry) -> list[Line]:
        """The lines whose params a job depends on."""
        reached = reach(job.scope, job.declaration)
        return [line for line in self.lines if line.param in reached]

    def _sources(self) -> list[Entry]:
        """The jobs whose weights the others start from, where they have no points yet."""
        here = (self.job, *self.others)
        reached = [entry for job in here for entry in reach(job.scope, job.declaration)]
        found = [entry for entry in reached if entry.kind == "train" and entry not in here]
        return sorted(set(found), key=lambda entry: entry.declaration.span.start)

    def _axis(self, line: Line) -> spec.Axis:
        assert isinstance(self.job.declaration, ast.TrainDeclaration)
        seeds = [
            item.values
            for item in self.job.declaration.items
            if isinstance(item, ast.Clause) and item.keyword == "seed"
        ]
        values = tuple(value for value, _ in line.values)
        declared = line.param.declaration.name.id
        return spec.Axis(
            line.name.id,
            declared,
            values,
            line.param in reach(self.job.scope, tuple(seeds)),
        )

    def _points(self, job: Entry, lines: Sequence[Line]) -> list[spec.Point]:
        points: list[spec.Point] = []
        for place in product(*(line.values for line in lines)):
            settings = {line.param: value for line, (value, _) in zip(lines, place, strict=True)}
            checked = self._check(job, settings, lines, place)
            if checked is not None:
                named = {line.name.id: settings[line.param] for line in lines}
                points.append(spec.Point(named, checked))
        return points

    def _check(
        self, job: Entry, settings: Mapping[Entry, spec.Value], lines: Sequence[Line], place: Place
    ) -> "spec.Job | None":
        """The job at a point; what is found there is told once, with the point."""
        problems = Problems()
        alike = tuple(said(settings[p]) if p in settings else "" for p in self._ordered())
        if alike not in self.known:
            self.known[alike] = self.program.pin(settings, self._untouched, problems)
        program = self.known[alike].pin(settings, lambda entry: True, problems)
        checked = check_job(program, job)
        self.known[alike] = program
        where = ", ".join(
            f"{line.name.id} = {said(value)}" for line, (value, _) in zip(lines, place, strict=True)
        )
        self._tell(problems, f"This is so at the point {where} of the sweep.", lines, place)
        return checked

    def _ordered(self) -> list[Entry]:
        return [line.param for line in self.lines if line.param in self.deep]

    def _untouched(self, entry: Entry) -> bool:
        return not reach(entry.scope, entry.declaration) & self.params

    def _tell(self, problems: Problems, note: str, lines: Sequence[Line], place: Place) -> None:
        if not problems.found:
            return
        told = self.program.problems.found
        known = {(d.code, d.span, d.message) for d in told}
        labels = tuple(
            Label(at, "at this value")
            for line, (_, at) in zip(lines, place, strict=True)
            if len(line.values) > 1
        )
        for found in problems.found:
            if (found.code, found.span, found.message) not in known:
                told.append(
                    replace(found, notes=(*found.notes, note), related=(*found.related, *labels))
                )

    def _say_without_effect(self, points: Sequence[spec.Point]) -> None:
        """Refuses a param that changes nothing about the job."""
        refused = False
        for number, line in enumerate(self.lines):
            if not self._matters(number, points):
                refused = True
                job = self.job.declaration.name.id
                self.program.problems.error(
                    "AD782",
                    f"the job `{job}` does not depend on `{line.name.id}`",
                    line.name.span,
                    "the same run at each of its values",
                    related=[Label(self.job.declaration.name.span, "the job")],
                    help=f"use `{line.name.id}` in `{job}`, as in `seed {line.name.id}`,"
                    " or leave it out here",
                )
        if refused:
            raise Refused()

    def _matters(self, number: int, points: Sequence[spec.Point]) -> bool:
        line = self.lines[number]
        if len(line.values) == 1:
            return line.param in reach(self.job.scope, self.job.declaration)
        name = line.name.id
        first: dict[tuple[str, ...], spec.Job] = {}
        for point in points:
            rest = tuple(said(v) for k, v in point.settings.items() if k != name)
            if first.setdefault(rest, point.job) != point.job:
                return True
        return False
