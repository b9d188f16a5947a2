"""Fields of MNIST and of the sets that keep its layout."""

from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, labelled_images

SIDE = 28
CLASSES = 10


def digits(args: Args) -> Fields:
    fractions(args, 2)
    return labelled_images(1, SIDE, SIDE, CLASSES)


FIELDS: dict[str, Rule] = dict.fromkeys(("FashionMNIST", "MNIST", "KMNIST"), digits)
