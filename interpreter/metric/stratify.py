"""Batches in which every class has its share, for metrics that are undefined without one."""

from collections.abc import Iterator
from random import Random

import torch
from torch import Generator, Tensor
from torch.utils.data import Sampler


def stratified_order(labels: Tensor, batch: int, generator: Generator) -> Tensor:
    """An order of all examples, int64 [n], to be cut into batches of `batch`, the last one smaller.

    Of a class with n_c of the n examples a batch of size b holds b n_c / n, rounded down or up: so
    every full batch holds each class of which there are at least as many examples as batches.
    `labels` [n] are whole numbers or truths; `generator` is on the CPU.
    """
    classes, of = torch.unique(labels.cpu(), return_inverse=True)
    shares = _shares(torch.bincount(of, minlength=len(classes)), batch, generator)
    chance = torch.randperm(len(of), generator=generator)
    by_class = chance[of[chance].argsort(stable=True)]
    batches = torch.arange(len(shares), dtype=torch.float64).repeat(len(classes))
    home = torch.empty(len(of), dtype=torch.float64)
    home[by_class] = batches.repeat_interleave(shares.T.flatten())
    within = torch.rand(len(of), generator=generator, dtype=torch.float64)
    return (home + within).argsort()


def _shares(counts: Tensor, batch: int, generator: Generator) -> Tensor:
    """How many of each class go into each batch, int64 [batches, classes].

    Proportions are rounded down; what is left of a class goes into the batches that have most room,
    one each. There is room: the proportions themselves are such a table with fractions, and a
    bipartite graph of given degrees is found by serving one vertex after the other so (Ryser 1957).
    """
    total = int(counts.sum())
    sizes = torch.full((-(-total // batch),), batch)
    sizes[-1] = total - batch * (len(sizes) - 1)
    shares = sizes.unsqueeze(1) * counts // total
    room = sizes - shares.sum(1)
    for number, left in enumerate((counts - shares.sum(0)).tolist()):
        chance = torch.rand(len(room), generator=generator, dtype=torch.float64)
        chosen = (room + chance).topk(left).indices
        shares[chosen, number] += 1
        room[chosen] -= 1
    return shares


class Stratified(Sampler[list[int]]):
    """Batches of indices for `DataLoader(data, batch_sampler=...)`, others in each epoch.

    An epoch goes through every example once; see `stratified_order` for what a batch holds. Epochs
    depend on `seed` and their number alone: `set_epoch(3)` makes the next one the fourth, as after
    a restart.
    """

    def __init__(self, labels: Tensor, batch: int, seed: int = 0) -> None:
        if labels.ndim != 1 or not len(labels) or labels.is_floating_point() or batch < 1:
            raise ValueError("labels are whole numbers or truths [n], batches of at least one")
        self.labels, self.batch, self.seed, self.epoch = labels.cpu(), batch, seed, 0

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        seed = Random(f"{self.seed} {self.epoch}").randrange(1 << 32)
        generator = torch.Generator().manual_seed(seed)
        self.epoch += 1
        order = stratified_order(self.labels, self.batch, generator)
        return iter([part.tolist() for part in torch.split(order, self.batch)])
