"""Reads the sources that change another source."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from autodesign.dsl.spec import Shape
from autodesign.stdlib.data import transforms
from autodesign.stdlib.data.augment import BOXES
from autodesign.stdlib.data.declared import Args, Fields, pair, source
from autodesign.stdlib.data.reading.change import change_images, relabel, scale_boxes
from autodesign.stdlib.data.reading.examples import Examples, Splits, chunks
from autodesign.stdlib.data.reading.load import load, settled
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import stratified

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601

Change = Callable[[Fields, Args], Fields]


def inner(request: Request, change: Change) -> tuple[Splits, Fields]:
    """The source to change, loaded, and the fields after the change, checked again."""
    splits = load(source(request.args), cache=request.cache)
    return splits, settled(request, lambda: change(splits.fields, request.args))


def each(splits: Splits, fields: Fields, change: Callable[[Examples], Examples]) -> Splits:
    return Splits(change(splits.train), change(splits.validation), change(splits.test), fields)


def Binary(request: Request) -> Splits:
    splits, fields = inner(request, transforms.binary)
    positive = request.whole("positive")

    def one_against_rest(examples: Examples) -> Examples:
        binary = relabel(examples, lambda labels: (labels == positive).long())
        return balanced(request, binary)

    return each(splits, fields, one_against_rest)


def balanced(request: Request, examples: Examples) -> Examples:
    """Leave out what exceeds `ratio` negatives for each positive, or the other way round."""
    labels = examples.labels()
    assert labels is not None
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise request.refusal(
            "AD731",
            f"a part of {source(request.args).name} has {positives} examples of class "
            f"{request.whole('positive')} and {negatives} of others",
            "give that part a larger fraction in `split`, or choose another class",
        )
    ratio = request.args["ratio"]
    if not isinstance(ratio, int | float):
        return examples
    wanted = [min(negatives, round(positives * ratio)), min(positives, round(negatives / ratio))]
    order = stratified(None, len(labels), request.whole("seed"))
    kept = [order[labels[order] == side][: max(1, wanted[side])] for side in (0, 1)]
    return examples.take(torch.cat(kept).sort().values)


def Classes(request: Request) -> Splits:
    splits, fields = inner(request, transforms.classes)
    keep = torch.tensor(request.args["keep"])

    def kept(examples: Examples) -> Examples:
        labels = examples.labels()
        assert labels is not None
        chosen = examples.take(torch.isin(labels, keep).nonzero().squeeze(1))
        return relabel(chosen, lambda labels: (labels[:, None] == keep).int().argmax(1))

    return each(splits, fields, kept)


def Resize(request: Request) -> Splits:
    splits, fields = inner(request, transforms.resize)
    resize = partial(
        F.interpolate, size=pair(request.args["size"]), mode="bilinear", antialias=True
    )
    names = [name for name, field in fields.items() if field.kind == BOXES]
    (_, height, width), (_, *before) = fields["image"].shape, splits.fields["image"].shape

    def resized(examples: Examples) -> Examples:
        images = change_images(request, examples, resize, fields["image"].shape)
        return scale_boxes(images, names, width / before[1], height / before[0])

    return each(splits, fields, resized)


def Grayscale(request: Request) -> Splits:
    splits, fields = inner(request, transforms.grayscale)
    if splits.fields["image"] == fields["image"]:
        return splits
    weights = torch.tensor(LUMA).view(1, 3, 1, 1)

    def gray(images: Tensor) -> Tensor:
        return (images * weights).sum(1, keepdim=True)

    return each(splits, fields, changed(request, gray, fields["image"].shape))


def Normalize(request: Request) -> Splits:
    splits, fields = inner(request, transforms.normalize)
    mean, std = given(request, "mean"), given(request, "std")
    if mean is None or std is None:
        found_mean, found_std = moments(splits.train)
        mean, std = found_mean if mean is None else mean, found_std if std is None else std
    scale, shift = (1 / std).float().view(-1, 1, 1), (-mean / std).float().view(-1, 1, 1)

    def normalize(images: Tensor) -> Tensor:
        return torch.addcmul(shift, images, scale)

    return each(splits, fields, changed(request, normalize, fields["image"].shape))


def given(request: Request, name: str) -> Tensor | None:
    value = request.args[name]
    return None if value is None else torch.tensor(value, dtype=torch.float64)


def moments(examples: Examples) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel (1 where it is 0), in double precision."""
    total = square = torch.zeros(1, dtype=torch.float64)
    pixels = 0
    for indices in chunks(len(examples)):
        images = examples.batch(indices)["image"].double()
        total = total + images.sum((0, 2, 3))
        square = square + images.square().sum((0, 2, 3))
        pixels += images.numel() // images.shape[1]
    mean = total / pixels
    std = (square / pixels - mean.square()).clamp_min(0).sqrt()
    return mean, torch.where(std > SAME, std, 1.0)


SAME = 1e-6  # a standard deviation below this is rounding


def changed(
    request: Request, change: Callable[[Tensor], Tensor], shape: Shape
) -> Callable[[Examples], Examples]:
    return lambda examples: change_images(request, examples, change, shape)


def Subset(request: Request) -> Splits:
    splits, (chosen, _) = parted(request)
    return replace(splits, train=splits.train.take(chosen))


def Rest(request: Request) -> Splits:
    splits, (_, left) = parted(request)
    if not len(left):
        raise request.refusal(
            "AD736",
            f"Rest leaves out all {len(splits.train)} examples of the training part",
            f"leave out at most {len(splits.train) - 1}",
        )
    return replace(splits, train=splits.train.take(left))


def parted(request: Request) -> tuple[Splits, tuple[Tensor, Tensor]]:
    """A source, and the places in its training part of `count` examples and of the others."""
    splits = load(source(request.args), cache=request.cache)
    count = request.whole("count")
    if count > len(splits.train):
        raise request.refusal(
            "AD736",
            f"{request.call.name} takes {count} examples, "
            f"and the training part has {len(splits.train)}",
            f"ask for at most {len(splits.train)}",
        )
    order = stratified(splits.train.labels(), len(splits.train), request.whole("seed"))
    return splits, (order[:count].sort().values, order[count:].sort().values)
