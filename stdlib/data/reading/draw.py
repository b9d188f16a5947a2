"""Random numbers for data that is made: the same on every machine and in every release of numpy."""

import numpy
from numpy.typing import NDArray

from autodesign.stdlib.data.declared import PARTS

Numbers = NDArray[numpy.int64]


class Draw:
    """The random numbers of one part of a data set."""

    def __init__(self, seed: int, part: int) -> None:
        self._bits = numpy.random.PCG64([seed, part, len(PARTS)])

    def below(self, limit: int | Numbers, count: int) -> Numbers:
        """`count` whole numbers from 0 to below `limit`, one limit for all or one for each."""
        raw = self._bits.random_raw(count) >> numpy.uint64(11)
        return (raw % numpy.asarray(limit, numpy.uint64)).astype(numpy.int64)

    def rows(self, count: int, numbers: int) -> Numbers:
        """`numbers` whole numbers for each of `count` images: [count, numbers], 0 to below 2^53.

        The first rows are the same for every `count`.
        """
        raw = self._bits.random_raw(count * numbers) >> numpy.uint64(11)
        return raw.astype(numpy.int64).reshape(count, numbers)

    def orders(self, length: int, count: int) -> Numbers:
        """`count` random orders of 0 to below `length`: [count, length]."""
        raw = self._bits.random_raw(count * length).reshape(count, length)
        return numpy.argsort(raw, axis=1, kind="stable")
