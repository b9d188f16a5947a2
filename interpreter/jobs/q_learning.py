"""Q-learning on mini-bags (thesis 2.4): control nodes learn to predict the reward of a bag.

A network is passed over a batch once; its examples, in order, make the bags. Whoever chose
something is an actor: each control node, and each output whose scores are action values
("treating the outputs of a regular node as action-values", thesis 2.4.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from autodesign.interpreter.jobs.exploration import Explorer
from autodesign.interpreter.jobs.terms import Batch, into_bags


@dataclass(frozen=True, slots=True)
class Actor:
    """What one node chose: `scores` [n, k], `actions` int64 [n], `ran` bool [n].

    `actions` may hold anything where the node did not run.
    """

    name: str
    scores: Tensor
    actions: Tensor
    ran: Tensor


def joint_value(actor: Actor, bag: int) -> Tensor:
    """Q(s, a) = sum_i Q(s_i, a_i) over the examples for which the actor ran, [bags] (eq. 2.2)."""
    chosen = actor.scores.gather(1, actor.actions.clamp(min=0).unsqueeze(1)).squeeze(1)
    return into_bags(torch.where(actor.ran, chosen, 0.0), bag).sum(1)


def bag_loss(actor: Actor, rewards: Tensor, bag: int) -> Tensor:
    """(r - Q(s, a))^2 (eq. 2.3), its mean over the bags whose reward is defined, 0-d.

    A bag in which the actor never ran adds nothing: it has no gradient from there.
    """
    defined = rewards.isfinite()
    used = defined & into_bags(actor.ran, bag).any(1)
    gap = torch.where(used, rewards.nan_to_num().float() - joint_value(actor, bag).float(), 0.0)
    return gap.square().sum() / defined.sum().clamp(min=1)


def act(batch: Batch, outputs: frozenset[str], explorer: Explorer) -> tuple[Batch, list[Actor]]:
    """Lets outputs act: the batch as the reward sees it, and the actors.

    Where an output wanders, its chosen score and its best one change places, so that whatever
    reads the scores finds the chosen action best.
    """
    actors = [_output_actor(batch, name, explorer) for name in sorted(outputs)]
    shown = {actor.name: _chosen_first(actor) for actor in actors}
    return replace(batch, outputs={**batch.outputs, **shown}), actors


def control_actors(scores: Mapping[str, Tensor], decisions: Mapping[str, Tensor]) -> list[Actor]:
    """The control nodes as actors; a decision of -1 means that the node did not run."""
    return [Actor(name, scores[name], a, a >= 0) for name, a in decisions.items()]


def _output_actor(batch: Batch, name: str, explorer: Explorer) -> Actor:
    scores = batch.outputs[name]
    ran = batch.present.get(name)
    everywhere = torch.ones(len(batch), dtype=torch.bool, device=scores.device)
    return Actor(name, scores, explorer.choose(name, scores), everywhere if ran is None else ran)


def _chosen_first(actor: Actor) -> Tensor:
    scores = actor.scores.detach()
    best, chosen = scores.argmax(1, keepdim=True), actor.actions.unsqueeze(1)
    highest, other = scores.gather(1, best), scores.gather(1, chosen)
    return scores.scatter(1, best, other).scatter(1, chosen, highest)
