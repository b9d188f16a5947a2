"""What a sweep plots: quantities that its jobs report, their cost, and its own params."""

from collections.abc import Sequence

from autodesign.dsl import spec
from autodesign.dsl.check.jobs import is_loss
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.record import record
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

Jobs = Sequence[spec.Job]
"""The job that a sweep is about, then those it stands beside."""


@record
class Reported:
    """A number that a job reports: its text, the metric or loss that it is, whether more of it is
    better; `cost`: it is the cost itself."""

    text: str
    measure: str
    greater: bool
    cost: bool


def _reports(job: spec.Job) -> list[Reported]:
    """The numbers that a job reports."""
    if not isinstance(job, spec.Train):
        from autodesign.dsl.pipeline import Operation

        made = [(r, job.pipeline.values[r.value].made) for r in job.reports]
        return [
            Reported(r.text, m.call.name if isinstance(m, Operation) else "", r.greater, False)
            for r, m in made
        ]
    return [
        Reported(
            report.text,
            report.term.call.name if isinstance(report.term, spec.Measure) else "",
            not is_loss(report.term),
            isinstance(report.term, spec.Cost),
        )
        for report in job.reports
        if not isinstance(report.term, spec.Paths)
    ]


def check_plots(
    program: Program, declaration: ast.SweepDeclaration, jobs: Jobs, axes: Sequence[spec.Axis]
) -> tuple[spec.Plot, ...]:
    """The plots that are written, or those that are of use. Reports and raises Refused."""
    plots: list[spec.Plot] = []
    refused = False
    for item in declaration.items:
        try:
            vertical = _figure(program, item.vertical, jobs, axes)
            plots.append(spec.Plot(vertical, _figure(program, item.horizontal, jobs, axes)))
        except Refused:
            refused = True
    if refused:
        raise Refused()
    return tuple(plots) or _usual(jobs, axes)


def _figure(program: Program, expr: ast.Expr, jobs: Jobs, axes: Sequence[spec.Axis]) -> spec.Figure:
    text = print_expr(expr)
    if text == "cost" and all(isinstance(job, spec.Train) for job in jobs):
        return spec.Figure("cost", text, {}, False)
    for axis in axes:
        if text == axis.param:
            return _param(axis)
    found = {job.name: _reported(job, text) for job in jobs}
    for job in jobs:
        if found[job.name] is None:
            raise _unreported(program, expr, text, job)
    texts = {name: report.text for name, report in found.items() if report is not None}
    first = found[jobs[0].name]
    assert first is not None
    return spec.Figure("report", text, texts, first.greater)


def _param(axis: spec.Axis) -> spec.Figure:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in axis.values)
    return spec.Figure("param", axis.param, {}, True, () if numbers else axis.values)


def _reported(job: spec.Job, text: str) -> Reported | None:
    """The report of a job with this text, else the only one of a metric with this name."""
    numbers = _reports(job)
    whole = [report for report in numbers if report.text == text]
    named = [report for report in numbers if report.measure == text]
    return whole[0] if whole else named[0] if len(named) == 1 else None


def _unreported(program: Program, expr: ast.Expr, text: str, job: spec.Job) -> Refused:
    reported = [report.text for report in _reports(job)]
    named = [report for report in reported if report.startswith(f"{text}(")]
    program.problems.error(
        "AD784",
        f"the job `{job.name}` reports {'several' if named else 'no'} `{text}`",
        expr.span,
        "which one?" if named else "not measured",
        help=f"write one of them out: {', '.join(named)}"
        if named
        else f"plot one of {', '.join(reported)}, or let `{job.name}` report this too",
    )
    return Refused()


def _usual(jobs: Jobs, axes: Sequence[spec.Axis]) -> tuple[spec.Plot, ...]:
    """Each report that all jobs have against the cost where it varies, else against a param."""
    varied = [axis for axis in axes if not axis.repeats] or list(axes)
    bounds = [job.network.analysis for job in jobs if isinstance(job, spec.Train)]
    dynamic = len({cost for b in bounds for cost in (b.least, b.greatest)}) > 1
    against = _param(varied[0])
    if dynamic:
        against = spec.Figure("cost", "cost", {}, False)
    plots = []
    for report in _reports(jobs[0]):
        texts = {job.name: found.text for job in jobs if (found := _reported(job, report.text))}
        if len(texts) == len(jobs) and not report.cost:
            figure = spec.Figure("report", report.text, texts, report.greater)
            plots.append(spec.Plot(figure, against))
    return tuple(plots)
