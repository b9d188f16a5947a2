"""The tree of a search as a picture: a column for each step, children beside their parents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autodesign.interpreter.growth import ranking
from autodesign.interpreter.growth.analysis.figures import GREY, MOST_DOTS, ROUTE
from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.measure import Measure
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.jobs.figure import as_svg, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Place = tuple[float, float]


def tree(history: History, measure: Measure, route: Sequence[Candidate]) -> str:
    places = placed(history)
    edges = [(places[c.parent], place) for c, place in _with(history, places) if c.parent]
    way = [places[one.id] for one in route]

    def drawn(figure: "Figure") -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.ticker import MaxNLocator

        axes = figure.add_subplot()
        many = len(places) > MOST_DOTS
        axes.add_collection(LineCollection(edges, colors="#c9ced4", lw=0.6, rasterized=many))
        _dots(axes, figure, history, measure, places)
        axes.plot(*zip(*way, strict=True), "-", color=ROUTE, lw=1.5, zorder=2)
        axes.set(xlabel="step", yticks=[], ylim=(1.03, -0.03))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)

    widest = max(_crowd(history).values())
    return as_svg(drawn, (9.6, min(2.5 + 0.06 * widest, 9)))


def placed(history: History) -> dict[str, Place]:
    """(step, height in [0, 1]) of each candidate. The candidates of a step stand one below the
    other, evenly, in the order of their parents."""
    places: dict[str, Place] = {}
    crowd = _crowd(history)
    for step in sorted(crowd):
        level = [one for one in history.candidates.values() if one.step == step]
        level.sort(key=lambda one: places.get(one.parent or "", (0.0, 0.0))[1])
        for number, one in enumerate(level):
            places[one.id] = (float(step), (number + 0.5) / crowd[step])
    return places


def _with(history: History, places: dict[str, Place]) -> list[tuple[Candidate, Place]]:
    return [(history.candidates[one], place) for one, place in places.items()]


def _crowd(history: History) -> dict[int, int]:
    counts: dict[int, int] = {}
    for one in history.candidates.values():
        counts[one.step] = counts.get(one.step, 0) + 1
    return counts


def _dots(
    axes: Any, figure: "Figure", history: History, measure: Measure, places: dict[str, Place]
) -> None:
    """Kept candidates large; coloured by their rank, since a few bad ones would hide the rest."""
    ranked = [one.id for one in ranking.ordered(history.goals, history.done)]
    shades = {one: 1 - number / max(len(ranked) - 1, 1) for number, one in enumerate(ranked)}
    kept = {one for step in history.steps for one in step.kept}
    known = [one for one in places if one in shades]
    many = len(places) > MOST_DOTS
    dots = axes.scatter(
        [places[one][0] for one in known],
        [places[one][1] for one in known],
        s=[34 if one in kept else 12 for one in known],
        c=[shades[one] for one in known],
        cmap="viridis",
        vmin=0,
        vmax=1,
        zorder=3,
        rasterized=many,
    )
    lost = [place for one, place in places.items() if one not in shades]
    if lost:
        axes.plot(
            *zip(*lost, strict=True), "x", ms=4, color=GREY, zorder=3, label="without a value"
        )
        axes.legend(fontsize=7)
    bar = figure.colorbar(dots, ax=axes, ticks=[0, 1], pad=0.01, fraction=0.025)
    bar.set_ticklabels(["worst", "best"])
    bar.set_label(short(f"rank by {measure.short}", 46))
