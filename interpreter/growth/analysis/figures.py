"""The pictures of an analysis, after figures 5.4 to 5.6 of the thesis, each an <svg> element."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autodesign.interpreter.growth.analysis.effects import Effect
from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.measure import Measure
from autodesign.interpreter.growth.analysis.pruning import Chance
from autodesign.interpreter.growth.analysis.simulation import Simulated
from autodesign.interpreter.growth.analysis.totals import Progress
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.jobs.figure import as_svg, short
from autodesign.interpreter.sweeps.picture import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROUTE = "#c81e1e"
GREY = "#808080"
NEAR = 1.2
"""The second picture shows candidates up to this many times the usual value (figure 5.4)."""
FEWEST = 5
"""Fewer candidates make no picture of their sizes."""
MOST_DOTS = 2000
"""More are put into the page as an image, not one by one."""


# --- sizes against values -------------------------------------------------------------------------


def balance(history: History, measure: Measure, route: Sequence[Candidate]) -> str:
    """The parameters of the generator over those of the discriminator, or of a network all there
    are, against the measure (figure 5.4)."""
    sizes = {c.id: size for c in history.done if (size := _size(history, c)) is not None}
    known = [c for c in history.done if c.id in measure.values and c.id in sizes]
    if len(known) < FEWEST:
        return ""

    def drawn(figure: "Figure") -> None:
        for place, title in enumerate(("all candidates", "the better ones"), 1):
            axes = figure.add_subplot(1, 2, place)
            sides = sorted({one.resolution for one in known})
            for number, side in enumerate(sides):
                these = [one for one in known if one.resolution == side]
                axes.plot(
                    [sizes[c.id] for c in these],
                    [measure.values[c.id] for c in these],
                    "o",
                    ms=3.5,
                    mew=0,
                    alpha=0.65,
                    color=COLOURS[number % len(COLOURS)],
                    label=f"{side}×{side}" if side else "_",
                    rasterized=len(known) > MOST_DOTS,
                )
            _arrows(axes, [(sizes[c.id], measure.values[c.id]) for c in route if c in known])
            _powers(axes, [sizes[one.id] for one in known])
            axes.set(title=title, xlabel=_size_name(history), ylabel=short(measure.short, 52))
            if place == 2:
                _zoom(axes, measure)
            elif len(sides) > 1:
                axes.legend(fontsize=7)

    return as_svg(drawn, (9.6, 3.8))


def _size(history: History, one: Candidate) -> float | None:
    roles = history.opening.roles
    sides = [
        sum(one.parameters.get(n, 0) for n, r in roles.items() if r == role)
        for role in ("generator", "discriminator")
    ]
    if all(sides):
        return sides[0] / sides[1]
    return float(sum(one.parameters.values())) or None


def _size_name(history: History) -> str:
    if {"generator", "discriminator"} <= set(history.opening.roles.values()):
        return "parameters of the generator / of the discriminator"
    return "parameters"


def _powers(axes: Any, sizes: Sequence[float]) -> None:
    """A scale of powers of two, told as they are read, 1/4, 16, 64k, where there is one."""
    from matplotlib.ticker import FuncFormatter

    if max(sizes) < 2 * min(sizes):
        return
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: power(x)))


def power(x: float) -> str:
    if x < 1:
        return f"1/{1 / x:.0f}"
    return f"{x / 2**10:g}k" if x >= 2**14 else f"{x:g}"


def _arrows(axes: Any, places: Sequence[tuple[float, float]]) -> None:
    for old, new in pairwise(places):
        arrow = {"arrowstyle": "->", "color": ROUTE, "lw": 1.4, "shrinkA": 1, "shrinkB": 1}
        drawn = axes.annotate("", new, old, arrowprops=arrow, annotation_clip=False, zorder=4)
        drawn.arrow_patch.set_clip_path(axes.patch)


def _zoom(axes: Any, measure: Measure) -> None:
    values = measure.values.values()
    best = min(values) if measure.lower else max(values)
    worst = measure.usual * (NEAR if measure.lower else 1)
    room = 0.05 * abs(worst - best) or 0.05
    ends = (best - room, worst + room) if measure.lower else (worst - room, best + room)
    axes.set_ylim(*ends)


# --- actions --------------------------------------------------------------------------------------


def actions(found: Sequence[Effect], measure: Measure) -> str:
    """How often and by how much a child is better than its parent (figure 5.5)."""
    found = [one for one in found if one.share is not None]
    if not found:
        return ""
    places = range(len(found))

    def drawn(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        shares = [100 * (one.share or 0.0) for one in found]
        above.bar(places, shares, color=COLOURS[0], width=0.7)
        above.set(ylabel="better than the parent, %", ylim=(0, 100))
        means = [(i, one.mean, one.deviation or 0) for i, one in enumerate(found) if one.mean]
        if means:
            at, height, spread = zip(*means, strict=True)
            below.errorbar(at, height, yerr=spread, fmt="o", color=COLOURS[0], capsize=2, lw=1)
        below.axhline(0, color=GREY, lw=0.8)
        below.set_ylabel("part of the distance gone" if measure.relative else "improvement")
        names = [f"{short(one.move, 40)} ({one.compared})" for one in found]
        below.set_xticks(list(places), names, rotation=60, ha="right", fontsize=7)

    return as_svg(drawn, (min(2.5 + 0.34 * len(found), 11), 5.0))


# --- pruning --------------------------------------------------------------------------------------


def pruning(found: Sequence[Chance], measure: Measure) -> str:
    """How likely good and other parents have good children (figure 5.6, left)."""
    if not found:
        return ""

    def drawn(figure: "Figure") -> None:
        axes = figure.add_subplot()
        _chances(axes, found, "good parents", [c.of_good for c in found], COLOURS[0])
        _chances(axes, found, "other parents", [c.of_other for c in found], COLOURS[1])
        axes.set(xlabel=f"good from here: {short(measure.short, 52)}", ylabel="good children, %")
        axes.set_ylim(-3, 103)
        axes.legend(fontsize=7)

    return as_svg(drawn, (4.8, 3.4))


def _chances(
    axes: Any, found: Sequence[Chance], name: str, shares: Sequence[float | None], colour: str
) -> None:
    points = [
        (c.threshold, 100 * share)
        for c, share in zip(found, shares, strict=True)
        if share is not None
    ]
    if points:
        axes.plot(*zip(*points, strict=True), "o-", ms=3.5, color=colour, label=name)


def simulated(over: Sequence[Sequence[Simulated]], measure: Measure) -> str:
    """What fewer parents, or fewer children, would have found (figure 5.6, right)."""
    named = (("parents kept (K)", "keep"), ("children sampled (p)", "sample"))
    panels = [(name, p) for name, p in zip(named, over, strict=True) if len(p) > 1]
    if not panels:
        return ""

    def drawn(figure: "Figure") -> None:
        for place, ((name, field), points) in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            known = [(getattr(p, field), p.value, p.deviation or 0) for p in points if p.reached]
            if known:
                at, values, spread = zip(*known, strict=True)
                axes.errorbar(at, values, yerr=spread, fmt="o-", ms=4, color=COLOURS[0], capsize=2)
            axes.set(xlabel=name, ylabel=short(f"best {measure.short}", 40))
            cost = axes.twinx()
            dashed = [(getattr(p, field), p.candidates) for p in points]
            cost.plot(*zip(*dashed, strict=True), "--", color=GREY, lw=1)
            cost.set_ylabel("candidates (dashed)", color=GREY)
            cost.set_ylim(bottom=0)

    return as_svg(drawn, (4.8 * len(panels), 3.4))


# --- time -----------------------------------------------------------------------------------------


def course(found: Iterable[Progress], text: str) -> str:
    """The best value so far at each resolution, over candidates and over their time."""
    found = list(found)
    if not found:
        return ""

    def drawn(figure: "Figure") -> None:
        from matplotlib.ticker import MaxNLocator

        for place, name in enumerate(("candidates", "hours of all candidates"), 1):
            axes = figure.add_subplot(1, 2, place)
            axes.xaxis.set_major_locator(MaxNLocator(integer=place == 1))
            for number, one in enumerate(found):
                at = one.candidates if place == 1 else [s / 3600 for s in one.seconds]
                label = f"{one.resolution}×{one.resolution}" if one.resolution else "_"
                colour = COLOURS[number % len(COLOURS)]
                axes.step(at, one.values, where="post", color=colour, label=label)
                axes.plot(at[:-1], one.values[:-1], "o", ms=3, color=colour)
            axes.set(xlabel=name, ylabel=f"best {text}")
            if place == 1 and any(one.resolution for one in found):
                axes.legend(fontsize=7)

    return as_svg(drawn, (9.6, 3.2))
