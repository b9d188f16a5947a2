"""What a drawing is made of: outlines and words, in groups that say what they stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Style:
    fill: str = "none"
    stroke: str = "none"
    width: float = 1.2
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """Straight lines ("L", 1 point) and Bezier curves ("C", 3 points) from `start` on."""

    start: Point
    parts: tuple[tuple[Literal["L", "C"], tuple[Point, ...]], ...]
    style: Style
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `at` is the middle of its height and, as `anchor` says, of its width or its
    beginning. The font has a fixed width."""

    at: Point
    text: str
    size: float
    color: str
    bold: bool = False
    anchor: Literal["middle", "start"] = "middle"


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that stand for one thing. `kind` and `facts` say which, `tip` what to tell of it."""

    kind: str
    marks: "Sequence[Mark]"
    facts: Mapping[str, str] = field(default_factory=dict)
    tip: str = ""


Mark = Outline | Words | Group


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    marks: tuple[Mark, ...]


def moved(mark: Mark, dx: float, dy: float) -> Mark:
    def to(point: Point) -> Point:
        return point[0] + dx, point[1] + dy

    if isinstance(mark, Words):
        return replace(mark, at=to(mark.at))
    if isinstance(mark, Group):
        return replace(mark, marks=tuple(moved(one, dx, dy) for one in mark.marks))
    parts = tuple((letter, tuple(map(to, points))) for letter, points in mark.parts)
    return replace(mark, start=to(mark.start), parts=parts)


# --- outlines -------------------------------------------------------------------------------------

BEND = 0.5523
"""A quarter of a circle as a Bezier curve."""


def polygon(points: Sequence[Point], style: Style) -> Outline:
    return Outline(points[0], tuple(("L", (point,)) for point in points[1:]), style, closed=True)


def diamond(at: Point, width: float, height: float, style: Style) -> Outline:
    (x, y), w, h = at, width / 2, height / 2
    return polygon([(x, y - h), (x + w, y), (x, y + h), (x - w, y)], style)


def circle(at: Point, radius: float, style: Style) -> Outline:
    return rounded(at, 2 * radius, 2 * radius, radius, style)


def rounded(at: Point, width: float, height: float, radius: float, style: Style) -> Outline:
    """A rectangle around `at` whose corners are quarters of circles."""
    left, right = at[0] - width / 2, at[0] + width / 2
    top, bottom = at[1] - height / 2, at[1] + height / 2
    r, b = radius, radius * (1 - BEND)
    return Outline(
        (left + r, top),
        (
            ("L", ((right - r, top),)),
            ("C", ((right - b, top), (right, top + b), (right, top + r))),
            ("L", ((right, bottom - r),)),
            ("C", ((right, bottom - b), (right - b, bottom), (right - r, bottom))),
            ("L", ((left + r, bottom),)),
            ("C", ((left + b, bottom), (left, bottom - b), (left, bottom - r))),
            ("L", ((left, top + r),)),
            ("C", ((left, top + b), (left + b, top), (left + r, top))),
        ),
        style,
        closed=True,
    )
