"""Labels at the points of a picture that cover neither each other nor a point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SIZE = 7.5
NEAR = ((0, 7), (0, -7), (7, 0), (-7, 0), (6, 6), (-6, 6), (6, -6), (-6, -6))
PLACES = (*NEAR, *((2 * right, 2 * up) for right, up in NEAR))
"""Where a label may stand from its point, in typographic points, the best first."""
CLEAR = 4.5
"""Typographic points around a point that a label leaves free."""
BESIDE = 1.5
"""Typographic points on each side of a line that a label leaves free."""

Place = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place, in the data's units; an empty one keeps its place free."""

    place: Place
    text: str
    colour: str


def put_labels(
    figure: Any, axes: Any, labels: Sequence[Label], lines: Sequence[Sequence[Place]] = ()
) -> None:
    """Writes each label where it covers neither points nor lines, and leaves out what has no room.

    `lines` are paths in the data's units.
    """
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # texts do not move what is there
    figure.canvas.draw()  # settles the layout, and with it where the points are
    scale = figure.dpi / 72
    centres = [tuple(axes.transData.transform(label.place)) for label in labels]
    clear = CLEAR * scale
    taken: list[Box] = [(x - clear, y - clear, x + clear, y + clear) for x, y in centres]
    taken += [
        box for line in lines for box in _along(axes.transData.transform(line), BESIDE * scale)
    ]
    inside = axes.get_window_extent()
    for label in labels:
        if not label.text:
            continue
        for right, up in PLACES:
            text = axes.annotate(
                label.text,
                label.place,
                (right, up),
                textcoords="offset points",
                fontsize=SIZE,
                color=label.colour,
                ha=("right", "center", "left")[(right > 0) - (right < 0) + 1],
                va=("top", "center", "bottom")[(up > 0) - (up < 0) + 1],
                zorder=6,
            )
            drawn = text.get_window_extent()
            box = (drawn.x0, drawn.y0, drawn.x1, drawn.y1)
            if _within(box, inside) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                break
            text.remove()


def _along(line: Sequence[Sequence[float]], beside: float) -> Iterator[Box]:
    """Small boxes that cover a path."""
    for (x, y), (to_x, to_y) in pairwise(line):
        steps = int(max(abs(to_x - x), abs(to_y - y)) / (2 * beside)) + 1
        for step in range(steps + 1):
            at_x, at_y = x + (to_x - x) * step / steps, y + (to_y - y) * step / steps
            yield at_x - beside, at_y - beside, at_x + beside, at_y + beside


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _within(box: Box, area: Any) -> bool:
    return bool(area.x0 <= box[0] and box[2] <= area.x1 and area.y0 <= box[1] and box[3] <= area.y1)
