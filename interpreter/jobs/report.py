"""report.html: a run on one page that needs no other file. All text in it is a stranger's."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.growth.result import SearchResult
from autodesign.interpreter.jobs import files, starts
from autodesign.interpreter.jobs.directory import Facts, JobDirectory, RunDirectory
from autodesign.interpreter.jobs.figure import Curve, as_svg, curves_of, short
from autodesign.interpreter.jobs.numbers import number
from autodesign.interpreter.jobs.pathways import decided
from autodesign.interpreter.jobs.request import Job
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.pipeline.report import told
from autodesign.interpreter.sweeps.result import SweepResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "report.html.j2"
COLUMNS = 3
SHOWN = ("cosine_to_cross_entropy", "cosine_to_pull", "saturated", "wrong", "entropy")
"""What the report shows of a surrogate's diagnosis; metrics.jsonl holds all of it."""


def write_report(
    place: RunDirectory,
    text: str,
    facts: Facts,
    jobs: Sequence[Job],
    results: Sequence[Result],
    swept: Sequence[SweepResult] = (),
    grown: Sequence[SearchResult] = (),
) -> None:
    """Raises RunError AD902."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    environment.filters["number"] = number
    done = [
        _shown(job, result, place.job(job.name)) for job, result in zip(jobs, results, strict=True)
    ]
    reports = list(dict.fromkeys(name for r in results for name in r.values if name != "cost"))
    costs = any(result.greatest for result in results)
    page = environment.get_template(TEMPLATE).render(
        facts=facts, text=text, done=done, reports=reports, swept=swept, grown=grown, costs=costs
    )
    files.write(place.report, page.encode())


def _shown(job: Job, result: Result, place: JobDirectory) -> Mapping[str, Any]:
    """What the template shows of a job."""
    if isinstance(job, PipelineJob):
        data = dict.fromkeys(draw.data.name for draw in job.pipeline.draws)
        return {
            "job": job,
            "starts": starts.told(job),
            "result": result,
            "told": told(job, place),
            "data": list(data),
        }
    return {
        "job": job,
        "starts": starts.told(job),
        "result": result,
        "nodes": _nodes(job.network, result),
        "curves": Markup(svg(place.records())),
        "warnings": _warnings(place.records()),
        "decided": decided(job, result, place),
    }


def _nodes(network: spec.Network, result: Result) -> list[Mapping[str, Any]]:
    """Each node with its multiplications and the share of test examples that ran it."""
    costs = {node.name: (node.kind, node.greatest) for node in network.nodes}
    return [
        {"name": name, "kind": costs.get(name, ("nested", None)), "rate": rate}
        for name, rate in result.rates.items()
    ]


def _warnings(records: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    """In how many epochs each warning held."""
    return Counter(text for record in records for text in record.get("warnings", ()))


def svg(records: Sequence[Mapping[str, Any]]) -> str:
    """Losses, validation values and validation cost against epochs, as one <svg> element."""
    panels = [(title, curves) for title, curves in _panels(records) if curves]
    if not panels:
        return ""
    rows = math.ceil(len(panels) / COLUMNS)
    columns = min(len(panels), COLUMNS)

    def drawn(figure: "Figure") -> None:
        for place, (title, curves) in enumerate(panels, 1):
            axes = figure.add_subplot(rows, columns, place)
            for name, epochs, values in curves:
                axes.plot(epochs, values, label=short(name))
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.legend(fontsize=7)

    return as_svg(drawn, (3.6 * columns, 2.6 * rows))


def _panels(records: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Curve]]]:
    validations = [{"epoch": r["epoch"], **r["validation"]} for r in records if "validation" in r]
    explored = [
        {"epoch": r["epoch"], "v": {"explore": r["explore"]}} for r in records if "explore" in r
    ]
    costs = [{"epoch": v["epoch"], "v": {"cost": v["cost"]}} for v in validations]
    values = [curve for curve in curves_of(validations, "values") if curve[0] != "cost"]
    return [
        ("training loss", curves_of(records, "losses")),
        ("reward", curves_of(records, "rewards")),
        ("validation", values),
        ("mean cost on validation", curves_of(costs, "v")),
        ("exploration", curves_of(explored, "v")),
        ("surrogates", _surrogates(records)),
    ]


def _surrogates(records: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """The numbers between -1 and 1 that tell how each surrogate does."""
    flat = [
        {
            "epoch": record["epoch"],
            "v": {
                f"{name} of {metric}": value
                for metric, numbers in record.get("surrogates", {}).items()
                for name, value in numbers.items()
                if name in SHOWN
            },
        }
        for record in records
    ]
    return curves_of(flat, "v")
