"""Photographs that come inside Python packages, to lay things on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy
from numpy.typing import NDArray
from PIL import Image

from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import shuffled

FILES = tuple(
    f"{name}.png"
    for name in (
        "astronaut",
        "brick",
        "camera",
        "chelsea",
        "clock_motion",
        "coffee",
        "coins",
        "grass",
        "gravel",
        "ihc",
        "moon",
        "motorcycle_left",
    )
)
"""Those of scikit-image that need no download and lose nothing: every decoder gives one result."""
KEPT_BACK = 2  # for the validation part, and as many for the test part

Pixels = NDArray[numpy.uint8]


@dataclass(frozen=True, slots=True)
class Photograph:
    """`pixels` [3, height, width]"""

    pixels: Pixels

    @property
    def shorter(self) -> int:
        return min(int(side) for side in self.pixels.shape[1:])

    def at_least(self, size: int) -> "Photograph":
        """Enlarged by a whole number, if need be, until its shorter side is at least `size`."""
        times = -(-size // self.shorter)
        return Photograph(self.pixels.repeat(times, 1).repeat(times, 2)) if times > 1 else self

    def part(self, top: int, left: int, zoom: int, size: int) -> Pixels:
        """A square of zoom * size pixels from a corner, brought to `size`: [3, size, size]."""
        reach = zoom * size
        cut = self.pixels[:, top : top + reach, left : left + reach]
        blocks = cut.reshape(3, size, zoom, size, zoom)
        means: Pixels = (blocks.sum((2, 4), dtype=numpy.int64) // zoom**2).astype(numpy.uint8)
        return means

    def digest(self) -> str:
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


def photographs(request: Request, seed: int) -> list[list[Photograph]]:
    """The photographs of the three parts; `seed` decides which goes where."""
    folder = Path(request.package("skimage.data", "scikit-image").__file__).parent
    with request.inside("scikit-image"):
        found = [read(folder / file) for file in FILES]
    order = [found[i] for i in shuffled(len(found), seed)]
    return [order[2 * KEPT_BACK :], order[:KEPT_BACK], order[KEPT_BACK : 2 * KEPT_BACK]]


def read(file: Path) -> Photograph:
    with Image.open(file) as image:
        return Photograph(numpy.asarray(image.convert("RGB")).transpose(2, 0, 1).copy())
