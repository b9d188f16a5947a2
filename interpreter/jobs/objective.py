"""The goals of a job as losses on a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs.exploration import Explorer
from autodesign.interpreter.jobs.q_learning import Actor, act, bag_loss
from autodesign.interpreter.jobs.terms import BagValues, Batch, bag_values, outputs_in, whole_value
from autodesign.stdlib.training.methods import rate


@dataclass(frozen=True, slots=True)
class GradientGoal:
    """A goal whose gradient is followed as it is; `sign` is -1 where it is to be maximised."""

    text: str
    sign: float
    value: Callable[[Batch], Tensor]


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
    """Losses by goal, and what is told about them: mean rewards, bags without a reward."""

    by_goal: Mapping[str, Tensor]
    rewards: Mapping[str, Tensor]
    skipped: Tensor
    bags: int


class Objective:
    """All goals of a job. Their losses are added up (thesis 2.4.2, joint training)."""

    def __init__(self, job: spec.Train) -> None:
        by_method = {True: list[spec.Goal](), False: list[spec.Goal]()}
        for goal in job.goals:
            by_method[goal.method.name == "q_learning"].append(goal)
        self.gradients = tuple(_gradient_goal(goal) for goal in by_method[False])
        trained = {name for goal in by_method[False] for name in outputs_in(goal.term)}
        self.rewards = tuple(_reward_goal(goal, trained) for goal in by_method[True])
        methods = [goal.method for goal in by_method[True]]
        self.exploration = methods[0].args["explore"] if methods else None

    @property
    def explores(self) -> bool:
        return bool(self.rewards)

    @property
    def acting(self) -> frozenset[str]:
        """The outputs whose scores are action values."""
        return frozenset().union(*(goal.acting for goal in self.rewards))

    @property
    def largest_bag(self) -> int:
        return max((goal.bag for goal in self.rewards), default=1)

    def explorer(self, seed: int) -> Explorer | None:
        if not isinstance(self.exploration, spec.Call):
            return None
        call = self.exploration
        return Explorer(lambda epochs: rate(call, epochs), seed)

    def losses(self, batch: Batch, controls: list[Actor], explorer: Explorer | None) -> Losses:
        by_goal = {goal.text: goal.sign * goal.value(batch) for goal in self.gradients}
        rewards: dict[str, Tensor] = {}
        skipped, bags = torch.zeros((), device=batch.cost.device), 0
        for goal in self.rewards:
            if len(batch) < goal.bag or explorer is None:
                continue
            loss, reward = _reward_loss(goal, batch, controls, explorer)
            by_goal[goal.text] = loss
            rewards[goal.text] = reward.nanmean() * goal.sign
            skipped, bags = skipped + reward.isnan().sum(), bags + len(reward)
        return Losses(by_goal, rewards, skipped, bags)


def _gradient_goal(goal: spec.Goal) -> GradientGoal:
    return GradientGoal(goal.text, _sign(goal), whole_value(goal.term))


def _reward_goal(goal: spec.Goal, trained: set[str]) -> RewardGoal:
    bag, weight = goal.method.args["bag"], goal.method.args["weight"]
    assert isinstance(bag, int) and isinstance(weight, int | float)
    acting = frozenset(outputs_in(goal.term)) - trained
    return RewardGoal(goal.text, -_sign(goal), bag_values(goal.term), bag, float(weight), acting)


def _sign(goal: spec.Goal) -> float:
    return 1.0 if goal.direction == "minimize" else -1.0


def _reward_loss(
    goal: RewardGoal, batch: Batch, controls: list[Actor], explorer: Explorer
) -> tuple[Tensor, Tensor]:
    """The loss of all actors (0-d) and the rewards of all bags."""
    shown, outputs = act(batch, goal.acting, explorer)
    with torch.no_grad():
        reward = goal.sign * goal.reward(shown, goal.bag)
    losses = [bag_loss(actor, reward, goal.bag) for actor in (*controls, *outputs)]
    return goal.weight * torch.stack(losses).sum(), reward
