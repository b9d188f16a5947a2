"""`@record`: a dataclass whose making is cheap, for the hundred and more kinds of node.

A check is a whole process, and a third of it went into making frozen dataclasses: each compiles six
methods. A record compiles one, `__init__`; equality, hash and repr are shared code that reads the
fields, and that nobody assigns to a field is for the type checker to see, which treats a record as
a frozen dataclass. `fields`, `replace`, `match` and pickling work as they do for dataclasses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[Kind]) -> type[Kind]:
    """The class as a dataclass with slots, compared and hashed by those fields that say so."""
    kind.__doc__ = kind.__doc__ or kind.__name__  # else dataclass writes the signature, slowly
    made: type[Any] = dataclass(slots=True, eq=False, repr=False)(kind)
    values = _values([entry.name for entry in fields(made) if entry.compare])
    shown = [entry.name for entry in fields(made) if entry.repr]

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    def hashed(self: Any) -> int:
        return hash(values(self))

    def written(self: Any) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({inside})"

    for name, method in {"__eq__": equal, "__hash__": hashed, "__repr__": written}.items():
        if name not in vars(kind) or (name == "__hash__" and vars(kind)[name] is None):
            setattr(made, name, method)
    return made


def _values(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()
