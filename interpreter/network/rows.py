"""Sets of examples of a batch. They live on the host, so that deciding what runs asks the device
for nothing but the actions of the control nodes; only lists of rows travel back to it.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


class Rows:
    """Some examples of a batch, in their order. Empty is false."""

    __slots__ = ("_index", "_mask", "batch", "count")

    def __init__(self, batch: int, mask: Mask | None = None) -> None:
        """`mask` is bool [batch]; None stands for all examples."""
        self.batch = batch
        self.count: int = batch if mask is None else int(np.count_nonzero(mask))
        self._mask = mask
        self._index: Index | None = None

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def whole(self) -> bool:
        return self.count == self.batch

    @property
    def mask(self) -> Mask:
        """bool [batch]"""
        if self._mask is None:
            self._mask = np.ones(self.batch, dtype=bool)
        return self._mask

    @property
    def index(self) -> Index:
        """The positions of the examples in the batch, int64 [count]."""
        if self._index is None:
            self._index = self.mask.nonzero()[0]
        return self._index

    def __and__(self, other: "Rows") -> "Rows":
        if self is other or not self.count or other.count == other.batch > 0:
            return self
        if not other.count or self.count == self.batch:
            return other
        return self._known(other, self.mask & other.mask)

    def __or__(self, other: "Rows") -> "Rows":
        if self is other or not other.count or self.count == self.batch > 0:
            return self
        if not self.count or other.count == other.batch:
            return other
        return self._known(other, self.mask | other.mask)

    def __sub__(self, other: "Rows") -> "Rows":
        return Rows(self.batch, self.mask & ~other.mask) if other.count else self

    def _known(self, other: "Rows", mask: Mask) -> "Rows":
        """What `mask` holds, a part of both or around both: the one that it equals, if any."""
        found = Rows(self.batch, mask)
        if found.count == self.count:
            return self
        return other if found.count == other.count else found

    def having(self, chosen: Mask) -> "Rows":
        """Those of these rows for which `chosen` (bool, one for each of these rows) holds."""
        if self.whole:
            found = Rows(self.batch, chosen)
        else:
            mask = np.zeros(self.batch, dtype=bool)
            mask[self.index] = chosen
            found = Rows(self.batch, mask)
        return self if found.count == self.count else found

    def lift(self, inner: "Rows") -> "Rows":
        """`inner` counts within these rows; the same examples counted in the batch."""
        return self.having(inner.mask) if inner.count else NONE

    def within(self, other: "Rows") -> Index:
        """Where these rows stand among `other`, which holds them all."""
        return self.index if other.whole else self.mask[other.index].nonzero()[0]


NONE = Rows(0)


class Part:
    """A tensor that holds the values of some examples, `tensor[i]` that of the i-th of `rows`."""

    __slots__ = ("rows", "tensor")

    def __init__(self, tensor: Tensor, rows: Rows) -> None:
        self.tensor, self.rows = tensor, rows

    def select(self, rows: Rows) -> Tensor:
        """The values of `rows`, all of which are here. No copy where they are all there is."""
        if rows.count == self.rows.count:
            return self.tensor
        return self.tensor.index_select(0, upload(rows.within(self.rows), self.tensor.device))


def upload(array: npt.NDArray[np.generic], device: torch.device) -> Tensor:
    """An array of the host on `device`, without waiting for the device."""
    tensor = torch.from_numpy(array)
    if device.type == "cpu":
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)
