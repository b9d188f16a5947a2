"""Reads Pedestrians: frames of a camera that stands still, and boxes around what differs from the
background."""

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy
import torch
from numpy.typing import NDArray
from scipy import ndimage

from autodesign.stdlib.data.boxes import CORNERS
from autodesign.stdlib.data.declared import pair
from autodesign.stdlib.data.places import PEDESTRIANS
from autodesign.stdlib.data.reading.cache import Tensors, cached
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import part_ends
from autodesign.stdlib.data.reading.video import Pixels, frames

RECIPE = 1  # raise it whenever the boxes change, so that none are taken from an older cache
MEDIAN_OF = 75  # frames, evenly spread: more change nothing that can be seen
DIFFERENT = 30  # of 255, in one channel at least
REACH = 48  # parts of a person less than two 48ths of the height apart belong together
HALO = 2  # pixels around what moves that are the background, too, in clean images

Mask = NDArray[numpy.bool_]


def Pedestrians(request: Request) -> Splits:
    file = video(request)
    columns = cached(request.cache, key(request, file), lambda: make(request, file))
    if "box" in columns and not (columns["box"][..., 4] >= 0).any():
        raise request.refusal(
            "AD799",
            f"nothing of the height of a person moves in {file}",
            "name a video of people, or choose a smaller `least`",
        )
    ends = part_ends(request, len(columns["image"]))
    parts = [Table({n: c[a:b] for n, c in columns.items()}) for a, b in pairwise((0, *ends))]
    return Splits(parts[0], parts[1], parts[2], request.fields())


def video(request: Request) -> Path:
    if request.args["file"] is not None:
        return request.path("file")
    if not PEDESTRIANS.is_file():
        raise request.refusal(
            "AD724",
            f"I cannot find {PEDESTRIANS}",
            "sudo apt install opencv-doc, or name a video of a camera that stands still: file=...",
        )
    return PEDESTRIANS


def key(request: Request, file: Path) -> str:
    """All that the frames depend on: the arguments but `split`, and the video."""
    written = ", ".join(f"{n}={v}" for n, v in sorted(request.args.items()) if n != "split")
    help = "paths are relative to the folder of the spec"
    with request.opening(file, help), file.open("rb") as stream:
        seen = hashlib.file_digest(stream, "sha256").hexdigest()
    return f"Pedestrians({written}), recipe {RECIPE}, of {seen}"


def make(request: Request, file: Path) -> Tensors:
    size = pair(request.args["size"])
    image = frames(request, file, size, request.whole("every"))
    background = numpy.median(image[:: -(-len(image) // MEDIAN_OF)], 0).astype(numpy.uint8)
    box = numpy.full((len(image), request.whole("most"), CORNERS), -1, numpy.float32)
    least = cast(float, request.args["least"]) * size[0]
    clean = request.args["clean"] is True
    for frame, rows in zip(image, box, strict=True):
        moving = differs(frame, background)
        if clean:
            frame[:] = numpy.where(around(moving, HALO)[..., None], background, frame)
        else:
            boxes = people(moving, least)[: len(rows)]
            rows[: len(boxes), :4] = numpy.array(boxes).reshape(-1, 4)
            rows[: len(boxes), 4] = 0
    columns = {"image": torch.from_numpy(image).permute(0, 3, 1, 2).contiguous()}
    return columns if clean else columns | {"box": torch.from_numpy(box)}


def differs(frame: Pixels, background: Pixels) -> Mask:
    """Where a frame [height, width, 3] differs from the background; single pixels are noise."""
    far = numpy.abs(frame.astype(numpy.int16) - background).max(2) > DIFFERENT
    found: Mask = ndimage.binary_opening(far)
    return found


def around(mask: Mask, pixels: int) -> Mask:
    found: Mask = ndimage.binary_dilation(mask, numpy.ones((2 * pixels + 1,) * 2))
    return found


def people(moving: Mask, least: float) -> list[tuple[int, int, int, int]]:
    """x1, y1, x2, y2 around what moves and is at least so many pixels high, the largest first."""
    reach = max(1, moving.shape[0] // REACH)
    parts, _ = ndimage.label(around(moving, reach))
    found = []
    for rows, columns in ndimage.find_objects(parts * moving):
        if rows.stop - rows.start >= least:
            found.append((columns.start, rows.start, columns.stop, rows.stop))
    return sorted(found, key=lambda b: (-(b[2] - b[0]) * (b[3] - b[1]), b))
