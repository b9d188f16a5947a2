"""Images with boxes as an annotation file tells them: checked, then brought to one size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite, nan
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from PIL import Image

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.stdlib.data.boxes import CORNERS, boxed_images
from autodesign.stdlib.data.declared import fractions, pair
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.pictures import (
    Picture,
    Pictures,
    in_memory_if_small,
    measured,
)
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import three_parts

ROUNDING = 1.0
"""Pixels by which a box may reach over the edge: annotation tools round. It is cut off there."""
LEAST = 0.01
"""Pixels that a box is wide and high, so that it has an area in float32 at any size."""


@dataclass(frozen=True, slots=True)
class Box:
    """`corners` are x1, y1, x2, y2 in pixels; `where` is its place in an annotation file."""

    corners: tuple[float, float, float, float]
    label: str
    where: str


@dataclass(frozen=True, slots=True)
class Annotated:
    """An image and its boxes; `size` is width and height where the annotation tells them."""

    file: Path
    where: str
    boxes: tuple[Box, ...]
    size: tuple[int, int] | None = None


def broken(request: Request, file: Path, problem: str) -> SpecError:
    return request.refusal(
        "AD793", f"I cannot take boxes from {file}: {problem}", "write the file again"
    )


def finite(value: Any) -> float:
    """A number of a file; no number where it is none, or beyond what floating point holds."""
    try:
        number = nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return nan
    return number if isfinite(number) else nan


def inside(request: Request, folder: Path, name: str, where: str) -> Path:
    """The image of a name in a folder; nothing outside of it is ever read."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        raise request.refusal(
            "AD788",
            f"{where} names the image {name}, which is not in the folder {folder}",
            "annotations may only name images inside the folder of the images",
        )
    return folder / path


def splits(request: Request, images: Sequence[Annotated], names: Sequence[str]) -> Splits:
    """The examples. `names` are all classes that the annotations have, in their order."""
    classes = chosen(request, names)
    wanted = set(classes)
    images = [replace(i, boxes=tuple(b for b in i.boxes if b.label in wanted)) for i in images]
    images = without_empty(request, images)
    if not any(image.boxes for image in images):
        raise request.refusal(
            "AD796",
            f"{request.path('annotations')} has no box"
            + (f" of {', '.join(classes)}" if classes else ""),
            "bring annotations with boxes, or name other classes",
        )
    pictures = [Picture(str(i.file), partial(Image.open, i.file)) for i in images]
    present(request, images)
    sizes = measured(request, pictures)
    height, width = pair(request.args["size"])
    most, channels = request.whole("most"), request.whole("channels")
    box = torch.full((len(images), most, CORNERS), -1.0)
    for row, image, size in zip(box, images, sizes, strict=True):
        rows = checked(request, image, size, classes)
        if rows:
            scale = torch.tensor([width / size[0], height / size[1]]).repeat(2)
            row[: len(rows), :4] = torch.tensor([corners for corners, _ in rows]) * scale
            row[: len(rows), 4] = torch.tensor([float(label) for _, label in rows])
    read = Pictures(request, pictures, {"box": box}, (height, width), channels)
    fields = boxed_images(channels, height, width, most, len(classes))
    return three_parts(request, in_memory_if_small(read), fractions(request.args), fields)


def chosen(request: Request, names: Sequence[str]) -> list[str]:
    """The classes in the order of their numbers."""
    given = request.args["classes"]
    if not isinstance(given, tuple):
        return list(names)
    for name in given:
        if name not in names:
            raise request.refusal(
                "AD797",
                f"{request.path('annotations')} has no class {name}; it has "
                + (", ".join(names) or "none"),
                did_you_mean(str(name), names) or "name classes that it has",
            )
    return [str(name) for name in given]


def without_empty(request: Request, images: Sequence[Annotated]) -> list[Annotated]:
    """Images without boxes kept, left out or refused, as the source says."""
    empty = [image for image in images if not image.boxes]
    asked = request.args.get("empty", "leave_out")
    if empty and asked == "refuse":
        first = empty[0].file
        few = "1 image has" if len(empty) == 1 else f"{len(empty)} images have"
        raise request.refusal(
            "AD789",
            f"{few} no boxes" + (f", first {first}" if len(empty) > 1 else f": {first}"),
            'write empty="keep" if nothing is on them, or empty="leave_out"',
        )
    return list(images) if asked == "keep" else [image for image in images if image.boxes]


def present(request: Request, images: Sequence[Annotated]) -> None:
    """Every annotated image is there."""
    folder = request.path("images")
    with request.opening(folder, "paths are relative to the folder of the spec"):
        next(folder.iterdir(), None)
    missing = [image for image in images if not image.file.is_file()]
    if missing:
        first = missing[0]
        more = f", and {len(missing) - 1} more are not there" if len(missing) > 1 else ""
        raise request.refusal(
            "AD788",
            f"{first.where} tells boxes of {first.file}, which is not there{more}",
            "bring the images, or take their annotations out",
        )


def checked(
    request: Request, image: Annotated, size: tuple[int, int], classes: Sequence[str]
) -> list[tuple[tuple[float, ...], int]]:
    """Corners in pixels of the file and class number of each box. Raises SpecError."""
    if image.size is not None and image.size != size:
        raise request.refusal(
            "AD795",
            f"{image.where} has boxes for an image of {by(image.size)} pixels, and {image.file} "
            f"has {by(size)}",
            "bring the images that the boxes were drawn on",
        )
    if len(image.boxes) > request.whole("most"):
        raise request.refusal(
            "AD794",
            f"{image.file} has {len(image.boxes)} boxes, and at most {request.whole('most')} are "
            "taken",
            f"write most={len(image.boxes)}",
        )
    found = []
    for box in image.boxes:
        if problem := wrong(box, size):
            raise request.refusal(
                "AD787",
                f"{box.where}: {problem}",
                "correct it, or take it out",
                f"the image is {image.file}, {by(size)} pixels",
            )
        ends = zip(box.corners, (*size, *size), strict=True)
        corners = tuple(min(max(corner, 0.0), float(end)) for corner, end in ends)
        found.append((corners, classes.index(box.label)))
    return found


def wrong(box: Box, size: tuple[int, int]) -> str:
    """What is the matter with a box on an image of a width and height; "" if nothing is."""
    x1, y1, x2, y2 = box.corners
    if not all(isfinite(corner) for corner in box.corners):
        return "the box is not made of numbers"
    text = f"the box from ({x1:g}, {y1:g}) to ({x2:g}, {y2:g})"
    if x2 - x1 < LEAST or y2 - y1 < LEAST:
        return f"{text} has no area"
    out = x1 < -ROUNDING or y1 < -ROUNDING or x2 > size[0] + ROUNDING or y2 > size[1] + ROUNDING
    if out or x1 >= size[0] or y1 >= size[1] or x2 <= 0 or y2 <= 0:
        return f"{text} reaches out of the image"
    return ""


def by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
