"""The picture of a sweep: a curve for each seed, their mean and band, static networks beside it."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.interpreter.sweeps.labels import Label, put_labels
from autodesign.interpreter.sweeps.result import Mean, SweepResult
from autodesign.interpreter.sweeps.tradeoff import Place, hull, merged, place_of, value_at

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Okabe and Ito's, which people tell apart who see fewer colours."""
STATIC = "#4d4d4d"
MARKS = "sD^vPX*<>p"
WIDE = 20
"""Ratio of a param's greatest value to its least from which on they are shown by their ratios."""
STYLE: Any = {
    "svg.hashsalt": "autodesign",
    "text.parse_math": False,
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#808080",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Curve:
    """A family of points along the first param that is no seed.

    `places` are means over seeds, `spreads` their deviations upwards, `names` the values of the
    param there, `seeds` the places of each seed by themselves.
    """

    label: str
    places: tuple[Place, ...]
    spreads: tuple[float, ...]
    names: tuple[str, ...]
    seeds: tuple[tuple[Place, ...], ...]


@dataclass(frozen=True, slots=True)
class Static:
    """A static network: where it lies, and its deviations across and upwards."""

    label: str
    place: Place
    spread: tuple[float, float]


def curves_of(result: SweepResult, plot: spec.Plot) -> tuple[Curve, ...]:
    """One curve for each setting of the params that are neither the first nor a seed."""
    found = [(label, part.means) for label, part in result.families(plot)]
    return tuple(
        _curve(label or result.rows_job, result.along(plot), means, plot)
        for label, means in found
        if any(place_of(mean, plot) for mean in means)
    )


def _curve(label: str, param: str, means: Sequence[Mean], plot: spec.Plot) -> Curve:
    placed = [(place, mean) for mean in means if (place := place_of(mean, plot))]
    placed.sort(key=lambda one: one[0])
    return Curve(
        label,
        tuple(place for place, _ in placed),
        tuple(mean.deviation(plot.vertical) or 0.0 for _, mean in placed),
        tuple(said(mean.settings.get(param)) for _, mean in placed),
        tuple(_seeds([mean for _, mean in placed], plot)),
    )


def _seeds(means: Sequence[Mean], plot: spec.Plot) -> Iterator[tuple[Place, ...]]:
    """Each seed's own places; nothing where there is but one seed."""
    most = max((len(mean.rows) for mean in means), default=0)
    for number in range(most if most > 1 else 0):
        rows = [mean.rows[number] for mean in means if number < len(mean.rows)]
        pairs = [(row.value(plot.horizontal), row.value(plot.vertical)) for row in rows]
        yield tuple(sorted((x, y) for x, y in pairs if x is not None and y is not None))


def statics_of(result: SweepResult, plot: spec.Plot) -> tuple[Static, ...]:
    """The jobs beside the sweep; none where they have no place across."""
    return tuple(
        Static(
            result.name_of(mean),
            place,
            (mean.deviation(plot.horizontal) or 0.0, mean.deviation(plot.vertical) or 0.0),
        )
        for mean in result.beside_means
        if (place := place_of(mean, plot))
    )


def draw(result: SweepResult, plot: spec.Plot) -> dict[str, bytes]:
    """The picture as "svg" and "png"; the same bytes for the same result."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.8, 4.6), layout="constrained")
        axes = figure.add_subplot()
        numbers = result.along(plot) if plot.horizontal.kind != "param" else ""
        labels = _draw_curves(axes, curves_of(result, plot), numbers)
        labels += _draw_statics(axes, statics_of(result, plot), plot)
        _draw_levels(axes, result, plot)
        _name_axes(axes, result, plot)
        figure.legend(loc="outside lower center", ncols=_columns(axes))
        put_labels(figure, axes, labels, [c.places for c in curves_of(result, plot)])
        return {"svg": _written(figure, "svg"), "png": _written(figure, "png")}


def _draw_curves(axes: Any, curves: Sequence[Curve], numbers: str) -> list[Label]:
    """Gives the labels of the places, which say what `numbers` is there; none where it is ""."""
    labels: list[Label] = []
    for number, curve in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        for place, seed in enumerate(curve.seeds):
            name = "each seed" if number == 0 and place == 0 else "_"
            axes.plot(*zip(*seed, strict=True), color=colour, alpha=0.35, lw=0.8, label=name)
        across, up = zip(*curve.places, strict=True)
        if spread := band(curve.seeds):
            name = "± one standard deviation" if number == 0 else "_"
            axes.fill_between(*spread, color=colour, alpha=0.14, lw=0, label=name)
        name = f"{curve.label}, mean" if curve.seeds else curve.label
        if number == 0 and numbers:
            name += f" (numbers: {numbers})"
        axes.plot(across, up, "o-", color=colour, ms=5, lw=1.8, label=_short(name), zorder=4)
        words = curve.names if numbers else ("",) * len(curve.names)
        labels += [Label(p, word, colour) for p, word in zip(curve.places, words, strict=True)]
    return labels


def band(
    seeds: Sequence[Sequence[Place]],
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]] | None:
    """Places across, and there the mean of the seeds' curves less and plus their deviation.

    Curves are compared at equal cost, not at equal settings: a seed that pays more for more lies on
    the same curve. None where fewer than two curves have places in common.
    """
    curves = [merged(seed) for seed in seeds]
    if len(curves) < 2 or min(len(curve) for curve in curves) < 2:
        return None
    low, high = max(curve[0][0] for curve in curves), min(curve[-1][0] for curve in curves)
    across = sorted({x for curve in curves for x, _ in curve if low <= x <= high})
    values = [[value_at(curve, x) for curve in curves] for x in across]
    spread = [(fmean(v) - stdev(v), fmean(v) + stdev(v)) for v in values]
    if len(across) < 2:
        return None
    return tuple(across), tuple(a for a, _ in spread), tuple(b for _, b in spread)


def _draw_statics(axes: Any, statics: Sequence[Static], plot: spec.Plot) -> list[Label]:
    outline = hull([static.place for static in statics])
    if len(outline) > 1 and plot.horizontal.kind == "cost" and plot.vertical.greater:
        across, up = zip(*outline, strict=True)
        name = "static networks, mixed at random"
        axes.plot(across, up, "--", color=STATIC, lw=1, label=name, zorder=2)
    for number, static in enumerate(statics):
        axes.errorbar(
            *static.place,
            xerr=static.spread[0] or None,
            yerr=static.spread[1] or None,
            fmt=MARKS[number % len(MARKS)],
            color=STATIC,
            mfc="white",
            ms=6.5,
            mew=1.4,
            lw=1,
            capsize=2.5,
            zorder=5,
            label=_short(static.label),
        )
    return [Label(static.place, "", STATIC) for static in statics]


def _draw_levels(axes: Any, result: SweepResult, plot: spec.Plot) -> None:
    """Jobs that do not depend on the param across have its value everywhere."""
    if plot.horizontal.kind != "param":
        return
    for number, mean in enumerate(result.beside_means):
        value = mean.mean(plot.vertical)
        if value is not None and plot.horizontal.name not in mean.settings:
            style = ("--", ":", "-.")[number % 3]
            axes.axhline(value, color=STATIC, lw=1.2, ls=style, label=_short(mean.job), zorder=2)


def _name_axes(axes: Any, result: SweepResult, plot: spec.Plot) -> None:
    from matplotlib.ticker import EngFormatter, FuncFormatter

    named = ((axes.xaxis, plot.horizontal), (axes.yaxis, plot.vertical))
    for axis, figure in named:
        if figure.kind == "cost":
            axis.set_major_formatter(EngFormatter(sep=""))
            axis.set_label_text("cost (multiplications per example, test split)")
        elif figure.kind == "param":
            axis.set_label_text(_short(figure.name))
            _scale(axis, figure, result)
        else:
            axis.set_label_text(f"{_short(figure.name)}, test split")
    static = [p[0] for s in statics_of(result, plot) if (p := s.place)]
    if plot.horizontal.kind == "cost" and static and max(static) > 0:
        most = max(static)
        shares = axes.secondary_xaxis("top", functions=(lambda x: x / most, lambda x: x * most))
        shares.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
        dearest = max(statics_of(result, plot), key=lambda s: s.place[0]).label
        shares.set_xlabel(f"of the cost of {_short(dearest)}", color="#606060")
        shares.tick_params(colors="#606060")


def _scale(axis: Any, figure: spec.Figure, result: SweepResult) -> None:
    """Names values that are not numbers; shows numbers by their ratios where those are large."""
    if figure.choices:
        names = [v if isinstance(v, str) else said(v) for v in figure.choices]
        axis.set_ticks(range(len(names)), [_short(name, 16) for name in names])
        return
    values = next(a.values for a in result.sweep.axes if a.param == figure.name)
    numbers = sorted(float(v) for v in values if isinstance(v, int | float))
    if numbers[0] > 0 and numbers[-1] >= WIDE * numbers[0] and len(numbers) > 2:
        getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
        axis.set_ticks(numbers, [f"{number:g}" for number in numbers], minor=False)
        axis.set_ticks([], minor=True)


def _columns(axes: Any) -> int:
    return min(3, max(1, len(axes.get_legend_handles_labels()[1])))


def _written(figure: Any, kind: str) -> bytes:
    page = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    figure.savefig(page, format=kind, dpi=160, metadata=metadata)
    return page.getvalue()


def _short(name: str, most: int = 40) -> str:
    """A label that fits; matplotlib leaves out those that begin with an underscore."""
    cut = name if len(name) <= most else name[: most - 1] + "…"
    return f" {cut}" if cut.startswith("_") else cut
