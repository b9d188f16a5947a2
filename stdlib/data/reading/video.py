"""Frames of a video file, a few of them, at another size."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy
from numpy.typing import NDArray
from PIL import Image

from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

Pixels = NDArray[numpy.uint8]
AT_ONCE = 100  # frames between two looks at the memory


def frames(request: Request, file: Path, size: tuple[int, int], every: int) -> Pixels:
    """One frame of `every`, uint8 [n, height, width, 3]. Raises SpecError."""
    found: list[Pixels] = []
    for frame in islice(decoded(request, file), 0, None, every):
        if len(found) % AT_ONCE == 0:
            bytes = 3 * size[0] * size[1] * 2 * (len(found) + AT_ONCE)
            afford(request, bytes, "the frames", "choose a smaller `size`, or a larger `every`")
        small = frame.resize(size[::-1], Image.Resampling.BILINEAR)
        found.append(numpy.asarray(small, numpy.uint8))
    if not found:
        raise request.refusal("AD725", f"{file} has no frames", "get the file again")
    return numpy.stack(found)


def decoded(request: Request, file: Path) -> Iterator[Image.Image]:
    av = request.package("av", "av", "video")
    with request.opening(file, "paths are relative to the folder of the spec"), file.open("rb"):
        try:
            with av.open(str(file)) as container:
                for frame in container.decode(video=0):
                    yield frame.to_image()
        except (av.error.FFmpegError, IndexError, ValueError) as error:
            raise request.refusal(
                "AD725",
                f"{file} is damaged, or no video",
                "get the file again, or name a video",
                str(error),
            ) from None
