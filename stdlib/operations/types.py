"""What the rules of operations share: their own types, and types in words."""

from collections.abc import Callable, Mapping

from autodesign.dsl.spec import FieldType, Shape, Value
from autodesign.stdlib.layers.geometry import show

Types = Mapping[str, FieldType]
"""Of the inputs that are given, by parameter."""
Args = Mapping[str, Value]
Result = tuple[FieldType, Mapping[str, tuple[Shape, ...]]]
"""What an operation gives, and the shapes that it applies its players to."""
Rule = Callable[[Types, Args], Result]

NUMBER = FieldType("number")


def show_type(type_: FieldType) -> str:
    return show(type_.shape) if type_.shape else f"of one {type_.kind}"
