"""Rules of layers that only give a value another shape."""

from math import prod
from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, dimension, one, same_shape, show


def flatten(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    if not shape:
        raise Misfit("has nothing to flatten in a single number", "leave it out")
    start = dimension(args["start_dim"], shape, "start_dim")
    end = dimension(args["end_dim"], shape, "end_dim")
    if start > end:
        raise Misfit(
            f"has start_dim={args['start_dim']} after end_dim={args['end_dim']} in {show(shape)}",
            "write plain `Flatten` to join all dimensions",
            "start_dim",
        )
    joined = prod(shape[start : end + 1])
    return Derived((*shape[:start], joined, *shape[end + 1 :]), 0)


def unflatten(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    dim = dimension(args["dim"], shape, "dim")
    wanted = cast(Shape, args["unflattened_size"])
    sizes = _complete(wanted, shape[dim])
    if prod(sizes) != shape[dim] or min(sizes, default=0) < 1:
        raise Misfit(
            f"cannot split a size of {shape[dim]} into {show(wanted)}",
            f"the sizes must multiply to {shape[dim]}; one of them may be -1",
            "unflattened_size",
        )
    return Derived((*shape[:dim], *sizes, *shape[dim + 1 :]), 0)


def _complete(wanted: Shape, size: int) -> Shape:
    """Fills in the one size that is -1, where it divides."""
    rest = prod(n for n in wanted if n != -1)
    if wanted.count(-1) != 1 or rest < 1 or size % rest:
        return wanted
    return tuple(size // rest if n == -1 else n for n in wanted)


RULES: dict[str, Rule] = {"Flatten": flatten, "Unflatten": unflatten, "Identity": same_shape}
