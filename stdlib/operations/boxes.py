"""Rules of operations on images with boxes."""

from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import FieldType
from autodesign.stdlib.layers.geometry import each, integer
from autodesign.stdlib.operations.types import NUMBER, Args, Result, Rule, Types


def cropped(types: Types, args: Args) -> Result:
    return FieldType("image", (types["x"].shape[0], *each(args["size"], 2))), {}


def masked(types: Types, args: Args) -> Result:
    if "like" not in types:
        raise Misfit(
            "cannot tell how large the image is that these boxes lie in",
            "name an image of that size: `mask(at, like=x)`",
            "like",
            "AD586",
        )
    planes, known = cast("int | None", args["classes"]), types["boxes"].classes
    if planes is not None and known is not None and planes != known:
        raise Misfit(
            f"has {planes} classes, and its boxes have {known}",
            f"write classes={known}",
            "classes",
            "AD580",
        )
    return FieldType("image", (1 if planes is None else planes, *types["like"].shape[1:])), {}


def learned(types: Types, args: Args) -> Result:
    found, told = types["d"].classes, types["boxes"].classes
    if found is not None and told is not None and found != told:
        raise Misfit(
            f"trains a detector of {_classes(found)} on boxes of {told}",
            f"write classes={told} where the detector is made",
            "d",
            "AD580",
        )
    return NUMBER, {"d": (types["x"].shape,)}


def _classes(count: int) -> str:
    return "1 class" if count == 1 else f"{count} classes"


def found(types: Types, args: Args) -> Result:
    given = FieldType("detections", (integer(args, "most"), 6), types["d"].classes)
    return given, {"d": (types["x"].shape,)}


OPERATIONS: dict[str, Rule] = {
    "crop": cropped,
    "mask": masked,
    "detection": learned,
    "detections": found,
}
