"""What the declarations of sources have in common: fields and splits, known before any loading."""

import math
from collections.abc import Callable, Mapping

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, FieldType, Value
from autodesign.stdlib.library import standard

Fields = Mapping[str, FieldType]
Args = Mapping[str, Value]
Rule = Callable[[Args], Fields | None]

PARTS = ("train", "validation", "test")


def declared_fields(call: Call) -> Fields | None:
    """The fields of any source, through the module that declares it. Raises Misfit."""
    return standard().fields(call.module, call.name, call.args)


def source(args: Args) -> Call:
    """The source that another one is made of."""
    inner = args["source"]
    assert isinstance(inner, Call)
    return inner


def labelled_images(
    channels: int, height: int, width: int, classes: int | None = None
) -> dict[str, FieldType]:
    return {
        "image": FieldType("image", (channels, height, width)),
        "label": FieldType("label", (), classes),
    }


def fractions(args: Args, parts: int = 3) -> tuple[float, ...]:
    """The argument `split`: how much of the data goes to each part. Raises Misfit."""
    split = args["split"]
    names = ", ".join(PARTS[:parts])
    wanted = f"write {parts} fractions that sum to 1: {names}"
    if not isinstance(split, tuple) or len(split) != parts:
        given = len(split) if isinstance(split, tuple) else 1
        raise misfit(f"needs {parts} fractions ({names}), and is given {given}", wanted)
    shares = tuple(float(share) for share in split if isinstance(share, int | float))
    if len(shares) != parts or not all(0 < share < 1 for share in shares):
        raise misfit("needs fractions above 0 and below 1: no part may be empty", wanted)
    if not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise misfit(f"has fractions that sum to {sum(shares):g}, not to 1", wanted)
    return shares


def misfit(message: str, help: str) -> Misfit:
    return Misfit(message, help, "split", "AD720")


def pair(size: Value) -> tuple[int, int]:
    """`size=32` and `size=[24, 32]` as height and width"""
    if isinstance(size, tuple):
        height, width = (side for side in size if isinstance(side, int))
        return height, width
    assert isinstance(size, int)
    return size, size
