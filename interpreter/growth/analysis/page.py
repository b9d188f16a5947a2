"""analysis.html: a search on one page that needs no other file, and analysis.json beside it."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from autodesign.interpreter.growth.analysis import figures
from autodesign.interpreter.growth.analysis.analysis import (
    Analysis,
    analysed,
    as_data,
    images_of,
)
from autodesign.interpreter.growth.analysis.history import read
from autodesign.interpreter.growth.analysis.measure import kind
from autodesign.interpreter.growth.analysis.tree import tree
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.numbers import number

TEMPLATE = "analysis.html.j2"
LARGEST = 2_000_000
"""Bytes of a grid of images that is put into the page."""


def write(directory: Path) -> Analysis:
    """Analyses the search in `directory` into analysis.html and analysis.json there.

    Raises OSError where there is no journal, RunError AD902 where nothing can be written.
    """
    found = analysed(read(directory))
    content = json.dumps(as_data(found), indent=2) + "\n"
    files.write(directory / "analysis.json", content.encode())
    files.write(directory / "analysis.html", page(found).encode())
    return found


def page(found: Analysis) -> str:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    environment.filters |= {"number": cell, "percent": percent}
    history = found.history
    return environment.get_template(TEMPLATE).render(
        found=found,
        history=history,
        texts=history.texts,
        pictures={name: Markup(svg) for name, svg in _pictures(found).items()},
        grids=[(one, grid) for one in found.bests if (grid := _grid(found, one))],
        lost=[one for one in history.candidates.values() if one.outcome != "done"],
    )


def _pictures(found: Analysis) -> Mapping[str, str]:
    history, measure = found.history, found.measure
    if measure is None:
        return {}
    return {
        "tree": tree(history, measure, found.route),
        "course": figures.course(found.progress, kind(history.name_of(measure.criterion))),
        "balance": figures.balance(history, measure, found.route),
        "actions": figures.actions(found.effects, measure),
        "pruning": figures.pruning(found.chances, measure),
        "simulated": figures.simulated((found.over_keep, found.over_sample), measure),
    }


def _grid(found: Analysis, one: Candidate) -> str:
    """What a candidate generates, as a data: address; "" where there is nothing that fits."""
    path = images_of(found.history, one)
    try:
        if path.stat().st_size > LARGEST:
            return ""
        return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return ""


def cell(value: float | None) -> str:
    """A number in a table; where there is none, nothing."""
    return number(value, undefined="")


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
