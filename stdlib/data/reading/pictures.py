"""Images that lie in files, decoded a batch at a time by several threads."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    """Pictures with labels (int64 [n]), brought to one size (height, width) and to 1 or 3 channels.

    A batch has `image` float32 [n, channels, height, width] in 0..1 and `label`.
    """

    request: Request
    pictures: Sequence[Picture]
    label: Tensor
    size: tuple[int, int]
    channels: int

    def __len__(self) -> int:
        return len(self.pictures)

    def batch(self, indices: Tensor) -> Batch:
        return {"image": unit_scale(self.bytes(indices)), "label": self.label[indices]}

    def take(self, indices: Tensor) -> "Pictures":
        chosen = [self.pictures[i] for i in indices.tolist()]
        return replace(self, pictures=chosen, label=self.label[indices])

    def labels(self) -> Tensor:
        return self.label

    def bytes(self, indices: Tensor) -> Tensor:
        """Decoded pictures, uint8 [n, channels, height, width]. Raises SpecError."""
        chosen = [self.pictures[i] for i in indices.tolist()]
        return torch.stack(list(threads().map(self.decode, chosen)))

    def decode(self, picture: Picture) -> Tensor:
        height, width = self.size
        try:
            with picture.open() as image:
                self.measure(picture, image)
                image.draft(MODES[self.channels], (width, height))
                fitted = (
                    eight_bits(image)
                    .convert(MODES[self.channels])
                    .resize((width, height), Image.Resampling.BILINEAR)
                )
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
            raise self.request.refusal(
                "AD727",
                f"I cannot read the image {picture.name}",
                "replace the file, or remove it",
                str(error),
            ) from None
        pixels = numpy.array(fitted, numpy.uint8).reshape(height, width, self.channels)
        return torch.from_numpy(pixels).permute(2, 0, 1)

    def measure(self, picture: Picture, image: Image.Image) -> None:
        if image.width * image.height > MOST_PIXELS:
            raise self.request.refusal(
                "AD732",
                f"{picture.name} announces {image.width} x {image.height} pixels",
                f"bring images of at most {MOST_PIXELS:,} pixels",
            )


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
    return Table({"image": image, "label": pictures.label})


@cache
def threads() -> ThreadPoolExecutor:
    """The threads that decode; decoding lets go of Python's lock."""
    return ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), "pictures")
