"""One step of learning: a network, its optimizer, and the goals of its job."""

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.jobs.counterfactual import counterfactual
from autodesign.interpreter.jobs.device import stream
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.objective import Losses, Objective
from autodesign.interpreter.jobs.q_learning import Actor, control_actors
from autodesign.interpreter.jobs.randomness import random_state, restore_random
from autodesign.interpreter.jobs.ranks import Ranks
from autodesign.interpreter.jobs.tally import Tally
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib import build

EXPLORATION = 1
"""The stream of random numbers that exploration draws from; epochs take those from 2 on."""


class Diverged(Exception):
    """A loss that is not a finite number; `goal` is its text, empty where it is the weights."""

    def __init__(self, goal: str, value: float) -> None:
        super().__init__(goal, value)
        self.goal, self.value = goal, value


class Learner:
    """All that changes while a job learns, but for the place in its data."""

    def __init__(self, job: spec.Train, feed: Feed, steps: int, ranks: Ranks) -> None:
        self.job, self.feed, self.steps, self.ranks = job, feed, steps, ranks
        self.module = cast(DynamicNetwork, feed.module)
        self.optimizer = build.optimizer(job.optimizer, self.module.parameters())
        self.schedule, self.pace = _schedule(job, self.optimizer, steps)
        self.objective = Objective(job)
        self.explorer = self.objective.explorer(stream(job.seed, EXPLORATION))

    def step(
        self, fields: Mapping[str, Tensor], examples: int, epochs: float, tally: Tally, asked: bool
    ) -> bool:
        """Learns from one batch of `examples`, of which `fields` is this process' part.

        `epochs` is how many have passed. Whether any process was `asked` to end. Raises Diverged.
        """
        self.module.train()
        number = round(epochs * self.steps)
        self.objective.watch.begin(number)
        self.ranks.own_random(self.job.seed, number)
        losses = self._losses(fields, examples, epochs)
        total = sum(losses.by_goal.values(), torch.zeros((), device=self.feed.device))
        values, rewards, spreads, skipped = _fetched(losses)
        _check_finite(values)
        self.optimizer.zero_grad(set_to_none=True)
        if total.requires_grad:
            torch.autograd.backward(total)
        learns, asked = self.ranks.add_up(self.module, total.requires_grad, asked)
        if learns:
            if self.job.clip is not None:
                nn.utils.clip_grad_norm_(self.module.parameters(), self.job.clip)
            self.optimizer.step()
        if self.schedule and self.pace == "step":
            self.schedule.step()
        tally.add(values, rewards, losses.bags, skipped, losses.undefined)
        tally.vary(spreads)
        tally.look(self.objective.watch.told())
        return asked

    def end_epoch(self) -> None:
        """Raises Diverged where the weights are no longer finite."""
        if self.schedule and self.pace == "epoch":
            self.schedule.step()
        if not all(bool(p.isfinite().all()) for p in self.module.parameters()):
            raise Diverged("", math.nan)

    def rates(self) -> dict[str, float]:
        """The learning rate and the rate of exploration now in force."""
        told = {"lr": float(self.optimizer.param_groups[0]["lr"])}
        return told | ({"explore": self.explorer.rate} if self.explorer else {})

    def _losses(self, fields: Mapping[str, Tensor], examples: int, epochs: float) -> Losses:
        """Of the whole batch."""
        controls: list[Actor] = []
        if self.explorer is None:
            batch, _ = self.feed(fields)
        else:
            self.explorer.advance(epochs)
            drawn = self.explorer.decisions(self.module.names.controls, examples)
            own = {name: self.ranks.part(actions) for name, actions in drawn.items()}
            keep = self.objective.counterfactual
            batch, result = self.feed(fields, decisions=own, keep=keep)
            controls = control_actors(result.scores, result.decisions)
        seen = None
        if self.objective.counterfactual:
            seen = counterfactual(self.feed, fields, (batch, result), controls, self.objective.read)
        batch, controls = self.ranks.together(batch, controls, self.objective.fields)
        if seen:
            seen = seen.each(lambda part: self.ranks.together(part, [], part.fields)[0])
        with self.ranks.same_random(batch.cost):
            return self.objective.losses(batch, controls, self.explorer, seen)

    # --- the whole state, and back ---

    def state(self) -> Checkpoint:
        optimizer = checkpoint.optimizer_state(self.optimizer)
        random = random_state(self.feed.device)
        if self.explorer:
            random["exploration"] = self.explorer.random.get_state()
        tensors = {
            **under("network", self.module.state_dict()),
            **under("optimizer", optimizer.tensors),
            **under("random", random),
        }
        schedule = self.schedule.state_dict() if self.schedule else {}
        facts = {"optimizer": optimizer.facts, "schedule": checkpoint.schedule_state(schedule)}
        return Checkpoint(tensors, facts)

    def restore(self, saved: Checkpoint) -> None:
        self.module.load_state_dict(below("network", saved.tensors))
        states = Checkpoint(below("optimizer", saved.tensors), saved.facts["optimizer"])
        checkpoint.restore_optimizer(self.optimizer, states)
        if self.schedule:
            fresh = self.schedule.state_dict()
            self.schedule.load_state_dict(checkpoint.merged(fresh, saved.facts["schedule"]))
        random = below("random", saved.tensors)
        restore_random(random, self.feed.device)
        if self.explorer:
            self.explorer.random.set_state(random["exploration"])


def _schedule(job: spec.Train, optimizer: torch.optim.Optimizer, steps: int) -> tuple[Any, str]:
    if job.schedule is None:
        return None, "epoch"
    return build.schedule(job.schedule, optimizer, epochs=job.epochs, steps_per_epoch=steps)


def _fetched(
    losses: Losses,
) -> tuple[dict[str, float], dict[str, float], dict[str, float], int]:
    """All numbers of a step as Python's, fetched from the device at once."""
    groups = (losses.by_goal, losses.rewards, losses.spreads)
    tensors = [value for group in groups for value in group.values()] + [losses.skipped]
    numbers = iter(torch.stack([t.detach().float() for t in tensors]).tolist())
    values, rewards, spreads = ({name: next(numbers) for name in group} for group in groups)
    return values, rewards, spreads, int(next(numbers))


def _check_finite(values: Mapping[str, float]) -> None:
    for goal, value in values.items():
        if not math.isfinite(value):
            raise Diverged(goal, value)
