"""What a sweep leaves beside its points: results.json, results.csv, pictures, report.html."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.directory import Facts
from autodesign.interpreter.sweeps.picture import curves_of, draw, statics_of
from autodesign.interpreter.sweeps.result import Row, SweepResult, cells
from autodesign.interpreter.sweeps.tradeoff import Tradeoff, tradeoffs

TEMPLATE = "sweep.html.j2"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot with its picture as an <svg> element, and what it is worth."""

    title: str
    vertical: str
    svg: Markup
    tradeoffs: tuple[Tradeoff, ...]


def write_sweep(result: SweepResult, facts: Facts) -> None:
    """All that is left beside the points, the same bytes for the same results but for report.html,
    which holds when the run began. Raises RunError AD902."""
    files.write(result.directory / "results.json", as_json(result).encode())
    files.write(result.directory / "results.csv", as_csv(result).encode())
    drawn = [_drawn(result, plot) for plot in result.sweep.plots if curves_of(result, plot)]
    files.write(result.directory / "report.html", _page(result, facts, drawn).encode())


def picture_path(result: SweepResult, plot: spec.Plot, kind: str) -> Path:
    """Where the picture of a plot lies; `kind` is "svg" or "png"."""
    names = [_plain(other) for other in result.sweep.plots]
    name, number = _plain(plot), result.sweep.plots.index(plot)
    twice = name in names[:number]
    return result.directory / f"{name}{f'-{number + 1}' if twice else ''}.{kind}"


def _plain(plot: spec.Plot) -> str:
    """`Accuracy-against-cost`, with nothing in it that a disk might not take."""
    name = f"{plot.vertical.name}-against-{plot.horizontal.name}"
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:50]


def _drawn(result: SweepResult, plot: spec.Plot) -> Drawn:
    pictures = draw(result, plot)
    for kind, content in pictures.items():
        files.write(picture_path(result, plot, kind), content)
    text = pictures["svg"].decode()
    title = f"{plot.vertical.name} against {plot.horizontal.name}"
    return Drawn(
        title, plot.vertical.name, Markup(text[text.index("<svg") :]), tradeoffs(result, plot)
    )


def _page(result: SweepResult, facts: Facts, drawn: list[Drawn]) -> str:
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    environment.filters |= {"said": said, "quote": quote}
    return environment.get_template(TEMPLATE).render(
        facts=facts, result=result, drawn=drawn, cells=cells, points=_points(result)
    )


def _points(result: SweepResult) -> Iterator[tuple[str, Row | None, str]]:
    """Each point's folder with its row, or with the reason why there is none."""
    for row in (*result.rows, *result.beside):
        yield row.point, row, ""
    for name, found in result.failures.items():
        yield name, None, f"{found[0].message} ({found[0].code})"


# --- for other programs ---------------------------------------------------------------------------


def as_json(result: SweepResult) -> str:
    """All rows, failures and plots with their places as JSON; None where a value is undefined."""
    sweep = result.sweep
    whole = {
        "sweep": sweep.name,
        "job": sweep.job,
        "axes": [
            {"param": a.param, "values": list(a.values), "repeats": a.repeats} for a in sweep.axes
        ],
        "points": [_row(row, "swept") for row in result.rows]
        + [_row(row, "beside") for row in result.beside],
        "failures": [
            {"point": name, "code": found[0].code, "message": found[0].message}
            for name, found in result.failures.items()
        ],
        "plots": [_plot(result, plot) for plot in sweep.plots],
    }
    return json.dumps(whole, indent=2, default=str) + "\n"


def _row(row: Row, role: str) -> Mapping[str, Any]:
    result = row.result
    return {
        "point": row.point,
        "role": role,
        "job": row.job,
        "settings": dict(row.settings),
        "values": {name: _finite(value) for name, value in result.values.items()},
        "cost": result.cost,
        "least": result.least,
        "greatest": result.greatest,
        "examples": result.examples,
        "best_epoch": result.best_epoch,
    }


def _plot(result: SweepResult, plot: spec.Plot) -> Mapping[str, Any]:
    return {
        "vertical": plot.vertical.name,
        "horizontal": plot.horizontal.name,
        "curves": [
            {
                "label": curve.label,
                "at": curve.names,
                "mean": curve.places,
                "deviation": curve.spreads,
                "seeds": curve.seeds,
            }
            for curve in curves_of(result, plot)
        ],
        "beside": [
            {"label": one.label, "mean": one.place, "deviation": one.spread}
            for one in statics_of(result, plot)
        ],
        "tradeoffs": [_tradeoff(one) for one in tradeoffs(result, plot)],
    }


def _tradeoff(one: Tradeoff) -> Mapping[str, Any]:
    lead = one.lead
    return {
        "of": one.of,
        "best": one.best.label,
        "best_value": one.best_value,
        "best_cost": one.best_cost,
        "least_cost": one.least_cost,
        "share": one.share,
        "area": lead.area if lead else None,
        "mean_lead": lead.mean if lead else None,
        "least_lead": lead.least if lead else None,
        "from": lead.low if lead else None,
        "to": lead.high if lead else None,
    }


def as_csv(result: SweepResult) -> str:
    """One line for each point: its folder, job, settings, reports and cost."""
    rows = (*result.rows, *result.beside)
    params = [axis.param for axis in result.sweep.axes]
    reports = dict.fromkeys(n for row in rows for n in row.result.values if n != "cost")
    page = io.StringIO()
    lines = csv.writer(page, lineterminator="\n")
    lines.writerow(["point", "job", *params, *reports, "cost"])
    for row in rows:
        settings = [said(row.settings[name]) if name in row.settings else "" for name in params]
        values = [row.result.values.get(name) for name in reports]
        shown = ["" if value is None else repr(value) for value in values]
        lines.writerow([row.point, row.job, *settings, *shown, repr(row.result.cost)])
    return page.getvalue()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
