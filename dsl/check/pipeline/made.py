"""`data made = Made(gan, count=500)`: what a job's pipeline makes, as a data set."""

from collections.abc import Iterable, Iterator

from autodesign.dsl.check.pipeline.outputs import field_type
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.pipeline import PipelineJob
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Data, Value
from autodesign.dsl.syntax import ast

JOB = "job"


def job_value(program: Program, entry: Entry, at: ast.Name) -> Call:
    """A job as an argument of a data source: its name, and the fields of what it makes.

    `args["fields"]` holds (name, kind, shape, classes) for each. Reports and raises Refused.
    """
    job = program.job(entry)
    if job is None:
        raise Refused()
    if not isinstance(job, PipelineJob) or not job.pipeline.outputs:
        what = "is the job of a network" if not isinstance(job, PipelineJob) else "has no output"
        program.problems.error(
            "AD532",
            f"`{at.id}` {what}, so it makes no examples",
            at.span,
            "no examples come of it",
            related=[Label(entry.declaration.name.span, "declared here")],
            help="write what is made in the pipeline: `output image = G(x)`",
        )
        raise Refused()
    program.makers[job.name] = job
    fields: list[Value] = []
    for name, index in job.pipeline.outputs:
        type = field_type(job.pipeline.values[index].type)
        assert type is not None
        fields.append((name, type.kind, type.shape, type.classes))
    return Call(JOB, job.name, "", {"fields": tuple(fields)}, at.span)


def makers_of(
    program: Program, entry: Entry, data: Iterable[Data], at: Span
) -> tuple[PipelineJob, ...]:
    """The jobs whose examples data sets are made of, each once. Later ones are refused."""
    names = dict.fromkeys(name for one in data for name in jobs_in(one.call))
    for name in names:
        _refuse_later(program, entry, name, at)
    return tuple(program.makers[name] for name in names)


def _refuse_later(program: Program, entry: Entry, name: str, at: Span) -> None:
    """Reports a job `name` that is not written above the one that uses what it makes."""
    own = list(entry.scope.own)
    here = entry.declaration.name.id
    if name in own and here in own and own.index(name) >= own.index(here):
        program.problems.error(
            "AD533",
            f"`{name}` makes its examples after this job has run",
            at,
            "used here",
            related=[Label(entry.scope.own[name].declaration.name.span, "declared here")],
            help=f"write the job `{name}` above this one",
        )


def jobs_in(value: Value) -> Iterator[str]:
    """The jobs whose examples a data source is made of."""
    if isinstance(value, Call) and value.kind == JOB:
        yield value.name
    elif isinstance(value, Call):
        for part in value.args.values():
            yield from jobs_in(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from jobs_in(part)
