"""Makes ClutteredMNIST: digits among fragments of other digits (thesis 2.5.5)."""

from itertools import pairwise

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.mnist import SIDE
from autodesign.stdlib.data.packaged_torch import mnist5k_table, mnist5k_version
from autodesign.stdlib.data.reading.cache import Tensors, cached
from autodesign.stdlib.data.reading.draw import Draw, Numbers
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import cut, part_ends, stratified

INK = 4  # MNIST's digits fill the middle of their image; this many pixels around it are empty
RECIPE = 1  # raise it whenever the images change, so that none are taken from an older cache

AXES = "yx"

Pixels = NDArray[numpy.uint8]


def ClutteredMNIST(request: Request) -> Splits:
    size, count = request.whole("size"), request.whole("count")
    mend = "choose a smaller `size` or `count`"
    afford(request, count * size * size, f"{count} images of {size}x{size}", mend)
    written = ", ".join(f"{name}={value}" for name, value in sorted(request.args.items()))
    key = f"ClutteredMNIST({written}), recipe {RECIPE}, from {mnist5k_version(request)}"
    columns = cached(request.cache, key, lambda: make(request, count))
    ends = part_ends(request, count)
    parts = [Table({n: c[a:b] for n, c in columns.items()}) for a, b in pairwise((0, *ends))]
    return Splits(parts[0], parts[1], parts[2], request.fields())


def make(request: Request, count: int) -> Tensors:
    """The images of all parts, one after the other, each from digits of its own."""
    digits = cut(request, Table(mnist5k_table(request)), fractions(request.args))
    size = request.whole("size")
    image = numpy.zeros((count, size, size), numpy.uint8)
    labels = []
    for i, (part, (start, end)) in enumerate(
        zip(digits, pairwise((0, *part_ends(request, count))), strict=True)
    ):
        assert isinstance(part, Table)
        draw = Draw(request.whole("seed"), i)
        labels.append(fill(request, part, image[start:end], draw))
    return {"image": torch.from_numpy(image).unsqueeze(1), "label": torch.cat(labels)}


def fill(request: Request, digits: Table, field: Pixels, draw: Draw) -> Tensor:
    """Draw on dark fields [n, size, size], each digit about equally often; gives their labels."""
    size, fragment = request.whole("size"), request.whole("fragment")
    source, count = digits.columns["image"][:, 0].numpy(), len(field)
    margin = min(INK, (SIDE - fragment) // 2)
    for _ in range(request.whole("clutter")):
        which = draw.below(len(source), count)
        corner = [margin + draw.below(SIDE - fragment - 2 * margin + 1, count) for _ in AXES]
        place = [draw.below(size - fragment + 1, count) for _ in AXES]
        paste(field, source, which, corner, place, fragment)
    order = stratified(digits.labels(), len(digits), request.whole("seed"))
    chosen = order[torch.arange(count) % len(order)]
    corner = [numpy.zeros(count, numpy.int64) for _ in AXES]
    place = [draw.below(size - SIDE + 1, count) for _ in AXES]
    paste(field, source, chosen.numpy(), corner, place, SIDE)
    return digits.columns["label"][chosen]


def paste(
    field: Pixels,
    source: Pixels,
    which: Numbers,
    corner: list[Numbers],
    place: list[Numbers],
    size: int,
) -> None:
    """Lay a square of one source image on each field; where both have ink the brighter stays."""
    steps = numpy.arange(size)

    def window(at: Numbers, rows: list[Numbers]) -> tuple[Numbers, Numbers, Numbers]:
        down, across = (start[:, None] + steps for start in rows)
        return at[:, None, None], down[:, :, None], across[:, None, :]

    target = window(numpy.arange(len(field)), place)
    field[target] = numpy.maximum(field[target], source[window(which, corner)])
