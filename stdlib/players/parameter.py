"""The rule of a learned tensor."""

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
    return Derived(cast(Shape, args["shape"]), 0)


RULES: dict[str, Rule] = {"Parameter": parameter}
