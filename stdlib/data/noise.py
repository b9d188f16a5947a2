"""Fields of sources whose labels are made worse on purpose."""

from autodesign.dsl.library import Misfit
from autodesign.stdlib.data.declared import Args, Fields, Rule, source
from autodesign.stdlib.data.transforms import field, over


def noisy(fields: Fields, args: Args) -> Fields:
    classes = field(fields, "label", args).classes
    if classes is not None and classes < 2:
        raise Misfit(
            f"gives examples another class, and {source(args).name} has one only",
            "choose a source with two classes or more",
            "source",
            "AD735",
        )
    return fields


FIELDS: dict[str, Rule] = {"NoisyLabels": over(noisy)}
