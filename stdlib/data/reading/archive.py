"""Arrays in an .npz file. Each is measured by its header before any memory is taken for it."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy
from numpy.lib import format as npy
from numpy.typing import NDArray

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

Array = NDArray[Any]
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Archive:
    """An open .npz file"""

    request: Request
    file: Path
    zip: zipfile.ZipFile

    @staticmethod
    @contextmanager
    def open(request: Request, file: Path) -> "Iterator[Archive]":
        """Open a file. Raises SpecError, also for damage found while it is open."""
        with request.opening(file, "paths are relative to the folder of the spec"):
            try:
                with zipfile.ZipFile(file) as archive:
                    yield Archive(request, file, archive)
            except DAMAGE as error:
                raise request.refusal(
                    "AD725",
                    f"{file} is damaged, or no .npz file",
                    "write it again with numpy.savez",
                    str(error),
                ) from None

    def array(self, name: str, kinds: str, ranks: tuple[int, ...], words: str) -> Array:
        """The array of a name, of one of the kinds ("u1 f4") and ranks, which `words` describe."""
        member = self.member(name)
        with self.zip.open(member) as stream:
            shape, dtype = self.header(stream, name)
            self.expect(name, shape, dtype, kinds, ranks, words)
            size = math.prod(shape) * dtype.itemsize
            if size + stream.tell() != member.file_size:
                raise ValueError(f"the header of {name} does not agree with its size")
            afford(self.request, size, f"the array {name}", "bring a smaller file")
        with self.zip.open(member) as stream:
            array: Array = npy.read_array(stream, allow_pickle=False)
        return array.astype(array.dtype.newbyteorder("="), copy=False)

    def member(self, name: str) -> zipfile.ZipInfo:
        names = [each.removesuffix(".npy") for each in self.zip.namelist()]
        if name not in names:
            raise self.refusal(
                "AD726",
                f"{self.file} has no array {name}; it has {', '.join(names) or 'none'}",
                did_you_mean(name, names) or 'name the array, as in image="x_train"',
            )
        return self.zip.getinfo(self.zip.namelist()[names.index(name)])

    def header(self, stream: IO[bytes], name: str) -> tuple[tuple[int, ...], numpy.dtype[Any]]:
        version = npy.read_magic(stream)
        if version not in HEADERS:
            raise ValueError(f"{name} is written in an unknown version of the format")
        shape, _, dtype = HEADERS[version](stream)
        return shape, dtype

    def expect(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: numpy.dtype[Any],
        kinds: str,
        ranks: tuple[int, ...],
        words: str,
    ) -> None:
        if dtype.hasobject:
            raise self.refusal(
                "AD734",
                f"the array {name} in {self.file} holds Python objects",
                "loading them could run any program; save plain numbers instead",
            )
        if f"{dtype.kind}{dtype.itemsize}" not in kinds.split() or len(shape) not in ranks:
            raise self.refusal(
                "AD726",
                f"the array {name} in {self.file} holds {dtype.name} in {dimensions(len(shape))}",
                f"save {words} in {dimensions(*ranks)}",
            )

    def refusal(self, code: str, message: str, help: str) -> SpecError:
        return self.request.refusal(code, message, help)


def dimensions(*ranks: int) -> str:
    """ "1 dimension", "2, 3 or 4 dimensions" """
    *most, last = map(str, ranks)
    return (
        " or ".join([", ".join(most), last] if most else [last])
        + " dimension"
        + "s" * (ranks != (1,))
    )
