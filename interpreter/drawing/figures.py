"""How one vertex is drawn, around the point (0, 0): its outline, its words, its size."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from autodesign.dsl import spec
from autodesign.interpreter.drawing import look
from autodesign.interpreter.drawing.caption import amount, chain, layer, lines, shortened, width
from autodesign.interpreter.drawing.graph import Vertex
from autodesign.interpreter.drawing.layout import PORT, Box
from autodesign.interpreter.drawing.marks import (
    Mark,
    Picture,
    Words,
    circle,
    diamond,
    moved,
    rounded,
)

COLUMNS, MOST_LINES = 33, 12
NAME_COLUMNS = 20
LEADING = 1.32
PADDING = 9.0
NOTE = 8.0
"""Between a diamond and the words beside it."""
TURN = 27.0
"""Between two edges into a choice, with their turns written on them."""

Rates = Mapping[str, float]
"""The share of examples that ran each node, by dotted path."""

Inside = Callable[[spec.Nested], Picture]
"""The drawing of a nested network"""


@dataclass(frozen=True, slots=True)
class Figure:
    """`edge(dx)` is how far above or below the middle the outline is, `dx` to the side of it."""

    box: Box
    marks: tuple[Mark, ...]
    edge: Callable[[float], float]
    tip: str = ""


def figure(vertex: Vertex, degree: int, rate: float | None, inside: Inside) -> Figure:
    """`degree`: the most edges that leave or arrive; `rate` the share of examples that ran it."""
    match vertex.subject:
        case spec.Input() as given:
            return _circle("input", given.name, _shape(given))
        case spec.Output() as output:
            return _circle("output", output.name, "")
        case spec.Node(kind="control") as node:
            return _diamond(node, degree, rate)
        case spec.Node() as node:
            return _rectangle(node, degree, rate, inside)
    return _choice(degree) if vertex.kind == "choice" else _skip()


def _circle(kind: str, name: str, note: str) -> Figure:
    shown = shortened(name, NAME_COLUMNS)
    radius = max(15.0, _wide(shown, look.TITLE) / 2 + 6)
    marks: list[Mark] = [circle((0, 0), radius, look.style(kind))]
    marks.append(Words((0, 0), shown, look.TITLE, look.INK, bold=True))
    right = radius
    if note:
        marks.append(Words((radius + NOTE, 0), note, look.LETTER, look.DIM, anchor="start"))
        right += NOTE + _wide(note, look.LETTER)
    box = Box(radius, right, 2 * radius, 1.2 * radius)
    return Figure(box, tuple(marks), lambda dx: sqrt(max(radius**2 - dx**2, 0)), f"{kind} {name}")


def _diamond(node: spec.Node, degree: int, rate: float | None) -> Figure:
    """The name inside; the layers beside it, so that it stays small."""
    shown = shortened(node.name, NAME_COLUMNS)
    high = 40.0
    wide = max(58.0, 1.45 * _wide(shown, look.TITLE) + 26, PORT * degree + 20)
    text = _text(node, rate, columns=COLUMNS - 9)
    marks: list[Mark] = [
        diamond((0, 0), wide, high, look.style("control", used(rate))),
        Words((0, 0), shown, look.TITLE, look.INK, bold=True),
    ]
    y = -_tall(text) / 2
    for line, size, color in text:
        y += size * LEADING / 2
        marks.append(Words((wide / 2 + NOTE, y), line, size, color, anchor="start"))
        y += size * LEADING / 2
    right = wide / 2 + NOTE + max((_wide(line, size) for line, size, _ in text), default=0)
    box = Box(wide / 2, right, max(high, _tall(text)), wide * 0.6)
    return Figure(
        box, tuple(marks), lambda dx: high / 2 * max(1 - 2 * abs(dx) / wide, 0), tip(node, rate)
    )


def _rectangle(node: spec.Node, degree: int, rate: float | None, inside: Inside) -> Figure:
    """The name, then the chain from above to below, networks in it drawn where they stand."""
    shown = shortened(node.name, NAME_COLUMNS)
    title = Words((0, 0), shown, look.TITLE, look.INK, bold=True)
    parts: list[tuple[float, float, Mark | Picture]] = [
        (_wide(shown, look.TITLE), look.TITLE * LEADING, title)
    ]
    for piece in _pieces(node):
        if isinstance(piece, spec.Nested):
            picture = inside(piece)
            parts.append((picture.width, picture.height + 6, picture))
        else:
            parts += [_line(text, look.LETTER, look.INK) for text in piece]
    parts += [_line(text, look.LETTER, look.DIM) for text in _notes(node, rate)]
    wide = max(max(width for width, _, _ in parts) + 2 * PADDING, 54.0, PORT * degree + 8)
    high = sum(height for _, height, _ in parts) + 1.3 * PADDING
    marks: list[Mark] = [rounded((0, 0), wide, high, 5, look.style(node.kind, used(rate)))]
    y = 0.65 * PADDING - high / 2
    for width_, height, part in parts:
        if isinstance(part, Picture):
            marks.append(rounded((0, y + height / 2), width_, height - 6, 4, look.INNER))
            marks += [moved(mark, -width_ / 2, y + 3) for mark in part.marks]
        else:
            marks.append(moved(part, 0, y + height / 2))
        y += height
    box = Box(wide / 2, wide / 2, high, wide - 16)
    return Figure(box, tuple(marks), lambda dx: high / 2, tip(node, rate))


def _choice(degree: int) -> Figure:
    wide = max(30.0, TURN * degree + 6)
    marks = (
        rounded((0, 0), wide, 18, 9, look.style("choice")),
        Words((0, 0), "??", look.LETTER, look.INK, bold=True),
    )
    return Figure(
        Box(wide / 2, wide / 2, 18, wide - 16, TURN),
        marks,
        lambda dx: 9.0,
        "the first that is not null",
    )


def _skip() -> Figure:
    marks = (
        rounded((0, 0), 40, 18, 5, look.style("skip")),
        Words((0, 0), "skip", look.LETTER, look.DIM),
    )
    return Figure(Box(20, 20, 18, 0), marks, lambda dx: 9.0, "nothing runs")


# --- words ----------------------------------------------------------------------------------------


def used(rate: float | None) -> str | None:
    """The fill of a node that runs for this share of the examples: from grey, then pale to deep."""
    if rate is None:
        return None
    if rate == 0:
        return "#eceef0"
    pale, deep = (250, 252, 254), (158, 199, 238)
    mixed = [round(a + (b - a) * rate) for a, b in zip(pale, deep, strict=True)]
    return "#" + "".join(f"{one:02x}" for one in mixed)


def tip(node: spec.Node, rate: float | None) -> str:
    """All of a node in words, nothing left out."""
    reads = ", ".join(_written(edge) for edge in node.inputs)
    told = [f"{node.kind} {node.name}({reads})"]
    told += [node.doc] if node.doc else []
    told.append(" | ".join(_called(step) for step in node.steps))
    told.append(f"gives {list(node.shape)}, {_span(node, '{:,}'.format)} multiplications")
    told += [f"ran for {rate:.1%} of the examples"] if rate is not None else []
    return "\n".join(told)


def _text(node: spec.Node, rate: float | None, columns: int) -> list[tuple[str, float, str]]:
    shown = lines(chain([_called(s) for s in node.steps], columns), columns, MOST_LINES)
    notes = _notes(node, rate)
    told = [(line, look.LETTER, look.INK) for line in shown]
    return told + [(line, look.LETTER, look.DIM) for line in notes]


def _pieces(node: spec.Node) -> list[tuple[str, ...] | spec.Nested]:
    """The chain of a node: lines of layers, and the networks between them."""
    pieces: list[tuple[str, ...] | spec.Nested] = []
    run: list[str] = []
    for step in (*node.steps, None):
        if isinstance(step, spec.Layer):
            run.append(layer(step.call))
            continue
        if run:
            pieces.append(lines(chain(run, COLUMNS), COLUMNS, MOST_LINES))
            run = []
        if step is not None:
            pieces.append(step)
    return pieces


def _notes(node: spec.Node, rate: float | None) -> list[str]:
    notes = [f"{_span(node, amount)} mult."] if node.greatest else []
    if rate is not None:
        notes.append(percent(rate))
    return [" · ".join(notes)] if notes else []


def percent(rate: float) -> str:
    """Whole per cents; what is near none or all of them is not told as none or all."""
    if 0 < rate < 0.005 or 0.995 < rate < 1:
        return f"{rate:.2%}"
    return f"{rate:.0%}"


def _span(node: spec.Node, written: Callable[[int], str]) -> str:
    least, greatest = written(node.least), written(node.greatest)
    return greatest if least == greatest else f"{least} to {greatest}"


def _called(step: spec.Step) -> str:
    return layer(step.call) if isinstance(step, spec.Layer) else step.network.name


def _written(edge: spec.Edge) -> str:
    default = [] if edge.default is None else [f"{edge.default:g}"]
    return " ?? ".join([*edge.sources, *default])


def _shape(given: spec.Input) -> str:
    return f"{given.type} {'×'.join(map(str, given.shape))}"


def _line(text: str, size: float, color: str) -> tuple[float, float, Mark]:
    return _wide(text, size), size * LEADING, Words((0, 0), text, size, color)


def _wide(text: str, size: float) -> float:
    return width(text) * size * look.ADVANCE


def _tall(text: Sequence[tuple[str, float, str]]) -> float:
    return sum(size * LEADING for _, size, _ in text)
