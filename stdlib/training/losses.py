"""What losses ask of the shapes of one example, and of their arguments."""

from collections.abc import Callable, Mapping
from math import prod

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Shape, Value

Shapes = tuple[Shape | None, ...]
"""Of the tensors a loss is given, in order; None where only loading the data tells."""


def _element_by_element(shapes: Shapes, args: Mapping[str, Value]) -> None:
    input, target = shapes
    if input is None or target is None or prod(input) == prod(target):
        return
    raise Misfit(
        f"compares number by number, {prod(input)} for each example with {prod(target)}",
        "change the width of the network's last layer, or compare with another field",
        "target",
        "AD441",
    )


def _weight_of_each_class(shapes: Shapes, args: Mapping[str, Value]) -> None:
    scores, weight = shapes[0], args["weight"]
    if not isinstance(weight, tuple) or not scores or len(weight) == scores[0]:
        return
    raise Misfit(
        f"has {scores[0]} classes here, and {len(weight)} weights",
        "give one number for each class, in the order of the labels",
        "weight",
        "AD442",
    )


Rule = Callable[[Shapes, Mapping[str, Value]], None]
LOSSES: dict[str, Rule] = {
    "MSELoss": _element_by_element,
    "L1Loss": _element_by_element,
    "SmoothL1Loss": _element_by_element,
    "HuberLoss": _element_by_element,
    "PoissonNLLLoss": _element_by_element,
    "CrossEntropyLoss": _weight_of_each_class,
    "NLLLoss": _weight_of_each_class,
    "MultiMarginLoss": _weight_of_each_class,
}
