"""Fields of ClutteredMNIST."""

from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, labelled_images
from autodesign.stdlib.data.mnist import CLASSES


def cluttered(args: Args) -> Fields:
    fractions(args)
    size = args["size"]
    assert isinstance(size, int)
    return labelled_images(1, size, size, CLASSES)


FIELDS: dict[str, Rule] = {"ClutteredMNIST": cluttered}
