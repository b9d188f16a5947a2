"""What placements give: boxes for images that have none."""

from collections.abc import Callable, Mapping

from autodesign.dsl.spec import FieldType, Value

Types = Mapping[str, FieldType]
Args = Mapping[str, Value]


def boxes_like(types: Types, args: Args) -> FieldType:
    return types["box"]


PLACEMENTS: dict[str, Callable[[Types, Args], FieldType]] = {"boxes_like": boxes_like}
