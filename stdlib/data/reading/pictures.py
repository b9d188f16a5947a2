"""Images that lie in files, decoded a batch at a time by several threads."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import numpy
import torch
from PIL import Image
from torch import Tensor

from autodesign.stdlib.data.reading.examples import Batch, Examples, Table, chunks, unit_scale
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

SMALL = 256_000_000  # bytes; a set that takes no more is decoded once and kept in memory
MOST_PIXELS = 100_000_000  # a picture that claims more is refused before it is decoded
THREADS = 8
MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True)
class Picture:
    """A picture that can be opened, and what to call it in a message."""

    name: str
    open: Callable[[], Image.Image]


@dataclass(frozen=True)
class Pictures:
    """Pictures brought to one size (height, width) and to 1 or 3 channels.

    `columns` hold what is known of each beside, such as `label` int64 [n]. A batch has them and
    `image`, float32 [n, channels, height, width] in 0..1.
    """

    request: Request
    pictures: Sequence[Picture]
    columns: Mapping[str, Tensor]
    size: tuple[int, int]
    channels: int

    def __len__(self) -> int:
        return len(self.pictures)

    def batch(self, indices: Tensor) -> Batch:
        return {"image": unit_scale(self.bytes(indices)), **self.known(indices)}

    def take(self, indices: Tensor) -> "Pictures":
        chosen = [self.pictures[i] for i in indices.tolist()]
        return replace(self, pictures=chosen, columns=self.known(indices))

    def known(self, indices: Tensor) -> dict[str, Tensor]:
        return {name: column[indices] for name, column in self.columns.items()}

    def labels(self) -> Tensor | None:
        return self.columns.get("label")

    def bytes(self, indices: Tensor) -> Tensor:
        """Decoded pictures, uint8 [n, channels, height, width]. Raises SpecError."""
        chosen = [self.pictures[i] for i in indices.tolist()]
        return torch.stack(list(threads().map(self.decode, chosen)))

    def decode(self, picture: Picture) -> Tensor:
        height, width = self.size
        with opened(self.request, picture) as image:
            image.draft(MODES[self.channels], (width, height))
            fitted = (
                eight_bits(image)
                .convert(MODES[self.channels])
                .resize((width, height), Image.Resampling.BILINEAR)
            )
        pixels = numpy.array(fitted, numpy.uint8).reshape(height, width, self.channels)
        return torch.from_numpy(pixels).permute(2, 0, 1)


@contextmanager
def opened(request: Request, picture: Picture) -> Iterator[Image.Image]:
    """A picture, not yet decoded. Raises SpecError, also for damage found while it is open."""
    try:
        with picture.open() as image:
            if image.width * image.height > MOST_PIXELS:
                raise request.refusal(
                    "AD732",
                    f"{picture.name} announces {image.width} x {image.height} pixels",
                    f"bring images of at most {MOST_PIXELS:,} pixels",
                )
            yield image
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise request.refusal(
            "AD727",
            f"I cannot read the image {picture.name}",
            "replace the file, or remove it",
            str(error),
        ) from None


def measured(request: Request, pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """Width and height of each picture, from its first bytes. Raises SpecError."""

    def measure(picture: Picture) -> tuple[int, int]:
        with opened(request, picture) as image:
            return image.size

    return list(threads().map(measure, pictures))


def eight_bits(image: Image.Image) -> Image.Image:
    """A picture of 16 bits with its lower 8 dropped; others as they are. Raises ValueError."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((numpy.asarray(image) >> 8).astype(numpy.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("its pixels are 32-bit numbers; save it with 8 or 16 bits")
    return image


def in_memory_if_small(pictures: Pictures) -> Examples:
    """Decode a small set once and for all; leave a large one in its files."""
    size = len(pictures) * pictures.channels * pictures.size[0] * pictures.size[1]
    if size > SMALL:
        one = size // len(pictures)
        afford(pictures.request, one, "a single image", "choose a smaller `size`")
        return pictures
    image = torch.cat([pictures.bytes(indices) for indices in chunks(len(pictures))])
    return Table({"image": image, **pictures.columns})


@cache
def threads() -> ThreadPoolExecutor:
    """The threads that decode; decoding lets go of Python's lock."""
    return ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), "pictures")
