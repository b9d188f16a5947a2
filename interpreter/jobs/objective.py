"""The goals of a job as losses on a batch."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs.counterfactual import Counterfactual, exchange_loss
from autodesign.interpreter.jobs.defined import soft
from autodesign.interpreter.jobs.exploration import Explorer
from autodesign.interpreter.jobs.q_learning import Actor, act, bag_loss
from autodesign.interpreter.jobs.terms import (
    BagValues,
    Batch,
    bag_values,
    fields_in,
    outputs_in,
    supplied,
    whole_value,
)
from autodesign.interpreter.jobs.watch import Watch
from autodesign.interpreter.metric.errors import MetricError
from autodesign.stdlib.training.methods import rate

NOT_FINITE = "AD462"
"""What a metric says of scores that are no numbers: training has diverged."""


@dataclass(frozen=True, slots=True)
class GradientGoal:
    """A goal whose gradient is followed as it is; `sign` is -1 where it is to be maximised."""

    text: str
    sign: float
    value: Callable[[Batch], Tensor]


@dataclass(frozen=True, slots=True)
class SurrogateGoal:
    """A goal whose metrics are interpolated (`uniloss`); its `value` is nan where one of them is
    undefined for the batch. The loss is `highest` - value where it is to be maximised, so that it
    ends at 0 where all metrics are 1 and all losses 0.
    """

    text: str
    sign: float
    value: Callable[[Batch], Tensor]
    highest: float


@dataclass(frozen=True, slots=True)
class RewardGoal:
    """A goal that is a reward for decisions on bags of `bag` examples."""

    text: str
    sign: float
    reward: BagValues
    bag: int
    weight: float
    acting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses by goal, and what is told about them: mean rewards and their standard deviations,
    bags without a reward, goals that are undefined for the batch and therefore have no loss."""

    by_goal: Mapping[str, Tensor]
    rewards: Mapping[str, Tensor]
    spreads: Mapping[str, Tensor]
    skipped: Tensor
    bags: int
    undefined: tuple[str, ...] = ()


class Objective:
    """All goals of a job. Their losses are added up (thesis 2.4.2, joint training).

    `watch` sees how the surrogates among them do.
    """

    def __init__(self, job: spec.Train) -> None:
        rewarded = [goal for goal in job.goals if goal.method.name == "q_learning"]
        followed = [goal for goal in job.goals if goal not in rewarded]
        interpolated = [goal for goal in followed if goal.method.name == "uniloss"]
        self.gradients = tuple(_gradient_goal(g) for g in followed if g not in interpolated)
        self.watch = Watch()
        self.surrogates = tuple(_surrogate_goal(goal, self.watch) for goal in interpolated)
        trained = {name for goal in followed for name in outputs_in(goal.term)}
        self.rewards = tuple(_reward_goal(goal, trained) for goal in rewarded)
        self.exploration = rewarded[0].method.args["explore"] if rewarded else None
        self.counterfactual = any(goal.method.args["counterfactual"] for goal in rewarded)
        self.fields = sorted({name for goal in job.goals for name in fields_in(goal.term)})
        self.read = frozenset(name for goal in rewarded for name in fields_in(goal.term))

    @property
    def acting(self) -> frozenset[str]:
        """The outputs whose scores are action values."""
        return frozenset().union(*(goal.acting for goal in self.rewards))

    def explorer(self, seed: int) -> Explorer | None:
        if not isinstance(self.exploration, spec.Call):
            return None
        call = self.exploration
        return Explorer(lambda node, epochs: rate(call, epochs, node), seed)

    def losses(
        self,
        batch: Batch,
        controls: list[Actor],
        explorer: Explorer | None,
        seen: Counterfactual | None = None,
    ) -> Losses:
        by_goal = {goal.text: goal.sign * goal.value(batch) for goal in self.gradients}
        undefined = []
        for surrogate in self.surrogates:
            value = _interpolated(surrogate, batch)
            if value is None:
                undefined.append(surrogate.text)
            else:
                by_goal[surrogate.text] = surrogate.highest + surrogate.sign * value
        rewards: dict[str, Tensor] = {}
        spreads: dict[str, Tensor] = {}
        skipped, bags = torch.zeros((), device=batch.cost.device), 0
        for goal in self.rewards:
            if len(batch) < goal.bag or explorer is None:
                continue
            loss, reward = _reward_loss(goal, batch, controls, explorer, seen)
            by_goal[goal.text] = loss
            rewards[goal.text] = reward.nanmean() * goal.sign
            spreads[goal.text] = _spread(reward)
            skipped, bags = skipped + reward.isnan().sum(), bags + len(reward)
        return Losses(by_goal, rewards, spreads, skipped, bags, tuple(undefined))


