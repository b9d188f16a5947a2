"""Sets of examples of a batch. They live on the host, so that deciding what runs asks the device
for nothing but the actions of the control nodes; only lists of rows travel back to it.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


class Rows:
    """Some examples of a batch, in their order. Empty is false."""

    def __init__(self, batch: int, mask: Mask | None = None) -> None:
        """`mask` is bool [batch]; None stands for all examples."""
        self.batch = batch
        self._mask = mask
        self.count: int = batch if mask is None else int(np.count_nonzero(mask))

    def __len__(self) -> int:
        return self.count

    @property
    def whole(self) -> bool:
        return self.count == self.batch

    @cached_property
    def mask(self) -> Mask:
        return np.ones(self.batch, dtype=bool) if self._mask is None else self._mask

    @cached_property
    def index(self) -> Index:
        return np.flatnonzero(self.mask)

    def __and__(self, other: "Rows") -> "Rows":
        if self is other or not self:
            return self
        if not other or self.whole:
            return other
        return self if other.whole else self._known(other, self.mask & other.mask)

    def __or__(self, other: "Rows") -> "Rows":
        if self is other or not other:
            return self
        if not self or other.whole:
            return other
        return self if self.whole else self._known(other, self.mask | other.mask)

    def __sub__(self, other: "Rows") -> "Rows":
        return self if not other else Rows(self.batch, self.mask & ~other.mask)

    def _known(self, other: "Rows", mask: Mask) -> "Rows":
        """What `mask` holds, a part of both or around both: the one that it equals, if any."""
        found = Rows(self.batch, mask)
        if found.count == self.count:
            return self
        return other if found.count == other.count else found

    def having(self, chosen: Mask) -> "Rows":
        """Those of these rows for which `chosen` (bool, one for each of these rows) holds."""
        if chosen.all():
            return self
        if self.whole:
            return Rows(self.batch, chosen)
        mask = np.zeros(self.batch, dtype=bool)
        mask[self.index] = chosen
        return Rows(self.batch, mask)

    def lift(self, inner: "Rows") -> "Rows":
        """`inner` counts within these rows; the same examples counted in the batch."""
        if not inner:
            return NONE
        return self if inner.whole else self.having(inner.mask)

    def within(self, other: "Rows") -> Index:
        """Where these rows stand among `other`, which holds them all."""
        return self.index if other.whole else np.flatnonzero(self.mask[other.index])


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
