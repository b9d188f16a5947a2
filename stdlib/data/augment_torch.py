"""Augment and AugmentBoxes: images changed at random, the second with their boxes.

What is random follows from torch's own generator, which a job seeds and a checkpoint keeps.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2

from autodesign.stdlib.data.augment import BOXES, augment, augment_boxes
from autodesign.stdlib.data.declared import source
from autodesign.stdlib.data.reading.examples import Batch, Mapped, Splits
from autodesign.stdlib.data.reading.load import load, settled
from autodesign.stdlib.data.reading.request import Request

SEEN = 0.5  # the share of a box that has to stay inside the image

Boxed = tuple[tv_tensors.Image, tv_tensors.BoundingBoxes]


def Augment(request: Request) -> Splits:
    splits = load(source(request.args), cache=request.cache)
    settled(request, lambda: augment(splits.fields, request.args))
    change = partial(moved, request.whole("shift"), request.args["mirror"] is True)
    return replace(splits, train=Mapped(splits.train, change))


def moved(shift: int, mirror: bool, batch: Batch) -> Batch:
    """Each image [channels, height, width] of a batch moved and mirrored on its own."""
    images = batch["image"]
    count, _, height, width = images.shape
    rows = torch.randint(2 * shift + 1, (count, 1)) + torch.arange(height)
    columns = torch.randint(2 * shift + 1, (count, 1)) + torch.arange(width)
    if mirror:
        columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    padded = F.pad(images, (shift,) * 4)
    # The channels come last where two lists of places stand on both sides of them.
    found: Tensor = padded[
        torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None]
    ]
    return {**batch, "image": found.permute(0, 3, 1, 2).contiguous()}


def AugmentBoxes(request: Request) -> Splits:
    splits = load(source(request.args), cache=request.cache)
    fields = settled(request, lambda: augment_boxes(splits.fields, request.args))
    name = next(name for name, field in fields.items() if field.kind == BOXES)
    scale, shift, colour = (request.args[name] for name in ("scale", "shift", "colour"))
    move = v2.RandomAffine(
        0, translate=(shift, shift), scale=scale, interpolation=InterpolationMode.BILINEAR
    )
    mirror = v2.RandomHorizontalFlip(0.5 if request.args["mirror"] is True else 0)
    shade = v2.ColorJitter(colour, colour, colour)

    def change(one: Boxed) -> Boxed:
        moved = move(*one)
        changed: Boxed = shade(*mirror(*(moved if visible(moved[1]) else one)))
        return changed

    return replace(splits, train=Mapped(splits.train, partial(with_boxes, name, change)))


def with_boxes(name: str, change: Callable[[Boxed], Boxed], batch: Batch) -> Batch:
    """Each image of a batch changed with its boxes; what is left of them inside the image."""
    image, boxes = torch.empty_like(batch["image"]), batch[name].clone()
    height, width = image.shape[2:]
    edges = torch.tensor([width, height, width, height])
    for i, before in enumerate(batch["image"]):
        there = boxes[i, :, 4] >= 0
        told = tv_tensors.BoundingBoxes(
            boxes[i, there, :4], format="XYXY", canvas_size=(height, width), clamping_mode=None
        )
        image[i], moved = change((tv_tensors.Image(before), told))
        boxes[i, there, :4] = moved.as_subclass(Tensor).clamp(min=0).minimum(edges)
    return {**batch, "image": image, name: boxes}


def visible(moved: tv_tensors.BoundingBoxes) -> bool:
    """Whether enough of each box, x1, y1, x2, y2, is inside the image."""
    boxes = moved.as_subclass(Tensor)
    height, width = moved.canvas_size
    inside = boxes.clamp(min=0).minimum(torch.tensor([width, height, width, height]))
    area, seen = ((b[:, 2:] - b[:, :2]).clamp(min=0).prod(1) for b in (boxes, inside))
    return bool((seen >= SEEN * area).all())
