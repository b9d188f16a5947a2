"""Rules of the language's own layers, which join several values or make one from nothing."""

from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, dimension, show


def elementwise(sources: tuple[Shape, ...], args: Args) -> Derived:
    first = _several(sources)
    for shape in sources[1:]:
        if shape != first:
            raise Misfit(
                f"needs values of one shape, and is given {_listed(sources)}",
                "bring them to one shape first, or join them with `concat`",
            )
    return Derived(first, 0)


def concat(sources: tuple[Shape, ...], args: Args) -> Derived:
    first = _several(sources)
    dim = dimension(args["dim"], first, "dim")
    for shape in sources[1:]:
        if len(shape) != len(first) or _without(shape, dim) != _without(first, dim):
            raise Misfit(
                f"needs values that differ only along dimension {dim + 1}, "
                f"and is given {_listed(sources)}",
                "bring the other dimensions to one size first, or join along another one",
            )
    joined = sum(shape[dim] for shape in sources)
    return Derived((*first[:dim], joined, *first[dim + 1 :]), 0)


def const(sources: tuple[Shape, ...], args: Args) -> Derived:
    if sources:
        raise Misfit(
            f"depends on nothing, and is given {_listed(sources)}",
            "leave out the node's arguments: `node D() = const(0)`",
        )
    return Derived(cast(Shape, args["shape"]), 0)


def _several(sources: tuple[Shape, ...]) -> Shape:
    if len(sources) < 2:
        given = f"only {show(sources[0])}" if sources else "none"
        raise Misfit(
            f"joins two or more values, and is given {given}",
            "name them as the node's arguments, and write this layer first in its chain",
        )
    return sources[0]


def _without(shape: Shape, dim: int) -> Shape:
    return (*shape[:dim], *shape[dim + 1 :])


def _listed(sources: tuple[Shape, ...]) -> str:
    return " and ".join(map(show, sources))


RULES: dict[str, Rule] = {
    "add": elementwise,
    "multiply": elementwise,
    "concat": concat,
    "const": const,
}
