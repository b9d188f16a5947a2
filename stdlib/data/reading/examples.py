"""Examples: what a network is trained on, a batch at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from autodesign.dsl.spec import FieldType

Batch = dict[str, Tensor]

CHUNK = 1024
"""Examples looked at in one go where all are, so that this needs little memory."""


class Examples(Protocol):
    """Some examples of a data set, each with the same fields."""

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> Batch:
        """The examples at `indices` (int64 [n]).

        Images are float32 [n, channels, height, width], labels int64 [n].
        """
        ...

    def take(self, indices: Tensor) -> "Examples":
        """Just the examples at `indices`, in that order."""
        ...

    def labels(self) -> Tensor | None:
        """All labels, int64 [len], without reading any image; None where there are none."""
        ...


@dataclass(frozen=True)
class Table:
    """Examples held in memory: one tensor for each field, its first dimension the examples.

    Images may be held as bytes (uint8); a batch of them is scaled to 0..1.
    """

    columns: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def batch(self, indices: Tensor) -> Batch:
        return {
            name: unit_scale(column.index_select(0, indices))
            for name, column in self.columns.items()
        }

    def take(self, indices: Tensor) -> "Table":
        return Table({n: column.index_select(0, indices) for n, column in self.columns.items()})

    def labels(self) -> Tensor | None:
        return self.columns.get("label")


@dataclass(frozen=True)
class Mapped:
    """Examples of which each batch is changed by a function when it is asked for.

    `relabel` is what the function does to labels, where it changes them.
    """

    source: Examples
    change: Callable[[Batch], Batch]
    relabel: Callable[[Tensor], Tensor] = lambda labels: labels

    def __len__(self) -> int:
        return len(self.source)

    def batch(self, indices: Tensor) -> Batch:
        return self.change(self.source.batch(indices))

    def take(self, indices: Tensor) -> "Mapped":
        return Mapped(self.source.take(indices), self.change, self.relabel)

    def labels(self) -> Tensor | None:
        labels = self.source.labels()
        return None if labels is None else self.relabel(labels)


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set and the type of each field."""

    train: Examples
    validation: Examples
    test: Examples
    fields: Mapping[str, FieldType]


def unit_scale(values: Tensor) -> Tensor:
    """Bytes as float32 in 0..1; anything else as it is."""
    return values.float().div_(255) if values.dtype == torch.uint8 else values


def chunks(count: int) -> Iterator[Tensor]:
    """The indices 0..count-1, some at a time."""
    for start in range(0, count, CHUNK):
        yield torch.arange(start, min(start + CHUNK, count))
