"""A checked network as a picture, as the thesis draws one (2.3, figure 2.1).

Inputs and outputs are circles, the outputs shaded; regular nodes rectangles, control nodes
diamonds, dummies shaded. Data edges are solid, control edges dashed, with the number of their
action. An edge with a default value carries it in a small circle; where an edge takes the first of
several that is not null, they meet in `??`, with their turns.
"""

from autodesign.dsl import spec
from autodesign.interpreter.drawing import look
from autodesign.interpreter.drawing.caption import amount, shortened
from autodesign.interpreter.drawing.figures import Figure, Rates, figure
from autodesign.interpreter.drawing.graph import Graph, Link, graph
from autodesign.interpreter.drawing.layout import Layout, Way, layout
from autodesign.interpreter.drawing.marks import (
    Group,
    Mark,
    Outline,
    Picture,
    Point,
    Style,
    Words,
    moved,
    polygon,
    rounded,
)

MARGIN = 14.0
HEADING = 30.0
TIP = (7.5, 3.2)
"""Length and half the width of an arrow's head."""
LABEL = 19.0
"""From the head of an arrow back to the middle of its label."""


def draw(network: spec.Network, rates: Rates | None = None, remark: str = "") -> Picture:
    """The whole picture, with a heading; `rates` colours nodes by how often they ran."""
    inner = _picture(network, rates, "")
    least, greatest = amount(network.analysis.least), amount(network.analysis.greatest)
    span = greatest if least == greatest else f"{least} to {greatest}"
    note = f"{span} multiplications{f', {remark}' if remark else ''}"
    name = shortened(network.name, 40)
    beside = MARGIN + (len(name) + 1.5) * look.TITLE * look.ADVANCE
    heading: list[Mark] = [
        Words((MARGIN, 20), name, look.TITLE, look.INK, bold=True, anchor="start"),
        Words((beside, 20), note, look.LETTER, look.DIM, anchor="start"),
    ]
    wide = max(inner.width, beside + (len(note) + 2) * look.LETTER * look.ADVANCE)
    shift = (wide - inner.width) / 2
    marks = [*heading, *(moved(mark, shift, HEADING) for mark in inner.marks)]
    return Picture(wide, inner.height + HEADING, tuple(marks))


def _picture(network: spec.Network, rates: Rates | None, prefix: str) -> Picture:
    drawn = graph(network)
    figures = _figures(drawn, rates, prefix)
    ends = [(link.source, link.target) for link in drawn.links]
    labels = [(link.mark != "") + (link.default is not None) for link in drawn.links]
    plan = layout([one.box for one in figures], ends, [TIP[0] + LABEL * n for n in labels])
    marks: list[Mark] = []
    for link, way in zip(drawn.links, plan.ways, strict=True):
        marks.append(_edge(drawn, figures, plan, link, way, prefix))
    for vertex, one, (x, y) in zip(drawn.vertices, figures, plan.middles, strict=True):
        facts = {"name": prefix + vertex.name} if vertex.name else {}
        inner = tuple(moved(mark, x, y) for mark in one.marks)
        marks.append(Group(f"vertex {vertex.kind}", inner, facts, one.tip))
    whole = tuple(moved(mark, MARGIN, MARGIN) for mark in marks)
    return Picture(plan.width + 2 * MARGIN, plan.height + 2 * MARGIN, whole)


def _figures(drawn: Graph, rates: Rates | None, prefix: str) -> list[Figure]:
    sources = [link.source for link in drawn.links]
    targets = [link.target for link in drawn.links]
    figures = []
    for place, vertex in enumerate(drawn.vertices):
        path = f"{prefix}{vertex.name}"

        def inside(step: spec.Nested, path: str = path) -> Picture:
            return _picture(step.network, rates, f"{path}.{step.label}.")

        degree = max(sources.count(place), targets.count(place))
        rate = rates.get(path) if rates and isinstance(vertex.subject, spec.Node) else None
        figures.append(figure(vertex, degree, rate, inside))
    return figures


# --- edges ----------------------------------------------------------------------------------------


def _edge(
    drawn: Graph, figures: list[Figure], plan: Layout, link: Link, way: Way, prefix: str
) -> Group:
    (sx, sy), (tx, ty) = plan.middles[link.source], plan.middles[link.target]
    start = (sx + way.start, sy + figures[link.source].edge(way.start))
    end = (tx + way.end, ty - figures[link.target].edge(way.end))
    style = look.CONTROL if link.kind == "control" else look.DATA
    marks: list[Mark] = [_line(start, way.points, (end[0], end[1] - TIP[0] + 1), style)]
    marks.append(_head(end, style))
    back = end[1] - LABEL
    if link.mark:
        color = look.ACCENT if link.kind == "control" else look.DIM
        marks += _label((end[0], back), link.mark, look.HALO, color)
        back -= LABEL
    if link.default is not None:
        marks += _label((end[0], back), f"{link.default:g}", look.DEFAULT, look.INK)
    return Group(f"edge {link.kind}", tuple(marks), _facts(drawn, link, prefix))


def _facts(drawn: Graph, link: Link, prefix: str) -> dict[str, str]:
    def named(place: int) -> str:
        vertex = drawn.vertices[place]
        return prefix + vertex.name if vertex.name else vertex.kind

    facts = {"from": named(link.source), "to": named(link.target)}
    facts |= {"mark": link.mark} if link.mark else {}
    return facts | ({} if link.default is None else {"default": f"{link.default:g}"})


def _line(start: Point, points: tuple[Point, ...], end: Point, style: Style) -> Outline:
    """Straight down through ranks, bent between them, where both ends lead straight down."""
    parts: list[tuple[str, tuple[Point, ...]]] = []
    here = start
    for place, point in enumerate((*points, end)):
        x, y = point
        if abs(x - here[0]) < 0.05 or place % 2 == 0:
            parts.append(("L", (point,)))
        else:
            middle = (here[1] + y) / 2
            parts.append(("C", ((here[0], middle), (x, middle), point)))
        here = point
    return Outline(start, tuple(parts), style)  # type: ignore[arg-type]


def _head(end: Point, style: Style) -> Outline:
    (x, y), (long, half) = end, TIP
    return polygon([(x, y), (x - half, y - long), (x + half, y - long)], Style(fill=style.stroke))


def _label(at: Point, text: str, ground: Style, color: str) -> list[Mark]:
    wide = max(len(text) * look.SMALL * look.ADVANCE + 4, 12)
    return [
        rounded(at, wide, 12, 6, ground),
        Words(at, text, look.SMALL, color, bold=True),
    ]
