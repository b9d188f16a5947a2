"""Fields of the sources that come inside Python packages."""

from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, labelled_images


def images(size: int, classes: int) -> Rule:
    def rule(args: Args) -> Fields:
        fractions(args)
        return labelled_images(1, size, size, classes)

    return rule


FIELDS: dict[str, Rule] = {
    "Digits": images(8, 10),
    "MNIST5k": images(28, 10),
    "LFWSubset": images(25, 2),
}
