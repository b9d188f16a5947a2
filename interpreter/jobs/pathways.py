"""The part of a report about what a network decides: its drawing, its paths, its wall time."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.drawing.command import svg_of
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.figure import as_svg
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.times import Times
from autodesign.interpreter.jobs.wall import Wall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PATHS = 12
MOST_CHIPS = 40
"""Nodes of a network up to which those that a path skips are shown, too."""


@dataclass(frozen=True, slots=True)
class Pathway:
    """One path: its nodes with whether they ran, their multiplications, how many examples of the
    test split took it and which share that is, images of some as a data address."""

    nodes: tuple[tuple[str, bool], ...]
    cost: int
    count: int
    share: float
    images: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What the template shows of a job whose network decides; `others` counts the examples on
    paths that are not among `paths`. `predicted` is what the times of the nodes make of a batch, in
    microseconds, where the job has timed them."""

    drawing: Markup
    distribution: Markup
    paths: tuple[Pathway, ...]
    others: int
    wall: Wall | None
    predicted: float | None

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The table of wall times below the network as it decides: all of its nodes, each path
        alone."""
        wall = self.wall
        if wall is None:
            return ()
        every = {"what": "all regular nodes", "cost": wall.cost, "time": wall.every}
        alone = [
            {
                "what": "the best path alone" if one is wall.best else "a path alone",
                **one.model_dump(),
            }
            for one in wall.alone
        ]
        return [every, *alone]


def decided(job: spec.Train, result: Result, place: JobDirectory) -> Decided | None:
    """None for a network without control nodes, and without examples to decide on."""
    if not result.examples or not any(node.kind == "control" for node in job.network.nodes):
        return None
    remark = f"coloured by the share of {result.examples:,} test examples that ran each node"
    images = checkpoint.read(place.examples).tensors if place.examples.exists() else {}
    wall = Wall.read(place.wall) if place.wall.exists() else None
    shown = list(result.paths.items())[:MOST_PATHS]
    pathways = tuple(
        _pathway(job.network, path, count, result.examples, images.get(path))
        for path, count in shown
    )
    return Decided(
        Markup(svg_of(job.network, result.rates, remark) or ""),
        Markup(distribution(result.paths)),
        pathways,
        result.examples - sum(count for _, count in shown),
        wall,
        _predicted(result, wall, place),
    )


def _predicted(result: Result, wall: Wall | None, place: JobDirectory) -> float | None:
    if wall is None or not place.times.exists():
        return None
    rows = {path: rate * wall.batch for path, rate in result.rates.items()}
    return Times.read(place.times).of_batch(rows)


def distribution(paths: Mapping[str, int]) -> str:
    """How many nodes ran for which share of the examples (thesis figure 2.4), as one <svg>; each
    shade of a bar is one path."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    total = sum(paths.values())
    heights: dict[int, float] = {}

    def drawn(figure: "Figure") -> None:
        axes = figure.add_subplot()
        for number, (path, count) in enumerate(paths.items()):
            nodes, share = len(path.split()), count / total
            shade = ("#4c71a3", "#8fb0d9", "#c9daee")[number % 3]
            bottom = heights.get(nodes, 0.0)
            axes.bar(nodes, share, 0.7, bottom, color=shade, edgecolor="white", linewidth=0.8)
            heights[nodes] = bottom + share
        axes.set_xlabel("nodes that ran")
        axes.set_title("test examples")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))

    return as_svg(drawn, (3.6, 2.6))


def _pathway(
    network: spec.Network, path: str, count: int, examples: int, images: Tensor | None
) -> Pathway:
    ran = set(path.split())
    few = len(network.nodes) <= MOST_CHIPS
    return Pathway(
        tuple((n.name, n.name in ran) for n in network.nodes if few or n.name in ran),
        sum(node.greatest for node in network.nodes if node.name in ran),
        count,
        count / examples,
        "" if images is None else strip(images),
    )


def strip(images: Tensor) -> str:
    """Images uint8 [examples, 1 or 3, height, width] side by side, as the address of a PNG."""
    from PIL import Image

    count, channels, height, width = images.shape
    row = images.new_full((channels, height, count * (width + 2) - 2), 255)
    for place, image in enumerate(images):
        row[:, :, place * (width + 2) : place * (width + 2) + width] = image
    pixels = row[0] if channels == 1 else row.permute(1, 2, 0)
    drawn = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(drawn, "png")
    return "data:image/png;base64," + base64.b64encode(drawn.getvalue()).decode()