def _gradient_goal(goal: spec.Goal) -> GradientGoal:
    return GradientGoal(goal.text, _sign(goal), whole_value(goal.term))


def _surrogate_goal(goal: spec.Goal, watch: Watch) -> SurrogateGoal:
    def supply(measure: spec.Measure) -> Callable[..., Tensor]:
        if measure.definition is None:
            return supplied(measure)
        return soft(measure, goal.method, watch)

    highest = _perfect(goal.term) if goal.direction == "maximize" else 0.0
    return SurrogateGoal(goal.text, _sign(goal), whole_value(goal.term, supply), highest)


def _interpolated(goal: SurrogateGoal, batch: Batch) -> Tensor | None:
    """The goal's value on a batch, None where it is undefined; nan where scores are not finite."""
    try:
        value = goal.value(batch)
    except MetricError as problem:
        if problem.diagnostic.code != NOT_FINITE:
            raise
        return torch.full_like(batch.cost[0], torch.nan)
    return None if bool(value.isnan()) else value


def _perfect(term: spec.Term) -> float:
    """The value of a goal where every metric is 1 and every loss 0; 0 where that is no number."""

    def perfect(measure: spec.Measure) -> Callable[..., Tensor]:
        return lambda *_: torch.tensor(float(measure.call.kind == "metric"))

    nothing = Batch(_Anything(), {}, _Anything(), torch.zeros(1), torch.zeros(1))
    value = float(whole_value(term, perfect)(nothing))
    return value if math.isfinite(value) else 0.0


class _Anything(dict[str, Tensor]):
    """Outputs and fields that nobody looks at."""

    def __missing__(self, name: str) -> Tensor:
        return torch.zeros(1)


def _reward_goal(goal: spec.Goal, trained: set[str]) -> RewardGoal:
    bag, weight = goal.method.args["bag"], goal.method.args["weight"]
    assert isinstance(bag, int) and isinstance(weight, int | float)
    acting = frozenset(outputs_in(goal.term)) - trained
    return RewardGoal(goal.text, -_sign(goal), bag_values(goal.term), bag, float(weight), acting)


def _sign(goal: spec.Goal) -> float:
    return 1.0 if goal.direction == "minimize" else -1.0


def _reward_loss(
    goal: RewardGoal,
    batch: Batch,
    controls: list[Actor],
    explorer: Explorer,
    seen: Counterfactual | None,
) -> tuple[Tensor, Tensor]:
    """The loss of all actors (0-d) and the rewards of all bags."""
    shown, outputs = act(batch, goal.acting, explorer)
    with torch.no_grad():
        reward = goal.sign * goal.reward(shown, goal.bag)
    if seen is None:
        losses = [bag_loss(actor, reward, goal.bag) for actor in controls]
    else:
        losses = [exchange_loss(actor, seen, _signed(goal), goal.bag) for actor in controls]
    losses += [bag_loss(actor, reward, goal.bag) for actor in outputs]
    return goal.weight * torch.stack(losses).sum(), reward


def _spread(rewards: Tensor) -> Tensor:
    """The standard deviation of the rewards that are defined, nan of fewer than two, 0-d."""
    gaps = rewards - rewards.nanmean()
    return torch.where(rewards.isfinite().sum() > 1, gaps.square().nanmean().sqrt(), torch.nan)


def _signed(goal: RewardGoal) -> BagValues:
    """The reward: more of it is better."""
    return lambda batch, bag: goal.sign * goal.reward(batch, bag)
