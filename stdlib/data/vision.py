"""Fields of torchvision's data sets, and how each is divided."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, labelled_images, pair

Options = Mapping[str, str | bool]


@dataclass(frozen=True, slots=True)
class VisionSet:
    """A class of torchvision.datasets.

    `shape` is None where images differ in size. `parts` are the official ones, in the order
    training, validation, test (only the first, the first and the last, or all three), each with the
    arguments that ask for it. `pickles` is the folder of files that are Python pickles. `by_hand`
    marks sets that torchvision cannot download.
    """

    classes: int
    shape: Shape | None = None
    parts: tuple[Options, ...] = field(default=({},))
    pickles: str = ""
    by_hand: bool = False


CIFAR_SHAPE = (3, 32, 32)
TRAIN_FLAG: tuple[Options, ...] = ({"train": True}, {"train": False})


def named(*parts: str) -> tuple[Options, ...]:
    return tuple({"split": part} for part in parts)


SETS = {
    "CIFAR10": VisionSet(10, CIFAR_SHAPE, TRAIN_FLAG, "cifar-10-batches-py"),
    "CIFAR100": VisionSet(100, CIFAR_SHAPE, TRAIN_FLAG, "cifar-100-python"),
    "Caltech101": VisionSet(101),
    "Caltech256": VisionSet(257),
    "Country211": VisionSet(211, None, named("train", "valid", "test")),
    "DTD": VisionSet(47, None, named("train", "val", "test")),
    "EuroSAT": VisionSet(10, (3, 64, 64)),
    "FGVCAircraft": VisionSet(100, None, named("train", "val", "test")),
    "FashionMNIST": VisionSet(10, (1, 28, 28), TRAIN_FLAG),
    "Flowers102": VisionSet(102, None, named("train", "val", "test")),
    "Food101": VisionSet(101, None, named("train", "test")),
    "GTSRB": VisionSet(43, None, named("train", "test")),
    "ImageNet": VisionSet(1000, None, named("train", "val"), by_hand=True),
    "Imagenette": VisionSet(10, None, named("train", "val")),
    "KMNIST": VisionSet(10, (1, 28, 28), TRAIN_FLAG),
    "MNIST": VisionSet(10, (1, 28, 28), TRAIN_FLAG),
    "OxfordIIITPet": VisionSet(37, None, named("trainval", "test")),
    "RenderedSST2": VisionSet(2, None, named("train", "val", "test")),
    "SEMEION": VisionSet(10, (1, 16, 16)),
    "STL10": VisionSet(10, (3, 96, 96), named("train", "test")),
    "SUN397": VisionSet(397),
    "SVHN": VisionSet(10, (3, 32, 32), named("train", "test")),
    "StanfordCars": VisionSet(196, None, named("train", "test"), by_hand=True),
    "USPS": VisionSet(10, (1, 16, 16), TRAIN_FLAG),
}


def cifar(args: Args, classes: int) -> Fields:
    fractions(args, 2)
    return labelled_images(*CIFAR_SHAPE, classes)


def torchvision(args: Args) -> Fields:
    name = args["name"]
    if name not in SETS:
        raise Misfit(
            f'knows no data set "{name}"',
            did_you_mean(str(name), SETS) or f"known are {', '.join(SETS)}",
            "name",
            "AD721",
        )
    known = SETS[str(name)]
    shares(args, known)
    if args["size"] is not None:
        return labelled_images((known.shape or (3,))[0], *pair(args["size"]), known.classes)
    if known.shape is None:
        raise Misfit(
            f"needs a size: the images of {name} differ in theirs",
            "write one number, or [height, width], as in size=64",
            "size",
            "AD737",
        )
    channels, height, width = known.shape
    return labelled_images(channels, height, width, known.classes)


DEFAULT_SHARES = {1: (0.7, 0.15, 0.15), 2: (0.9, 0.1)}
"""Shares where `split` is left out, by the number of official parts."""


def shares(args: Args, known: VisionSet) -> tuple[float, ...] | None:
    """How to divide what the set does not divide itself. Raises Misfit."""
    official = len(known.parts)
    if args["split"] is None:
        return DEFAULT_SHARES.get(official)
    if official not in DEFAULT_SHARES:
        raise Misfit(
            f"cannot split {args['name']}, which has three official parts",
            "leave `split` out",
            "split",
            "AD720",
        )
    return fractions(args, len(DEFAULT_SHARES[official]))


FIELDS: dict[str, Rule] = {
    "CIFAR10": lambda args: cifar(args, 10),
    "CIFAR100": lambda args: cifar(args, 100),
    "TorchVision": torchvision,
}
