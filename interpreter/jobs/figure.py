"""Figures of matplotlib for a page, and the curves in them."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curve = tuple[str, Sequence[int], Sequence[float]]
"""A label, epochs, and the values there"""


def as_svg(draw: "Callable[[Figure], None]", size: tuple[float, float]) -> str:
    """What `draw` puts into a figure of `size`, in inches, as an <svg> element.

    Text is shown as it is. The same figure gives the same text.
    """
    import matplotlib
    from matplotlib.figure import Figure

    style: Any = {"svg.hashsalt": "autodesign", "text.parse_math": False, "font.size": 9}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def curves_of(records: Sequence[Mapping[str, Any]], part: str) -> list[Curve]:
    """The numbers of a part of the lines of metrics.jsonl, by name, where they are there."""
    names = list(dict.fromkeys(name for record in records for name in record.get(part, {})))
    curves: list[Curve] = []
    for name in names:
        points = [
            (r["epoch"], r[part][name]) for r in records if r.get(part, {}).get(name) is not None
        ]
        curves.append((name, [x for x, _ in points], [y for _, y in points]))
    return curves


def short(name: str, most: int = 36) -> str:
    """A label that fits; matplotlib leaves out those that begin with an underscore."""
    cut = name if len(name) <= most else name[: most - 1] + "…"
    return f" {cut}" if cut.startswith("_") else cut
