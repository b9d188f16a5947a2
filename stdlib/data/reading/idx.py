"""The idx format of MNIST: two zero bytes, type, rank, the sizes (big-endian), then the numbers."""

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import numpy
from numpy.typing import NDArray

from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

BYTES = 8  # the code of unsigned bytes
DEFLATE_LIMIT = 1032  # no gzip file unpacks to more than this many times its size
Bytes = NDArray[numpy.uint8]


def read_idx(request: Request, file: Path, rank: int) -> Bytes:
    """The array of an idx file of unsigned bytes, gzipped or not, of the given rank.

    Nothing is allocated before the header is known to be true to the size of the file.
    """
    with request.opening(file, "name the folder that holds it"):
        size = file.stat().st_size
        zipped = file.suffix == ".gz"
        try:
            with gzip.open(file) if zipped else file.open("rb") as stream:
                limit = size * DEFLATE_LIMIT if zipped else size
                return read_stream(request, file, cast(BinaryIO, stream), rank, limit)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            damaged(request, file, f"it cannot be unpacked ({error})")


def read_stream(request: Request, file: Path, stream: BinaryIO, rank: int, limit: int) -> Bytes:
    shape = read_header(request, file, stream, rank)
    size = math.prod(shape)
    if size > limit:
        damaged(request, file, f"its header announces {size:,} numbers, more than it can hold")
    afford(request, size, str(file), "name a smaller file, or free some memory")
    array = numpy.empty(size, numpy.uint8)
    have = fill(stream, array)
    if have < size:
        damaged(request, file, f"it ends after {have:,} of {size:,} numbers")
    if stream.read(1):
        damaged(request, file, f"it goes on after the {size:,} numbers that its header announces")
    return array.reshape(shape)


def read_header(request: Request, file: Path, stream: BinaryIO, rank: int) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        damaged(request, file, "it does not begin as an idx file does")
    if magic[2] != BYTES or magic[3] != rank:
        raise request.refusal(
            "AD726",
            f"{file} is an idx file of another kind: type {magic[2]}, {magic[3]} dimensions",
            f"bring one of unsigned bytes (type {BYTES}) with {rank} dimensions",
        )
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        damaged(request, file, "it ends within its header")
    return tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, len(sizes), 4))


def fill(stream: BinaryIO, array: Bytes) -> int:
    """Read into an array; the number of bytes that there were."""
    have, view = 0, array.data
    while have < len(array) and (got := stream.readinto(view[have:])):  # type: ignore[attr-defined]
        have += got
    return have


def damaged(request: Request, file: Path, why: str) -> NoReturn:
    raise request.refusal("AD725", f"{file} is damaged: {why}", "get the file again")
