"""Makes KeyPoints: items laid on photographs.

All arithmetic on pixels is in whole numbers, so that scenes are the same on every machine.
"""

import hashlib
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod
from typing import cast

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from autodesign.stdlib.data import keypoints
from autodesign.stdlib.data.declared import source
from autodesign.stdlib.data.reading.cache import Tensors, cached
from autodesign.stdlib.data.reading.draw import Draw, Numbers
from autodesign.stdlib.data.reading.examples import Batch, Examples, Mapped, Splits, Table, chunks
from autodesign.stdlib.data.reading.load import load, settled
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.photographs import Photograph, photographs
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import part_ends

RECIPE = 1  # raise it whenever the scenes change, so that none are taken from an older cache
EDGE = 3  # an item is opaque from a third of full brightness on, and fades out below
SCENE = ("size", "cells", "side", "count", "split", "seed")

Pixels = NDArray[numpy.uint8]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one part: `image` [n, channels, side, side]; `of[c]` those of class c."""

    image: Pixels
    of: tuple[Numbers, ...]

    def digest(self) -> str:
        classes = b"".join(of.tobytes() for of in self.of)
        return hashlib.sha256(self.image.tobytes() + classes).hexdigest()


def KeyPoints(request: Request) -> Splits:
    splits = load(source(request.args), cache=request.cache)
    fields = settled(request, lambda: keypoints.scenes(splits.fields, request.args))
    size, count = request.whole("size"), request.whole("count")
    mend = "choose a smaller `size` or `count`"
    afford(request, 3 * count * size * size, f"{count} images of {size}x{size}", mend)
    ends = part_ends(request, count)
    classes = fields["point"].shape[0]
    sources = (splits.train, splits.validation, splits.test)
    pixels = prod(splits.fields["image"].shape) * sum(map(len, sources))
    afford(request, pixels, "the items", "take fewer items, with Classes, or smaller ones")
    items = [cut_out(request, part, classes) for part in sources]
    grounds = photographs(request, request.whole("seed"))
    columns = cached(
        request.cache, key(request, items, grounds), lambda: make(request, items, grounds, ends)
    )
    parts = [Table({n: c[a:b] for n, c in columns.items()}) for a, b in pairwise((0, *ends))]
    train, validation, test = (belled(request, part) for part in parts)
    return Splits(train, validation, test, fields)


def key(request: Request, items: list[Items], grounds: list[list[Photograph]]) -> str:
    """All that the scenes depend on: arguments, items and photographs."""
    written = ", ".join(f"{name}={request.args[name]}" for name in SCENE)
    seen = [part.digest() for part in items]
    seen += [photo.digest() for part in grounds for photo in part]
    return f"KeyPoints({written}), recipe {RECIPE}, of {' '.join(seen)}"


def cut_out(request: Request, examples: Examples, classes: int) -> Items:
    """The items of a part, as bytes. Raises SpecError where a class has none."""
    labels = examples.labels()
    assert labels is not None
    of = tuple((labels == c).nonzero().flatten().numpy() for c in range(classes))
    for label, found in enumerate(of):
        if not len(found):
            raise request.refusal(
                "AD731",
                f"a part of {source(request.args).name} has no example of class {label}",
                "give that part a larger fraction in its `split`",
            )
    parts = [to_bytes(examples.batch(indices)["image"]) for indices in chunks(len(examples))]
    return Items(numpy.concatenate(parts), of)


def to_bytes(images: Tensor) -> Pixels:
    pixels: Pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return pixels


def make(
    request: Request, items: list[Items], grounds: list[list[Photograph]], ends: list[int]
) -> Tensors:
    """The scenes of all parts, one after the other."""
    size, count = request.whole("size"), request.whole("count")
    image = numpy.zeros((count, 3, size, size), numpy.uint8)
    middles, sides = [], []
    for i, (start, end) in enumerate(pairwise((0, *ends))):
        draw = Draw(request.whole("seed"), i)
        lay_grounds(image[start:end], grounds[i], draw)
        middle, side = lay_items(request, image[start:end], items[i], draw)
        middles.append(middle)
        sides.append(side)
    cell = size / request.whole("cells")
    point = numpy.concatenate(middles) / 2 / cell - 0.5
    head = numpy.concatenate(sides) / 2 / cell
    return {
        "image": torch.from_numpy(image),
        "point": torch.from_numpy(point).float(),
        "head": torch.from_numpy(head).float(),
    }


def lay_grounds(scenes: Pixels, photos: list[Photograph], draw: Draw) -> None:
    """A part of some photograph under each scene [n, 3, size, size]."""
    count, size = len(scenes), scenes.shape[-1]
    which = draw.below(len(photos), count)
    large = [photo.at_least(size) for photo in photos]
    zooms = 1 + draw.below(numpy.array([photo.shorter // size for photo in large])[which], count)
    room = numpy.array([photo.pixels.shape[1:] for photo in large])[which] - zooms[:, None] * size
    tops, lefts = (draw.below(room[:, axis] + 1, count) for axis in (0, 1))
    for scene, photo, zoom, top, left in zip(scenes, which, zooms, tops, lefts, strict=True):
        scene[:] = large[photo].part(int(top), int(left), int(zoom), size)


def lay_items(
    request: Request, scenes: Pixels, items: Items, draw: Draw
) -> tuple[Numbers, Numbers]:
    """An item of each class on each scene, in a square of its own.

    Gives twice their middles, in pixels from the corner of the image, [n, classes, 2], and the side
    of a scene's items [n].
    """
    count, classes, size = len(scenes), len(items.of), request.whole("size")
    across = keypoints.squares(classes)
    square = size // across
    least, greatest = cast("tuple[int, int]", request.args["side"])
    side = least + draw.below(greatest - least + 1, count)
    places = draw.orders(across * across, count)
    middles = numpy.empty((count, classes, 2), numpy.int64)
    for label, of in enumerate(items.of):
        chosen = of[draw.below(len(of), count)]
        corner = numpy.stack([places[:, label] // across, places[:, label] % across], 1) * square
        corner += numpy.stack([draw.below(square - side + 1, count) for _ in range(2)], 1)
        for scene, item, (top, left), s in zip(scenes, chosen, corner, side, strict=True):
            lay(scene[:, top : top + s, left : left + s], resized(items.image[item], int(s)))
        middles[:, label] = 2 * corner + side[:, None]
    return middles, side


def lay(under: Pixels, item: Numbers) -> None:
    """An item [channels, s, s] over a part of a scene [3, s, s]: its ground lets through."""
    opaque = numpy.minimum(EDGE * item.max(0), 255)
    under[:] = (under * (255 - opaque) + item * opaque) // 255


def resized(image: Pixels, side: int) -> Numbers:
    """An image [channels, n, n] at another side, bilinear, in whole numbers."""
    weights = blend(image.shape[-1], side)
    return weights @ image.astype(numpy.int64) @ weights.T // (2 * side) ** 2


def blend(given: int, wanted: int) -> Numbers:
    """What each of `wanted` places takes of `given` ones, in parts of 2 * wanted."""
    # The middle of place i lies at (2 i + 1) * given / (2 * wanted) - 1/2 of the given places.
    at = numpy.clip((2 * numpy.arange(wanted) + 1) * given - wanted, 0, 2 * wanted * (given - 1))
    low, part = at // (2 * wanted), at % (2 * wanted)
    weights = numpy.zeros((wanted, given), numpy.int64)
    weights[numpy.arange(wanted), low] = 2 * wanted - part
    weights[numpy.arange(wanted), numpy.minimum(low + 1, given - 1)] += part
    return weights


def belled(request: Request, examples: Table) -> Examples:
    """With the field `bump`, worked out batch by batch, where it is asked for."""
    width = request.args["bump"]
    if not isinstance(width, int | float):
        return examples
    return Mapped(examples, partial(with_bump, float(width), request.whole("cells")))


def with_bump(width: float, cells: int, batch: Batch) -> Batch:
    steps = torch.arange(cells)
    rows, columns = ((steps - batch["point"][..., None, axis]) ** 2 for axis in (0, 1))
    distance = rows[..., :, None] + columns[..., None, :]
    return {**batch, "bump": torch.exp(-distance / (2 * width**2))}
