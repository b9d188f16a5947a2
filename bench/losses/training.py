"""One run: a network trained by one loss at one rate, looked at on validation rows ten times."""

import copy
from collections.abc import Iterable, Iterator
from time import process_time
from typing import Any

import torch
from torch import Tensor, nn

from autodesign.interpreter.metric.stratify import Stratified
from losses.data import Part
from losses.judged import Judged
from losses.methods import Method
from losses.tasks import Task

LOOKS = 10
MANY = 2_000
"""Rows in one pass of evaluation"""

Found = dict[str, dict[str, Any]]


def run(task: Task, method: Method, judged: Iterable[Judged], rate: float, seed: int) -> Found:
    """By metric: the value on validation rows where it was best, the test value there, seconds.

    Batches hold each class in proportion, but where a method wants them balanced.
    """
    split = task.split(seed)
    torch.manual_seed(seed)
    network = task.network()
    judged = tuple(judged)
    loss = method.make(task, judged[0], split.train.y)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / task.steps)
    start, best = process_time(), {}
    drawn = balanced if method.balanced else batches
    given = drawn(split.train, task, seed)
    for step, rows in zip(range(1, task.steps + 1), given, strict=False):
        optimizer.zero_grad()
        loss(network(split.train.x[rows]), split.train.y[rows], rows).backward()
        optimizer.step()
        schedule.step()
        if step % max(1, task.steps // LOOKS) == 0:
            scores = outputs(network, split.valid)
            for one in judged:
                value, decision = one.choose(scores, split.valid.y)
                if one.name not in best or value > best[one.name][0]:
                    best[one.name] = value, decision, step, copy.deepcopy(network.state_dict())
    seconds = process_time() - start
    found: Found = {}
    for one in judged:
        value, decision, step, weights = best[one.name]
        network.load_state_dict(weights)
        test = one.value(outputs(network, split.test), split.test.y, decision)
        found[one.name] = {"valid": value, "test": test, "step": step, "seconds": seconds}
    return found


def batches(part: Part, task: Task, seed: int) -> Iterator[Tensor]:
    labels = part.y if part.y.ndim == 1 else torch.zeros(len(part), dtype=torch.int64)
    order = Stratified(labels, task.batch, seed)
    while True:
        for rows in order:
            if len(rows) == task.batch:
                yield torch.as_tensor(rows)


def balanced(part: Part, task: Task, seed: int) -> Iterator[Tensor]:
    """Half positives: each kind goes round and round in its own shuffled order."""
    random = torch.Generator().manual_seed(seed)
    kinds = [cycle(kind.nonzero().squeeze(1), random) for kind in (part.y, ~part.y)]
    half = task.batch // 2
    while True:
        yield torch.stack([next(kind) for kind in kinds for _ in range(half)])


def cycle(rows: Tensor, random: torch.Generator) -> Iterator[Tensor]:
    while True:
        yield from rows[torch.randperm(len(rows), generator=random)]


@torch.no_grad()
def outputs(network: nn.Module, part: Part) -> Tensor:
    network.eval()
    found = torch.cat([network(x) for x in part.x.split(MANY)])
    network.train()
    return found
