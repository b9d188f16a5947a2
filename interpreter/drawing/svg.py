"""A picture as SVG. All text in it is a stranger's, and is escaped."""

from collections.abc import Iterator
from html import escape

from autodesign.interpreter.drawing.marks import Group, Mark, Outline, Picture, Point, Words

FONT = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
MIDDLE = 0.35
"""From the middle of small letters down to their base line, in sizes of the font."""


def svg(picture: Picture, title: str) -> str:
    """One <svg> element that needs nothing else; the same picture gives the same bytes."""
    w, h = _number(picture.width), _number(picture.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        f'role="img" font-family="{FONT}">'
    )
    inner = "\n".join(line for mark in picture.marks for line in _lines(mark))
    return f"{head}\n<title>{_text(title)}</title>\n{inner}\n</svg>\n"


def _lines(mark: Mark) -> Iterator[str]:
    if isinstance(mark, Outline):
        yield _path(mark)
    elif isinstance(mark, Words):
        yield _words(mark)
    else:
        yield from _group(mark)


def _group(group: Group) -> Iterator[str]:
    facts = "".join(f' data-{name}="{_text(value)}"' for name, value in group.facts.items())
    yield f'<g class="{group.kind}"{facts}>'
    if group.tip:
        yield f"<title>{_text(group.tip)}</title>"
    for mark in group.marks:
        yield from _lines(mark)
    yield "</g>"


def _path(outline: Outline) -> str:
    words = [f"M{_point(outline.start)}"]
    words += [letter + " ".join(map(_point, points)) for letter, points in outline.parts]
    style = outline.style
    drawn = f'<path d="{"".join(words)}{"Z" if outline.closed else ""}" fill="{style.fill}"'
    if style.stroke != "none":
        drawn += f' stroke="{style.stroke}" stroke-width="{_number(style.width)}"'
    if style.dashes:
        drawn += f' stroke-dasharray="{" ".join(map(_number, style.dashes))}"'
    return drawn + "/>"


def _words(words: Words) -> str:
    x, y = words.at
    bold = ' font-weight="bold"' if words.bold else ""
    return (
        f'<text x="{_number(x)}" y="{_number(y + MIDDLE * words.size)}" '
        f'font-size="{_number(words.size)}" fill="{words.color}" text-anchor="{words.anchor}"'
        f'{bold} xml:space="preserve">{_text(words.text)}</text>'
    )


def _point(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    """Escaped, and without the signs that XML does not allow."""
    allowed = (c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff"))
    return escape("".join(c for c in allowed if c not in "\ufffe\uffff"))
