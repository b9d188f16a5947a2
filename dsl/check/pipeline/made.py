"""`data made = Made(gan, count=500)`: what a job's pipeline makes, as a data set."""

from collections.abc import Iterable

from autodesign.dsl.check.extractors import TRAINED, job_args
from autodesign.dsl.check.named import JOB, jobs_named
from autodesign.dsl.check.pipeline.outputs import field_type
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.pipeline import PipelineJob
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Data, Train, Value
from autodesign.dsl.syntax import ast


def job_value(program: Program, entry: Entry, at: ast.Name) -> Call:
    """A job as an argument: its name, and the fields of what it makes.

    `args["fields"]` holds (name, kind, shape, classes) for each. The job of a network is one of the
    kind "trained": for an extractor, which looks through it. Reports and raises Refused.
    """
    job = program.job(entry)
    if job is None:
        raise Refused()
    if isinstance(job, Train):
        program.extractors[job.name] = job
        return Call(TRAINED, job.name, "", job_args(job.network), job.span)
    if not job.pipeline.outputs:
        raise refuse_maker(program, at.id, "has no output", at.span, entry.declaration.name.span)
    program.makers[job.name] = job
    fields: list[Value] = []
    for name, index in job.pipeline.outputs:
        type = field_type(job.pipeline.values[index].type)
        assert type is not None
        fields.append((name, type.kind, type.shape, type.classes))
    return Call(JOB, job.name, "", {"fields": tuple(fields)}, at.span)


def refuse_maker(program: Program, name: str, what: str, at: Span, declared: Span) -> Refused:
    """Reports a job that makes no examples."""
    program.problems.error(
        "AD532",
        f"`{name}` {what}, so it makes no examples",
        at,
        "no examples come of it",
        related=[Label(declared, "declared here")],
        help="write what is made in the pipeline: `output image = G(x)`",
    )
    return Refused()


def makers_of(
    program: Program, entry: Entry, data: Iterable[Data], at: Span
) -> tuple[PipelineJob, ...]:
    """The jobs whose examples data sets are made of, each once. Later ones are refused."""
    names = dict.fromkeys(name for one in data for name in jobs_named(one.call, JOB))
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
