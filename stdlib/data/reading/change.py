"""Examples with other images or other labels: at once where they are in memory, else on the way."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from autodesign.dsl.spec import Shape
from autodesign.stdlib.data.reading.examples import (
    Batch,
    Examples,
    Mapped,
    Table,
    chunks,
    unit_scale,
)
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

Change = Callable[[Tensor], Tensor]
FLOAT_BYTES = 4
LABEL = 4
"""The column of a box that holds its class, after its corners"""


def relabel(examples: Examples, change: Change) -> Examples:
    """Examples whose labels [n] are changed; their images are not read."""
    if isinstance(examples, Table):
        return Table({**examples.columns, "label": change(examples.columns["label"])})
    return Mapped(examples, lambda batch: {**batch, "label": change(batch["label"])}, change)


def scale_boxes(examples: Examples, names: list[str], across: float, down: float) -> Examples:
    """Examples whose boxes [n, most, 5] are brought to images of another width and height."""
    scale = torch.tensor([across, down, across, down, 1.0])

    def scaled(boxes: Tensor) -> Tensor:
        return torch.where(boxes[..., LABEL:] >= 0, boxes * scale, boxes)

    def change(batch: Mapping[str, Tensor]) -> Batch:
        return {**batch, **{name: scaled(batch[name]) for name in names}}

    if isinstance(examples, Table):
        return replace(examples, columns=change(examples.columns))
    return Mapped(examples, change) if names else examples


def change_images(request: Request, examples: Examples, change: Change, shape: Shape) -> Examples:
    """Examples whose images [n, ...] are changed to images of another shape.

    Raises SpecError where the result does not fit into memory.
    """
    if not isinstance(examples, Table):
        return Mapped(examples, lambda batch: {**batch, "image": change(batch["image"])})
    images = examples.columns["image"]
    size = len(images) * math.prod(shape) * FLOAT_BYTES
    what = f"{len(images)} images of {'x'.join(map(str, shape))}"
    afford(request, size, what, "choose smaller images, or fewer of them with Subset")
    result = torch.empty(len(images), *shape)
    for indices in chunks(len(images)):
        result[indices[0] : indices[-1] + 1] = change(unit_scale(images[indices]))
    return replace(examples, columns={**examples.columns, "image": result})
