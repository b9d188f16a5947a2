"""Examples with other images or other labels: at once where they are in memory, else on the way."""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from autodesign.dsl.spec import Shape
from autodesign.stdlib.data.reading.examples import Examples, Mapped, Table, chunks, unit_scale
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

Change = Callable[[Tensor], Tensor]
FLOAT_BYTES = 4


def relabel(examples: Examples, change: Change) -> Examples:
    """Examples whose labels [n] are changed; their images are not read."""
    if isinstance(examples, Table):
        return Table({**examples.columns, "label": change(examples.columns["label"])})
    return Mapped(examples, lambda batch: {**batch, "label": change(batch["label"])}, change)


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
