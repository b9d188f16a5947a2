"""What the rules of layers share: reading shapes, sliding windows, and saying what does not fit.

Sizes here are those of one example, without the batch.
"""

from collections.abc import Callable, Mapping
from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape, Value

Args = Mapping[str, Value]
Rule = Callable[[tuple[Shape, ...], Args], Derived]

NAMES = {1: "channels, length", 2: "channels, height, width"}
KINDS = {1: "a sequence", 2: "an image"}


def show(shape: Shape) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def one(sources: tuple[Shape, ...]) -> Shape:
    """The shape of the only source."""
    if not sources:
        raise Misfit("needs a value to work on, and is given none", "give the node an argument")
    if len(sources) > 1:
        raise Misfit(
            f"takes one value, and is given {len(sources)}: {', '.join(map(show, sources))}",
            "join them first, with `add`, `multiply` or `concat`",
        )
    return sources[0]


def spatial(sources: tuple[Shape, ...], n: int) -> tuple[int, Shape]:
    """Channels and spatial sizes of a source with `n` spatial dimensions."""
    shape = one(sources)
    if len(shape) != n + 1:
        raise Misfit(
            f"needs {KINDS[n]} [{NAMES[n]}], and is given {show(shape)}", _mend_rank(shape, n)
        )
    return shape[0], shape[1:]


def _mend_rank(shape: Shape, n: int) -> str:
    if len(shape) == 1:
        return "put it before `Flatten`, or use a layer for vectors such as `Linear`"
    if len(shape) in (2, 3):
        return f"use the {len(shape) - 1}d layer of the same name, where there is one"
    return f"bring the value to {n + 1} dimensions first, with `Flatten` or `Unflatten`"


def each(value: Value, n: int) -> tuple[int, ...]:
    """An `int or int[n]` argument as n numbers."""
    return cast("tuple[int, ...]", value) if isinstance(value, tuple) else (cast(int, value),) * n


def reached(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """How far a kernel reaches in each dimension, the gaps of its dilation included."""
    return tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))


def integer(args: Args, name: str) -> int:
    return cast(int, args[name])


def dimension(value: Value, shape: Shape, argument: str) -> int:
    """The index into `shape` of a dimension counted as in torch: 0 is the batch, 1 the first."""
    given = cast(int, value)
    index = given - 1 if given > 0 else len(shape) + given
    if given == 0 or (given < 0 and index == -1):
        raise Misfit(
            f"cannot work along dimension {given}, which is the batch",
            "dimensions count as in torch: 1 are the channels, -1 is the last one",
            argument,
        )
    if not 0 <= index < len(shape):
        raise Misfit(
            f"is to work along dimension {given}, and is given {show(shape)}, "
            f"whose dimensions are 1 to {len(shape)}",
            f"choose {argument} from 1 to {len(shape)}" if shape else "give it a value with sizes",
            argument,
        )
    return index


def same_shape(sources: tuple[Shape, ...], args: Args) -> Derived:
    """The rule of a layer that works on each element: any shape, no multiplications."""
    return Derived(one(sources), 0)


def same_spatial(n: int) -> Rule:
    """The rule of a layer that keeps the shape and needs `n` spatial dimensions."""

    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, sizes = spatial(sources, n)
        return Derived((channels, *sizes), 0)

    return rule


def divisible(size: int, by: int, what: str, argument: str) -> None:
    if size % by:
        divisors = [str(d) for d in range(1, min(size, 64) + 1) if size % d == 0]
        raise Misfit(
            f"cannot divide {size} {what} into {argument}={by}",
            f"choose {argument} among the divisors of {size}: {', '.join(divisors)}"
            + (", ..." if size > 64 else ""),
            argument,
        )


def too_small(sizes: Shape, kernel: tuple[int, ...], padding: str) -> Misfit:
    """A window that nowhere fits into what it is to slide over."""
    return Misfit(
        f"has a kernel of {' x '.join(map(str, kernel))}, which does not fit into "
        f"{' x '.join(map(str, sizes))}{padding}",
        "use a smaller kernel, more padding, or less pooling and smaller strides before it",
        "kernel_size",
    )
