"""Fields of the sources that come inside Python packages."""

from collections.abc import Mapping

from autodesign.dsl.spec import Value
from autodesign.stdlib.data.declared import Fields, Rule, fractions, labelled_images


def images(size: int, classes: int) -> Rule:
    def rule(args: Mapping[str, Value]) -> Fields:
        fractions(args)
        return labelled_images(1, size, size, classes)

    return rule


FIELDS: dict[str, Rule] = {
    "Digits": images(8, 10),
    "MNIST5k": images(28, 10),
    "LFWSubset": images(25, 2),
}
