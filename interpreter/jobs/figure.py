"""A figure of matplotlib as an <svg> element for a page: the same figure gives the same text."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def as_svg(draw: "Callable[[Figure], None]", size: tuple[float, float]) -> str:
    """What `draw` puts into a figure of `size`, in inches. Text is shown as it is."""
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
