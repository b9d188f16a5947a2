"""Outputs: what a pipeline makes when it is asked for examples."""

from autodesign.dsl.check.pipeline.kinds import FLOATS, described
from autodesign.dsl.check.pipeline.read import read
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.pipeline import Index
from autodesign.dsl.spec import FieldType
from autodesign.dsl.syntax import ast

FIELDS = frozenset({"image", "vector", "signal", "label", "flag", "real", "point", "box", "boxes"})


def read_outputs(at: Reading) -> tuple[tuple[str, Index], ...]:
    """The outputs that are not refused."""
    first: dict[str, ast.Name] = {}
    found: list[tuple[str, Index]] = []
    for item in at.items.outputs:
        try:
            before = first.setdefault(item.name.id, item.name)
            if before is not item.name:
                at.refuse(
                    "AD527",
                    f"the output `{item.name.id}` is written twice",
                    item.name.span,
                    "again here",
                    related=(Label(before.span, "first here"),),
                    help="give one of the two another name",
                )
            found.append((item.name.id, _output(at, item)))
        except Refused:
            continue
    return tuple(found)


def _output(at: Reading, item: ast.OutputItem) -> Index:
    index = read(at, item.value)
    type = at.type(index)
    if field_type(type) is None:
        at.refuse(
            "AD527",
            "an output is a field of the examples that are made",
            item.value.span,
            f"this is {described(type)}",
            help="name an image, a vector, labels or boxes: one for each example",
        )
    return index


def field_type(type: FieldType) -> FieldType | None:
    """The type of a field that holds such values; None where no field does."""
    if type.kind in FIELDS:
        return type
    if type.kind not in FLOATS:
        return None
    kind = {0: "real", 1: "vector", 2: "signal", 3: "image"}.get(len(type.shape))
    return FieldType(kind, type.shape) if kind else None
