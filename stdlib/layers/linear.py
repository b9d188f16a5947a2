"""The rule of fully connected layers."""

from math import prod

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, integer, one


def linear(sources: tuple[Shape, ...], args: Args) -> Derived:
    """in_features * out_features multiplications for each leading position."""
    source = one(sources)
    if not source:
        raise Misfit("needs a vector, and is given a single number", "give it a value with sizes")
    *leading, features = source
    width = integer(args, "out_features")
    shape = (*leading, width)
    learned = (features + bool(args["bias"])) * width
    return Derived(shape, prod(shape) * features, {"in_features": features}, learned)


RULES: dict[str, Rule] = {"Linear": linear}
