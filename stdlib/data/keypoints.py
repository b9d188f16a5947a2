"""Fields of KeyPoints: scenes with a known point for each class of another source."""

from math import ceil, sqrt
from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import FieldType
from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, source
from autodesign.stdlib.data.transforms import field, image, over

GROUNDS = (1, 3)
MOST_POINTS = 64


def scenes(fields: Fields, args: Args) -> Fields:
    fractions(args)
    points = items(fields, args)
    size, cells = cast(int, args["size"]), cast(int, args["cells"])
    fit(args, points)
    found = {
        "image": FieldType("image", (3, size, size)),
        "point": FieldType("point", (points,)),
        "head": FieldType("real"),
    }
    if args["bump"] is not None:
        found["bump"] = FieldType("real", (points, cells, cells))
    return found


def items(fields: Fields, args: Args) -> int:
    """How many classes of items there are. Raises Misfit where the source has no items."""
    channels, height, width = image(fields, args)
    name = source(args).name
    if height != width or channels not in GROUNDS:
        raise Misfit(
            f"needs square items, grey or in colour, and those of {name} are "
            f"[{channels}, {height}, {width}]",
            f"write Resize({name}(...), {min(height, width)})",
            "source",
            "AD735",
        )
    classes = field(fields, "label", args).classes
    if classes is None or classes > MOST_POINTS:
        told = "no known number of" if classes is None else str(classes)
        raise Misfit(
            f"has a point for each class, at most {MOST_POINTS}, and {name} has {told} classes",
            f"choose some: Classes({name}(...), keep=[0, 1, 2])",
            "source",
            "AD735",
        )
    return classes


def fit(args: Args, points: int) -> None:
    """Raises Misfit where the items of a scene have no room side by side, or a cell no pixel."""
    size, cells = cast(int, args["size"]), cast(int, args["cells"])
    least, greatest = cast("tuple[int, int]", args["side"])
    across = squares(points)
    if cells > size:
        raise Misfit(
            f"has more cells than pixels: {cells} on {size}", "ask for fewer", "cells", "AD741"
        )
    if least > greatest:
        raise Misfit(
            f"takes the least side first, and is given [{least}, {greatest}]",
            f"write side=[{greatest}, {least}]",
            "side",
            "AD741",
        )
    if across * greatest > size:
        raise Misfit(
            f"lays {points} items of {greatest} pixels side by side in {across} by {across}, and "
            f"a scene is {size} pixels wide",
            f"choose sides up to {size // across}, or a size of {across * greatest}",
            "side",
            "AD741",
        )


def squares(points: int) -> int:
    """A scene is cut into so many squares each way, for one item each."""
    return ceil(sqrt(points))


FIELDS: dict[str, Rule] = {"KeyPoints": over(scenes)}
