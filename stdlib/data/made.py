"""Fields of what a pipeline makes."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from autodesign.dsl.spec import Call, FieldType, Value

MADE = "Made"
FILE = "file"
"""The argument under which a run says where the examples are, once they are made"""


def fields(args: Mapping[str, Value]) -> Mapping[str, FieldType] | None:
    """The outputs of the job's pipeline, which stand in its call."""
    job = args["job"]
    assert isinstance(job, Call)
    outputs = job.args["fields"]
    return {name: FieldType(*rest) for name, *rest in cast(Iterable[Any], outputs)}


FIELDS = {MADE: fields}
