"""What an expression of a metric stands for while it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from autodesign.dsl import formula as f
from autodesign.dsl.record import record
from autodesign.dsl.source import Span


@record
class Num:
    """A number. `dim` is the dimension it indexes: of a loop variable, a label, an argmax."""

    formula: f.Formula
    dim: str | None = None


@record
class Tru:
    """True or false"""

    formula: f.Formula


@record
class Point:
    """A place in a map: row and column"""

    row: f.Formula
    column: f.Formula


@dataclass(frozen=True, slots=True, eq=False)
class Vec:
    """An input with some of its dimensions still open: `s`, `s[i]`. `at` fixes them."""

    dims: tuple[str, ...]
    at: Callable[[tuple[f.Formula, ...], Span], "Single"]


@dataclass(frozen=True, slots=True, eq=False)
class Top:
    """`top(v, t)`: the places of the t greatest values"""

    vector: Vec
    count: f.Formula


@record
class Several:
    """`{1, 2}` or `[1, 2]`, behind `in`"""

    items: tuple[Num, ...]


Single: TypeAlias = Num | Tru | Point
Value: TypeAlias = Single | Vec | Top | Several

NAMES: dict[type, str] = {
    Num: "a number",
    Tru: "true or false",
    Point: "a point",
    Vec: "a whole row of numbers",
    Top: "a set of places",
    Several: "a set of numbers",
}


def name(value: Value) -> str:
    """A value's kind in words, for messages."""
    return NAMES[type(value)]
