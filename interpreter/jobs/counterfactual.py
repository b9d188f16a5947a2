"""What would have been, had a control node decided otherwise on one example.

Q-learning sees the reward of the decisions taken, for the whole bag (eq. 2.3). A network can be run
again, though, so that of the others need not be guessed at: for each control node and each example
for which it ran, the nodes run that another decision would have run, all other decisions being as
they were (those it did not come to are taken by the scores), and the bag's reward is measured with
that one example exchanged. Then each action has a target of its own: m Q(s_i, a) is to be
r + m (r' - r), m being the size of the bag, r its reward and r' the one with the example exchanged.
For the actions taken these still sum up to r (eq. 2.2), and for m = 1 each target is a reward.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.q_learning import Actor
from autodesign.interpreter.jobs.terms import BagValues, Batch

ROOM = 1 << 18
"""Examples of exchanged bags that are measured at once."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What would have come of a batch, had an actor taken the action `step` after its own (from the
    last one on to the first)."""

    actor: str
    step: int
    batch: Batch


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What came of a batch, as the network evaluates it, and all that could have."""

    batch: Batch
    exchanges: tuple[Exchange, ...]

    def each(self, change: Callable[[Batch], Batch]) -> "Counterfactual":
        """With every batch changed: those of several processes put together."""
        exchanges = tuple(replace(one, batch=change(one.batch)) for one in self.exchanges)
        return Counterfactual(change(self.batch), exchanges)


def counterfactual(
    feed: Feed,
    fields: Mapping[str, Tensor],
    seen: tuple[Batch, Any],
    actors: Sequence[Actor],
    read: frozenset[str],
) -> Counterfactual:
    """Runs the network on what the actors (control nodes) did not decide, without gradients.

    `seen` is what came of the batch, with its result and the values of all nodes; `read` are the
    fields that a reward looks at.
    """
    taken = {actor.name: actor.actions for actor in actors}
    with torch.no_grad(), evaluating(feed.module) as differs:
        batch, result = feed(fields, decisions=taken, keep=True) if differs else seen
        found = [one for actor in actors for one in _exchanges(feed, fields, taken, actor, result)]
    kept = {name: value for name, value in batch.fields.items() if name in read}
    return Counterfactual(replace(batch, fields=kept), tuple(found))


def exchange_loss(actor: Actor, seen: Counterfactual, reward: BagValues, bag: int) -> Tensor:
    """(m Q(s, a) - target)^2, summed over all actions, the mean over examples, 0-d.

    An action whose reward is undefined is left out, and so are examples that fill no bag.
    """
    rewards = reward(seen.batch, bag).repeat_interleave(bag)
    rows = actor.ran[: len(rewards)].nonzero().squeeze(1)
    taken, before = actor.actions[rows], rewards[rows]
    gaps = [_gaps(actor, rows, taken, before, bag)]
    for one in seen.exchanges:
        if one.actor == actor.name:
            other = (taken + one.step) % actor.scores.shape[1]
            after = _exchanged(seen.batch, _part(one.batch, rows), rows, reward, bag)
            gaps.append(_gaps(actor, rows, other, before + bag * (after - before), bag))
    return torch.cat(gaps).square().sum() / max(len(rewards), 1)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[bool]:
    """The module as it evaluates, and whether that differs from how it trains."""
    differs = any(isinstance(part, _BatchNorm | _DropoutNd) for part in module.modules())
    training = module.training
    module.train(training and not differs)
    try:
        yield differs
    finally:
        module.train(training)


def _exchanges(
    feed: Feed,
    fields: Mapping[str, Tensor],
    taken: Mapping[str, Tensor],
    actor: Actor,
    result: Any,
) -> Iterator[Exchange]:
    """Every other action, for all examples for which the actor ran."""
    count = actor.scores.shape[1]
    for step in range(1, count):
        actions = torch.where(actor.ran, (actor.actions + step) % count, actor.actions)
        batch, _ = feed(fields, decisions={**taken, actor.name: actions}, after=result)
        yield Exchange(actor.name, step, replace(batch, fields={}))


def _exchanged(batch: Batch, other: Batch, rows: Tensor, reward: BagValues, bag: int) -> Tensor:
    """For each row the reward of its bag in which that row alone is as in `other`, [r]."""
    most = max(1, ROOM // bag)
    pieces = []
    for start in range(0, len(rows), most):
        end = start + most
        some = torch.arange(start, min(end, len(rows)), device=rows.device)
        pieces.append(reward(_bags_with(batch, _part(other, some), rows[some], bag), bag))
    return torch.cat(pieces) if pieces else batch.cost.new_zeros(0)


def _bags_with(batch: Batch, other: Batch, rows: Tensor, bag: int) -> Batch:
    """The bags of some rows, one for each, in which that row is exchanged: [r * bag, ...]."""
    places = torch.arange(bag, device=rows.device)
    members = ((rows // bag * bag).unsqueeze(1) + places).flatten()
    own = torch.arange(len(rows), device=rows.device) * bag + rows % bag

    def put(value: Tensor, new: Tensor) -> Tensor:
        return value[members].index_copy(0, own, new.to(value.dtype))

    def both(one: Mapping[str, Tensor], new: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: put(value, new[name]) for name, value in one.items()}

    fields = {name: value[members] for name, value in batch.fields.items()}
    return Batch(
        both(batch.outputs, other.outputs),
        both(batch.present, other.present),
        fields,
        put(batch.cost, other.cost),
        None if batch.time is None or other.time is None else put(batch.time, other.time),
    )


def _part(batch: Batch, rows: Tensor) -> Batch:
    """Some rows of a batch; its fields are left behind."""
    return Batch(
        {name: value[rows] for name, value in batch.outputs.items()},
        {name: value[rows] for name, value in batch.present.items()},
        {},
        batch.cost[rows],
        None if batch.time is None else batch.time[rows],
    )


def _gaps(actor: Actor, rows: Tensor, actions: Tensor, wanted: Tensor, bag: int) -> Tensor:
    """m Q(s, a) - target for some rows; 0, without a gradient, where there is no target."""
    values = actor.scores[rows].gather(1, actions.unsqueeze(1)).squeeze(1)
    gaps = bag * values.float() - wanted.nan_to_num().float()
    return torch.where(wanted.isfinite(), gaps, 0.0)
