"""What the sources' declarations have in common: fields and splits, known before any loading."""

import importlib
import math
from collections.abc import Callable, Mapping

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, FieldType, Value

Fields = Mapping[str, FieldType]
Rule = Callable[[Mapping[str, Value]], Fields | None]

PARTS = ("train", "validation", "test")


def declared_fields(call: Call) -> Fields | None:
    """The fields of any source, found through the Python half of the module that declares it."""
    rules: Mapping[str, Rule] = importlib.import_module(python_module(call.module)).FIELDS
    return rules[call.name](call.args)


def python_module(module: str) -> str:
    """`std.data.packaged` -> `autodesign.stdlib.data.packaged`"""
    return "autodesign.stdlib." + module.removeprefix("std.")


def labelled_images(
    channels: int, height: int, width: int, classes: int | None = None
) -> dict[str, FieldType]:
    return {
        "image": FieldType("image", (channels, height, width)),
        "label": FieldType("label", (), classes),
    }


def fractions(args: Mapping[str, Value], parts: int = 3) -> tuple[float, ...]:
    """The argument `split`: how much of the data goes to each part. Raises Misfit."""
    split = args["split"]
    names = ", ".join(PARTS[:parts])
    wanted = f"write {parts} fractions that sum to 1: {names}"
    if not isinstance(split, tuple) or len(split) != parts:
        given = len(split) if isinstance(split, tuple) else 1
        raise Misfit(f"needs {parts} fractions ({names}), and is given {given}", wanted, "split")
    shares = tuple(float(share) for share in split if isinstance(share, int | float))
    if len(shares) != parts or not all(0 < share < 1 for share in shares):
        raise Misfit("needs fractions above 0 and below 1: no part may be empty", wanted, "split")
    if not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise Misfit(f"has fractions that sum to {sum(shares):g}, not to 1", wanted, "split")
    return shares


def pair(size: Value) -> tuple[int, int]:
    """`size=32` and `size=[24, 32]` as height and width"""
    if isinstance(size, tuple):
        height, width = (side for side in size if isinstance(side, int))
        return height, width
    if not isinstance(size, int):
        raise Misfit("needs a size: one whole number, or [height, width]", argument="size")
    return size, size
