"""What a report shows of a finished job beside its numbers: examples of each path, wall time."""

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from autodesign.dsl import spec
from autodesign.interpreter.jobs import checkpoint, files, wall
from autodesign.interpreter.jobs.checkpoint import Checkpoint
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.evaluation import Evaluation
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.stdlib.data.reading.examples import Splits

PATHS = 12
"""How many paths examples are shown of, the commonest ones."""
LONGEST_SIDE = 64


def show(
    feed: Feed, splits: Splits, job: spec.Train, directory: JobDirectory, test: Evaluation | None
) -> None:
    """Writes examples.safetensors and wall.json; neither, where the network decides nothing.

    Raises RunError AD902.
    """
    if not any(node.kind == "control" for node in job.network.nodes):
        return
    image = next((name for name in feed.inputs if splits.fields[name].kind == "image"), None)
    if test and image:
        checkpoint.write(directory.examples, Checkpoint(_images(splits, image, test), {}))
    times = wall.measured(feed, splits, job, test)
    if times is not None:
        files.write(directory.wall, times.model_dump_json(indent=2).encode() + b"\n")


def _images(splits: Splits, field: str, test: Evaluation) -> dict[str, Tensor]:
    """For each of the commonest paths, by its nodes: uint8 [examples, 1 or 3, height, width]."""
    shown = list(test.firsts.items())[:PATHS]
    found = {
        path: splits.test.batch(torch.tensor(indices))[field].float() for path, indices in shown
    }
    low = min(float(images.min()) for images in found.values())
    high = max(float(images.max()) for images in found.values())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return {path: _bytes(images, low, high) for path, images in found.items()}


def _bytes(images: Tensor, low: float, high: float) -> Tensor:
    """Numbers as shades of grey or colours, large images made smaller."""
    if images.shape[1] != 3:
        images = images.mean(1, keepdim=True)
    height, width = images.shape[2:]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    if scale < 1:
        images = adaptive_avg_pool2d(
            images, (max(round(height * scale), 1), max(round(width * scale), 1))
        )
    return ((images - low) / max(high - low, 1e-12) * 255).round().clamp(0, 255).to(torch.uint8)
