"""What a sweep plots: quantities that its jobs report, their cost, and its own params."""

from collections.abc import Sequence

from autodesign.dsl import spec
from autodesign.dsl.check.jobs import is_loss
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

Jobs = Sequence[spec.Train]
"""The job that a sweep is about, then those it stands beside."""


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
    if text == "cost":
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
    return spec.Figure("report", text, texts, not is_loss(first.term))


def _param(axis: spec.Axis) -> spec.Figure:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in axis.values)
    return spec.Figure("param", axis.param, {}, True, () if numbers else axis.values)


def _reported(job: spec.Train, text: str) -> spec.Report | None:
    """The report of a job with this text, else the only one of a metric with this name."""
    numbers = [r for r in job.reports if not isinstance(r.term, spec.Paths)]
    whole = [report for report in numbers if report.text == text]
    named = [r for r in numbers if isinstance(r.term, spec.Measure) and r.term.call.name == text]
    return whole[0] if whole else named[0] if len(named) == 1 else None


def _unreported(program: Program, expr: ast.Expr, text: str, job: spec.Train) -> Refused:
    named = [report.text for report in job.reports if report.text.startswith(f"{text}(")]
    reported = [r.text for r in job.reports if not isinstance(r.term, spec.Paths)]
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
    bounds = [job.network.analysis for job in jobs]
    dynamic = len({cost for b in bounds for cost in (b.least, b.greatest)}) > 1
    against = _param(varied[0])
    if dynamic:
        against = spec.Figure("cost", "cost", {}, False)
    plots = []
    for report in jobs[0].reports:
        texts = {job.name: found.text for job in jobs if (found := _reported(job, report.text))}
        if len(texts) == len(jobs) and not isinstance(report.term, spec.Paths | spec.Cost):
            greater = not is_loss(report.term)
            plots.append(spec.Plot(spec.Figure("report", report.text, texts, greater), against))
    return tuple(plots)
