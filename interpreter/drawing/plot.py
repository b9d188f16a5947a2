"""A picture as PNG or PDF, drawn by matplotlib."""

import io
import warnings
from collections.abc import Iterator
from math import sqrt
from typing import Any

from autodesign.interpreter.drawing.marks import Group, Mark, Outline, Picture, Words

PIXELS = 96.0
"""Units of a picture in an inch, as browsers take them."""
POINTS = 72.0
SHARPNESS, LONGEST, LARGEST = 2.0, 16_000, 50e6
"""Pixels of a PNG for a unit of the picture; its longest side and its area in pixels at most."""
FONT = "DejaVu Sans Mono"

METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
"""No dates and versions: the same picture gives the same bytes."""


def plotted(picture: Picture, kind: str) -> bytes:
    """`kind` is "png" or "pdf"."""
    import matplotlib
    from matplotlib.figure import Figure

    style: Any = {"text.parse_math": False, "pdf.fonttype": 42}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure = Figure((picture.width / PIXELS, picture.height / PIXELS), facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, picture.width), ylim=(picture.height, 0))
        axes.set_axis_off()
        for order, mark in enumerate(mark for one in picture.marks for mark in _flat(one)):
            _put(axes, mark, order)
        written = io.BytesIO()
        dots = PIXELS * _sharpness(picture.width, picture.height)
        figure.savefig(written, format=kind, dpi=dots, metadata=METADATA[kind])
    return written.getvalue()


def _sharpness(width: float, height: float) -> float:
    return min(SHARPNESS, LONGEST / max(width, height), sqrt(LARGEST / (width * height)))


def _flat(mark: Mark) -> Iterator[Outline | Words]:
    if isinstance(mark, Group):
        for one in mark.marks:
            yield from _flat(one)
    else:
        yield mark


def _put(axes: Any, mark: Outline | Words, order: int) -> None:
    if isinstance(mark, Words):
        axes.text(
            *mark.at,
            mark.text,
            size=mark.size * POINTS / PIXELS,
            color=mark.color,
            family=FONT,
            weight="bold" if mark.bold else "normal",
            ha="center" if mark.anchor == "middle" else "left",
            va="center_baseline",
            zorder=order,
        )
        return
    from matplotlib.patches import PathPatch

    style = mark.style
    width = style.width * POINTS / PIXELS
    dashes = tuple(length / style.width for length in style.dashes)
    patch = PathPatch(
        _path(mark),
        facecolor=style.fill,
        edgecolor=style.stroke,
        linewidth=width if style.stroke != "none" else 0,
        linestyle=(0, dashes) if dashes else "-",
        zorder=order,
    )
    axes.add_patch(patch)


def _path(outline: Outline) -> Any:
    from matplotlib.path import Path

    points, codes = [outline.start], [Path.MOVETO]
    for letter, ends in outline.parts:
        points += ends
        codes += [Path.LINETO] if letter == "L" else [Path.CURVE4] * 3
    if outline.closed:
        points.append(outline.start)
        codes.append(Path.CLOSEPOLY)
    return Path(points, codes)
