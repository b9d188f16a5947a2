"""How the things of a drawing look. Shapes and dashes tell them apart in grey, too."""

from autodesign.interpreter.drawing.marks import Style

INK = "#1c2024"
DIM = "#4b535d"
LINE = "#4a535e"
ACCENT = "#96590b"

FILLS = {
    "input": "#ffffff",
    "output": "#d9dee4",
    "regular": "#eaf1fa",
    "control": "#fff3d6",
    "dummy": "#e4e7eb",
    "skip": "#f1f2f4",
    "choice": "#ffffff",
}
STROKES = {
    "input": LINE,
    "output": LINE,
    "regular": "#4c71a3",
    "control": ACCENT,
    "dummy": "#7c8590",
    "skip": "#7c8590",
    "choice": LINE,
}

DATA = Style(stroke=LINE, width=1.3)
CONTROL = Style(stroke=ACCENT, width=1.3, dashes=(5, 3.5))
HALO = Style(fill="#ffffff")
DEFAULT = Style(fill="#ffffff", stroke=LINE, width=1.2)
INNER = Style(fill="#ffffff", stroke="#b9c2cd", width=1)

TITLE, LETTER, SMALL = 13.0, 10.0, 9.0
"""Sizes of text"""

ADVANCE = 0.603
"""The width of a letter in a fixed-width font, in sizes of the font: that of the widest in use."""


def style(kind: str, fill: str | None = None) -> Style:
    return Style(fill or FILLS[kind], STROKES[kind], 1.3)
