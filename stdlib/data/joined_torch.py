"""Reads Joined: the examples of one source after those of another."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from autodesign.stdlib.data import joined
from autodesign.stdlib.data.augment import BOXES
from autodesign.stdlib.data.declared import Fields
from autodesign.stdlib.data.reading.examples import Batch, Examples, Mapped, Splits
from autodesign.stdlib.data.reading.load import load, settled
from autodesign.stdlib.data.reading.request import Request


@dataclass(frozen=True)
class Both:
    """The examples at the places `order` among those of `first` and, after them, of `second`."""

    first: Examples
    second: Examples
    order: Tensor

    def __len__(self) -> int:
        return len(self.order)

    def batch(self, indices: Tensor) -> Batch:
        rows = self.order[indices]
        in_first = rows < len(self.first)
        if in_first.all():
            return self.first.batch(rows)
        if not in_first.any():
            return self.second.batch(rows - len(self.first))
        one = self.first.batch(rows[in_first])
        other = self.second.batch(rows[~in_first] - len(self.first))
        place = torch.cat([in_first.nonzero(), (~in_first).nonzero()]).flatten().argsort()
        return {name: torch.cat([one[name], other[name]])[place] for name in one}

    def take(self, indices: Tensor) -> "Both":
        return replace(self, order=self.order[indices])

    def labels(self) -> Tensor | None:
        one, other = self.first.labels(), self.second.labels()
        return None if one is None or other is None else torch.cat([one, other])[self.order]


def Joined(request: Request) -> Splits:
    a, b = (load(call, cache=request.cache) for call in joined.sources(request.args))
    fields = settled(request, lambda: joined.both(a.fields, b.fields, request.args))

    def together(one: Examples, other: Examples) -> Examples:
        order = torch.arange(len(one) + len(other))
        return Both(with_room(one, a.fields, fields), with_room(other, b.fields, fields), order)

    return Splits(
        together(a.train, b.train),
        together(a.validation, b.validation),
        together(a.test, b.test),
        fields,
    )


def with_room(examples: Examples, given: Fields, wanted: Fields) -> Examples:
    """Examples with rows of none after their boxes, for as many as the other source has."""
    more = {
        name: field.shape[0] - given[name].shape[0]
        for name, field in wanted.items()
        if field.kind == BOXES and field.shape != given[name].shape
    }

    def change(batch: Batch) -> Batch:
        padded = {
            name: F.pad(batch[name], (0, 0, 0, rows), value=-1.0) for name, rows in more.items()
        }
        return {**batch, **padded}

    return Mapped(examples, change) if more else examples
