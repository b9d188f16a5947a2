"""Jobs that a value names: as what makes examples, or as what was trained."""

from collections.abc import Iterator

from autodesign.dsl.spec import Call, Value

JOB = "job"
"""The kind of the call that a job which makes examples is as an argument"""


def jobs_named(value: Value, kind: str) -> Iterator[str]:
    """The names of the calls of a kind in a value, however deep; a name as often as it stands."""
    if isinstance(value, Call) and value.kind == kind:
        yield value.name
    elif isinstance(value, Call):
        for part in value.args.values():
            yield from jobs_named(part, kind)
    elif isinstance(value, tuple):
        for part in value:
            yield from jobs_named(part, kind)
