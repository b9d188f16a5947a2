"""Makes PastedObjects: items of another source on photographs, and where they lie.

All arithmetic on pixels is in whole numbers, so that images are the same on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy
import torch
from numpy.typing import NDArray

from autodesign.stdlib.data import pasted
from autodesign.stdlib.data.boxes import CORNERS
from autodesign.stdlib.data.declared import PARTS, source
from autodesign.stdlib.data.keypoints_torch import EDGE, Pixels, resized, to_bytes
from autodesign.stdlib.data.reading.draw import Draw, Numbers
from autodesign.stdlib.data.reading.examples import Examples, Splits, Table
from autodesign.stdlib.data.reading.load import load, settled
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.photographs import Photograph, photographs
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import part_ends

DIVISION = 0  # the seed by which photographs go to parts: not that of the images, so none goes over
TRIES = 10  # places that an object tries for room beside the others
NUMBERS = 5 + 2 * TRIES  # drawn for an object: its item, its side, three for its colour, its places
COVERED = 128  # of 255: a pixel that belongs to the box
BRIGHT = 20  # items tried before one that is dark all over is refused

Boxes = NDArray[numpy.float32]


@dataclass(frozen=True, slots=True)
class Item:
    """`pixels` [channels, side, side]; `cover` [side, side], 255 where nothing shines through."""

    pixels: Numbers
    cover: Numbers
    label: int

    def bounds(self) -> tuple[int, int, int, int]:
        """x1, y1, x2, y2 of what is covered by half or more."""
        covered = self.cover >= COVERED
        rows, columns = (numpy.flatnonzero(covered.any(axis)) for axis in (1, 0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def PastedObjects(request: Request) -> Splits:
    splits = load(source(request.args), cache=request.cache)
    fields = settled(request, lambda: pasted.pasted(splits.fields, request.args))
    size, count = request.whole("size"), request.whole("count")
    mend = "choose a smaller `size` or `count`"
    afford(request, 3 * count * size * size, f"{count} images of {size}x{size}", mend)
    ends = part_ends(request, count)
    grounds = photographs(request, DIVISION)
    parts = []
    for i, (start, end) in enumerate(pairwise((0, *ends))):
        image = numpy.empty((end - start, 3, size, size), numpy.uint8)
        lay_grounds(image, grounds[i], Draw(request.whole("seed"), i))
        columns = {"image": torch.from_numpy(image)}
        if request.args["clean"] is not True:
            items = (splits.train, splits.validation, splits.test)[i]
            draw = Draw(request.whole("seed"), len(PARTS) + i)
            columns["box"] = torch.from_numpy(paste(request, image, items, draw))
        parts.append(Table(columns))
    return Splits(parts[0], parts[1], parts[2], fields)


def lay_grounds(images: Pixels, photos: list[Photograph], draw: Draw) -> None:
    """A part of some photograph, every other time mirrored, in each image [n, 3, size, size]."""
    size = images.shape[-1]
    large = [photo.at_least(size) for photo in photos]
    for image, (which, zoom, top, left, mirror) in zip(
        images, draw.rows(len(images), 5).tolist(), strict=True
    ):
        photo = large[which % len(large)]
        times = 1 + zoom % (photo.shorter // size)
        height, width = photo.pixels.shape[1:]
        places = top % (height - times * size + 1), left % (width - times * size + 1)
        part = photo.part(*places, times, size)
        image[:] = part[:, :, ::-1] if mirror % 2 else part


def paste(request: Request, images: Pixels, examples: Examples, draw: Draw) -> Boxes:
    """Objects laid on images [n, 3, size, size]; gives their boxes [n, most, 5]."""
    least, most = cast("tuple[int, int]", request.args["objects"])
    boxes = numpy.full((len(images), most, CORNERS), -1, numpy.float32)
    numbers = draw.rows(len(images), 1 + most * NUMBERS)
    wanted = least + numbers[:, 0] % (most - least + 1)
    drawn = numbers[:, 1:].reshape(len(images), most, NUMBERS)
    opaque = round(cast(float, request.args["opacity"]) * 255)
    for image, box, objects, several in zip(images, boxes, drawn, wanted, strict=True):
        placed = 0
        for item, own in zip(items(request, examples, objects[:several]), objects, strict=False):
            place = room(item, box[:placed], images.shape[-1], own[5:].reshape(TRIES, 2))
            if place is not None:
                box[placed, :4] = lay(image, item, *place, opaque)
                box[placed, 4] = item.label
                placed += 1
    return boxes


def items(request: Request, examples: Examples, drawn: Numbers) -> Iterator[Item]:
    """The items that numbers [objects, NUMBERS] stand for, brought to their sides."""
    small, large = cast("tuple[int, int]", request.args["side"])
    for first, side, *ink in drawn[:, :5].tolist():
        for step in range(BRIGHT):
            found = examples.batch(torch.tensor([(first + step) % len(examples)]))
            pixels = resized(to_bytes(found["image"])[0], small + side % (large - small + 1))
            cover = numpy.minimum(EDGE * pixels.max(0), 255)
            if (cover >= COVERED).any():
                break
        else:
            raise request.refusal(
                "AD741",
                f"{BRIGHT} items of {source(request.args).name} in a row are dark all over",
                "take items that are bright on a dark ground, or larger ones",
            )
        label = 0 if request.args["one_class"] is True else int(found["label"])
        yield Item(tinted(pixels, ink) if request.args["tint"] is True else pixels, cover, label)


def tinted(pixels: Numbers, ink: list[int]) -> Numbers:
    """Pixels [channels, side, side] in shades of one colour, bright in at least one channel."""
    colour = numpy.array(ink) % 256
    colour = colour * 255 // max(1, int(colour.max()))
    shades: Numbers = pixels.max(0) * colour[:, None, None] // 255
    return shades


def room(item: Item, boxes: Boxes, size: int, drawn: Numbers) -> tuple[int, int] | None:
    """The first place (top, left) of those drawn at which an item touches no box."""
    x1, y1, x2, y2 = item.bounds()
    for top, left in (drawn % (size - item.cover.shape[0] + 1)).tolist():
        apart = (
            (boxes[:, 2] <= left + x1)
            | (boxes[:, 0] >= left + x2)
            | (boxes[:, 3] <= top + y1)
            | (boxes[:, 1] >= top + y2)
        )
        if apart.all():
            return top, left
    return None


def lay(image: Pixels, item: Item, top: int, left: int, opaque: int) -> tuple[int, ...]:
    """An item over a part of an image [3, size, size]; gives its box."""
    side = item.cover.shape[0]
    under = image[:, top : top + side, left : left + side]
    cover = item.cover * opaque // 255
    under[:] = (under * (255 - cover) + item.pixels * cover) // 255
    x1, y1, x2, y2 = item.bounds()
    return left + x1, top + y1, left + x2, top + y2
