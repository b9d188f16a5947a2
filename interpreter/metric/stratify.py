"""Batches in which every class has its share, for metrics that are undefined without one."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Sampler


class Stratified(Sampler[int]):
    """An order of examples, a new one each epoch, for `DataLoader(..., sampler=...)`.

    The members of each class are spread evenly over the epoch: of a class that makes up a share p
    of the data, any b examples in a row hold about p b, give or take a few whatever b is. `labels`
    [n] are whole numbers or truths, `seed` decides all epochs.
    """

    def __init__(self, labels: Tensor, seed: int = 0) -> None:
        self.labels = labels.long().cpu()
        self.random = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[int]:
        moments = torch.empty(len(self.labels), dtype=torch.float64)
        for value in torch.unique(self.labels):
            members = (self.labels == value).nonzero().squeeze(1)
            order = torch.randperm(len(members), generator=self.random)
            within = torch.rand(len(members), generator=self.random, dtype=torch.float64)
            moments[members[order]] = (torch.arange(len(members)) + within) / len(members)
        yield from moments.argsort().tolist()
