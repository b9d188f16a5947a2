"""Which examples go to which part. The same everywhere: the order depends on the seed alone."""

from itertools import pairwise

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from autodesign.stdlib.data.declared import Fields, fractions
from autodesign.stdlib.data.reading.examples import Examples, Splits
from autodesign.stdlib.data.reading.request import Request


def shuffled(count: int, seed: int) -> NDArray[numpy.int64]:
    """A random order of 0..count-1.

    Sorted by the generator's raw bits, whose stream numpy promises never to change.
    """
    return numpy.argsort(numpy.random.PCG64(seed).random_raw(count), kind="stable")


def stratified(labels: Tensor | None, count: int, seed: int) -> Tensor:
    """A random order in which every stretch has each class in nearly the same proportion."""
    order = shuffled(count, seed)
    if labels is None:
        return torch.from_numpy(order)
    classes = labels.numpy()[order]
    by_class = numpy.argsort(classes, kind="stable")
    _, first, sizes = numpy.unique(classes[by_class], return_index=True, return_counts=True)
    rank = numpy.arange(count) - numpy.repeat(first, sizes)
    place = numpy.empty(count)
    place[by_class] = (rank + 0.5) / numpy.repeat(sizes, sizes)
    return torch.from_numpy(order[numpy.argsort(place, kind="stable")])


def cut(request: Request, examples: Examples, shares: tuple[float, ...]) -> list[Examples]:
    """Cut examples into parts of the given shares, each class in the same proportion."""
    count = len(examples)
    order = stratified(examples.labels(), count, request.whole("seed"))
    ends = [round(count * sum(shares[: i + 1])) for i in range(len(shares) - 1)]
    pieces = torch.tensor_split(order, ends)
    for share, piece in zip(shares, pieces, strict=True):
        if not len(piece):
            raise request.refusal(
                "AD731",
                f"a fraction of {share:g} of the {count} examples of {request.call.name} "
                "leaves a part without any",
                "give that part a larger fraction, or bring more data",
            )
    return [examples.take(piece.sort().values) for piece in pieces]


def part_ends(request: Request, count: int) -> list[int]:
    """Where the parts of `count` images end that are made one part after the other."""
    shares = fractions(request.args)
    ends = [round(count * sum(shares[: i + 1])) for i in range(len(shares))]
    if 0 in (after - before for before, after in pairwise((0, *ends))):
        raise request.refusal(
            "AD731", f"{count} images leave a part without any", "ask for a larger `count`"
        )
    return ends


def three_parts(
    request: Request, examples: Examples, shares: tuple[float, ...], fields: Fields | None = None
) -> Splits:
    """Splits of a data set that comes in one piece; `fields` where the declaration lacks them."""
    train, validation, test = cut(request, examples, shares)
    return Splits(train, validation, test, fields or request.fields())


def with_test_part(
    request: Request,
    rest: Examples,
    test: Examples,
    shares: tuple[float, ...],
    fields: Fields | None = None,
) -> Splits:
    """Splits of a data set that has a test part of its own."""
    train, validation = cut(request, rest, shares)
    return Splits(train, validation, test, fields or request.fields())
