"""The rule of a learned tensor."""

from math import prod
from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, show


def parameter(sources: tuple[Shape, ...], args: Args) -> Derived:
    if sources:
        raise Misfit(
            f"depends on nothing, and is given {' and '.join(map(show, sources))}",
            "apply it without values, as in `rate()`",
        )
    shape = cast(Shape, args["shape"])
    return Derived(shape, 0, parameters=prod(shape))


RULES: dict[str, Rule] = {"Parameter": parameter}
