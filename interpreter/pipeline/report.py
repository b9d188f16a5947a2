"""The part of a report about a pipeline's job: its curves, and pictures of what it makes."""

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from torch import Tensor

from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.figure import Curve, as_svg, curves_of, short
from autodesign.interpreter.pipeline.step import LOOK_EVERY
from autodesign.interpreter.pipeline.timetable import title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
TRUST = 0.5
"""The score from which on a detection is shown."""

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """In pixels of its image; `score` is None for a box that was put there."""

    x: float
    y: float
    width: float
    height: float
    score: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a data address, its size, and what is drawn on it."""

    address: str
    width: int
    height: int
    rectangles: tuple[Rectangle, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures under a title: a row for each example, a picture for each of `columns`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Picture, ...], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the template shows of a pipeline's job.

    `players` pairs names with the calls of their optimisers, `goals` their names with terms.
    """

    players: tuple[tuple[str, str], ...]
    goals: tuple[tuple[str, tuple[str, ...]], ...]
    phases: tuple[tuple[str, str], ...]
    curves: Markup
    groups: tuple[Group, ...]
    look_every: int = LOOK_EVERY
    trust: float = TRUST


def told(job: PipelineJob, place: JobDirectory) -> Told:
    pipeline = job.pipeline
    names = [player.name for player in pipeline.players]
    optimisers = [player.optimizer or job.optimizer for player in pipeline.players]
    goals = (
        (", ".join(names[p] for p in goal.players), tuple(term.text for term in goal.terms))
        for goal in pipeline.goals
    )
    phases = ((title(pipeline, one), f"{one.length:,} {one.unit}") for one in pipeline.phases)
    return Told(
        tuple((n, call.name if call else "") for n, call in zip(names, optimisers, strict=True)),
        tuple(goals),
        tuple(phases),
        Markup(svg(place.records())),
        tuple(_groups(place)),
    )


# --- curves ---


def svg(records: Sequence[Record]) -> str:
    """Goals, their terms, the norms of gradients and what was reported, as one <svg> element."""
    panels = [panel for panel in _panels(records) if panel[1]]
    if not panels:
        return ""
    begins = [
        r["epoch"]
        for r, before in zip(records[1:], records, strict=False)
        if r["phase"] != before["phase"]
    ]
    columns = min(len(panels), COLUMNS)
    rows = math.ceil(len(panels) / columns)

    from matplotlib.ticker import MaxNLocator

    def drawn(figure: "Figure") -> None:
        for place, (name, curves, logarithmic) in enumerate(panels, 1):
            axes = figure.add_subplot(rows, columns, place)
            for label, epochs, values in curves:
                mark = "." if len(epochs) == 1 else None
                axes.plot(epochs, values, marker=mark, label=short(label))
            for epoch in begins:
                axes.axvline(epoch - 0.5, color="#c3c9d0", linewidth=0.8)
            if logarithmic:
                _logarithmic(axes, [v for _, _, values in curves for v in values if v > 0])
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            axes.set_title(short(name, 44), fontsize=8)
            axes.set_xlabel("epoch")
            if len(curves) > 1:
                below = (0.5, -0.22)
                axes.legend(loc="upper center", bbox_to_anchor=below, fontsize=6, frameon=False)

    return as_svg(drawn, (3.8 * columns, 3.1 * rows))


def _logarithmic(axes: Any, values: Sequence[float]) -> None:
    """Plain numbers at the ticks; between powers of ten only where these are too few."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    if not values:
        return
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_formatter(plain if max(values) < 10 * min(values) else NullFormatter())
    axes.tick_params(axis="y", which="minor", labelsize=6)


def _panels(records: Sequence[Record]) -> Iterator[tuple[str, list[Curve], bool]]:
    """(title, curves, whether the axis is logarithmic)"""
    yield "goals", curves_of(records, "losses"), False
    goals = dict.fromkeys(goal for r in records for goal in r["terms"])
    for goal in [one for one in goals if _several(records, one)]:
        yield f"terms of {goal}", curves_of(_of(records, "terms", goal), "v"), False
        yield f"norms of their gradients, {goal}", curves_of(_of(records, "norms", goal), "v"), True
    yield "norm of each player's gradient", curves_of(records, "gradients"), True
    values = [{"epoch": r["epoch"], **r["validation"]} for r in records if "validation" in r]
    for name, epochs, numbers in curves_of(values, "values"):
        yield f"{name}, validation", [(name, epochs, numbers)], False
    yield "learning rates", curves_of(records, "lr"), False


def _several(records: Sequence[Record], goal: str) -> bool:
    """Whether a goal has several terms, that is other curves than those of the goal."""
    return len({text for r in records for text in r["terms"].get(goal, ())}) > 1


def _of(records: Sequence[Record], part: str, goal: str) -> list[Record]:
    return [{"epoch": r["epoch"], "v": r[part].get(goal, {})} for r in records]


# --- pictures ---


def _groups(place: JobDirectory) -> Iterator[Group]:
    if not place.examples.exists():
        return
    saved = checkpoint.read(place.examples)
    for number, group in enumerate(saved.facts["groups"]):
        columns = tuple(group["columns"])
        prefixes = (f"{number}.{column}" for column in range(len(columns)))
        parts = [checkpoint.below(prefix, saved.tensors) for prefix in prefixes]
        examples = len(parts[0]["images"])
        rows = (tuple(_picture(part, row) for part in parts) for row in range(examples))
        yield Group(group["title"], columns, tuple(rows))


def _picture(part: Mapping[str, Tensor], row: int) -> Picture:
    image = part["images"][row]
    boxes = [box for name in ("boxes", "found") if name in part for box in part[name][row].tolist()]
    shown = (box for box in boxes if box[4] >= 0 and (len(box) == 5 or box[5] >= TRUST))
    _, height, width = image.shape
    return Picture(address(image), width, height, tuple(_rectangle(box) for box in shown))


def _rectangle(box: Sequence[float]) -> Rectangle:
    x1, y1, x2, y2, _, *score = box
    return Rectangle(x1, y1, x2 - x1, y2 - y1, score[0] if score else None)


def address(image: Tensor) -> str:
    """An image uint8 [1 or 3, height, width] as the address of a PNG."""
    from PIL import Image

    pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0)
    drawn = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(drawn, "png")
    return "data:image/png;base64," + base64.b64encode(drawn.getvalue()).decode()
