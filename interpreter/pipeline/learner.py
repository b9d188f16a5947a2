"""All that changes while a pipeline trains: players, optimisers, histories, places in the data."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from autodesign.dsl.pipeline import Drawn as DrawnField
from autodesign.dsl.pipeline import Pipeline, PipelineJob, PlayerGoal
from autodesign.dsl.source import Span
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.jobs.randomness import random_state, restore_random
from autodesign.interpreter.jobs.tally import add
from autodesign.interpreter.pipeline import optimisers
from autodesign.interpreter.pipeline.draws import Draws
from autodesign.interpreter.pipeline.needs import Plan, Pursued, plan, pursued
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.step import LOOK_EVERY, Told, gradients
from autodesign.interpreter.pipeline.tally import Tally
from autodesign.interpreter.pipeline.timetable import Epoch, Timetable
from autodesign.interpreter.pipeline.tools import Place, Tools
from autodesign.interpreter.pipeline.values import Drawn, Values, put
from autodesign.stdlib.data.reading.examples import Examples


class Diverged(Exception):
    """Says what is not a finite number; `span` is where the spec speaks of it."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a step has measured (`Told`), as Python's numbers"""

    terms: Mapping[tuple[int, int], float]
    norms: Mapping[tuple[int, int], float]
    gradients: Mapping[int, float]


class Learner:
    """A pipeline's players while they learn, on one device."""

    def __init__(
        self,
        job: PipelineJob,
        modules: Sequence[nn.Module],
        timetable: Timetable,
        data: Sequence[Examples],
        places: Mapping[int, Place],
        device: torch.device,
    ) -> None:
        self.job, self.pipeline, self.timetable, self.device = job, job.pipeline, timetable, device
        self.players = optimisers.moved(job, modules, timetable)
        self.played = [Played(module) for module in modules]
        self.tools, self.places = Tools(job.pipeline), places
        self.draws = Draws(job.pipeline.draws, data, job.seed)
        self.goals = [pursued(job.pipeline, phase) for phase in job.pipeline.phases]
        self._plans: dict[tuple[int, ...], Plan] = {}
        self._learning: frozenset[int] | None = None

    def begin(self, epoch: Epoch) -> None:
        """An epoch begins: the first draw its pass through the data."""
        self.draws.begin(epoch.number)

    def step(self, epoch: Epoch, step: int, tally: Tally) -> None:
        """Step `step` of an epoch: all players of its phase learn. Raises Diverged."""
        number = epoch.done + step + 1
        goals = [one for one in self.goals[epoch.phase] if number % one.goal.every == 0]
        looked = [one for one in goals if (number // one.goal.every - 1) % LOOK_EVERY == 0]
        count = self.timetable.size(step)
        if goals:
            self._learn(goals, looked, count, tally)
        else:
            self.draws.pass_over(count)
        for player in sorted(self.pipeline.phases[epoch.phase].players):
            self.players[player].tick("step")

    def end_epoch(self, epoch: Epoch) -> None:
        for player in sorted(self.pipeline.phases[epoch.phase].players):
            self.players[player].tick("epoch")

    def check_weights(self) -> None:
        """Raises Diverged where one is not a finite number."""
        for player, own in zip(self.pipeline.players, self.players, strict=True):
            if not own.finite():
                message = f"a weight of the player `{player.name}` is no longer a finite number"
                raise Diverged(message, player.span)

    def rates(self, epoch: Epoch) -> dict[str, float]:
        """The learning rates now in force, by player."""
        training = [self.players[one] for one in sorted(self.pipeline.phases[epoch.phase].players)]
        return {
            one.name: float(one.optimizer.param_groups[0]["lr"])
            for one in training
            if one.optimizer
        }

    def _learn(
        self, goals: Sequence[Pursued], looked: Sequence[Pursued], count: int, tally: Tally
    ) -> None:
        needs = self._plan(goals)
        weights = [player.weights for player in self.players]
        drawn = self._drawn(needs, count)
        values = Values(self.pipeline, needs, self.tools, self.played, drawn, replay=True)
        found, told = gradients(values, goals, weights, looked)
        del values
        fetched = _fetched(told)
        self._check_finite(goals, fetched)
        self._count(goals, fetched, tally)
        for player, own in found.items():
            self.players[player].move(own, told.gradients[player])

    def _check_finite(self, goals: Sequence[Pursued], fetched: Fetched) -> None:
        """Before any weight moves, so that what was saved before is good. Raises Diverged."""
        for (goal, place), value in fetched.terms.items():
            if not math.isfinite(value):
                term = goals[goal].terms[place]
                span = self.pipeline.values[term.value].span
                raise Diverged(f"the term `{term.text}` is {value}", span)
        for one in goals:
            for player in one.players:
                norm = fetched.gradients[player]
                if not math.isfinite(norm):
                    whose = self.players[player].name
                    raise Diverged(f"the gradient of the player `{whose}` is {norm}", one.goal.span)

    def _count(self, goals: Sequence[Pursued], fetched: Fetched, tally: Tally) -> None:
        for number, one in enumerate(goals):
            texts = {(number, place): term.text for place, term in enumerate(one.terms)}
            terms = {text: fetched.terms[key] for key, text in texts.items()}
            norms = {t: fetched.norms[key] for key, t in texts.items() if key in fetched.norms}
            tally.add(name(self.pipeline, one.goal), terms, norms)
        named = {self.players[player].name: v for player, v in fetched.gradients.items()}
        add(tally.gradients, named)

    def _plan(self, goals: Sequence[Pursued]) -> Plan:
        """What the goals need; graphs reach the weights of players for which that is wanted."""
        key = tuple(map(id, goals))  # they live as long as `self.goals`
        if key not in self._plans:
            self._plans[key] = plan(self.pipeline, goals)
        needs = self._plans[key]
        if needs.learning != self._learning:
            self._learning = needs.learning
            for number, player in enumerate(self.players):
                player.module.train()
                player.learns(number in needs.learning)
        return needs

    def _drawn(self, needs: Plan, count: int) -> Drawn:
        made = [self.pipeline.values[index].made for index in needs.needed]
        wanted = {one.draw for one in made if isinstance(one, DrawnField)}
        if 0 not in wanted:
            self.draws.pass_over(count)
        fields = {draw: self.draws.take(draw, count) for draw in sorted(wanted)}
        return put(needs, self.pipeline, fields, self.draws.rows, self.places, self.device)

    # --- the whole state, and back ---

    def state(self) -> Checkpoint:
        tensors, facts = optimisers.states(self.players)
        kept = {str(index): one.state() for index, one in self.tools.histories.items()}
        histories = {index: state for index, state in kept.items() if state is not None}
        tensors = {
            **under("players", tensors),
            **under("histories", histories),
            **under("random", random_state(self.device)),
        }
        return Checkpoint(tensors, {"players": facts, "draws": self.draws.state()})

    def restore(self, saved: Checkpoint) -> None:
        tensors, facts = below("players", saved.tensors), saved.facts["players"]
        for player in self.players:
            player.restore(Checkpoint(below(player.name, tensors), facts[player.name]))
        histories = below("histories", saved.tensors)
        for index, one in self.tools.histories.items():
            kept = histories.get(str(index))
            one.restore(None if kept is None else kept.to(self.device))
        self.draws.restore(saved.facts["draws"])
        restore_random(below("random", saved.tensors), self.device)


def name(pipeline: Pipeline, goal: PlayerGoal) -> str:
    """The names of its players."""
    return ", ".join(pipeline.players[player].name for player in goal.players)


def _fetched(told: Told) -> Fetched:
    """From the device, all at once."""
    tensors = [*told.terms.values(), *told.norms.values(), *told.gradients.values()]
    there = tensors[0].device
    numbers = iter(torch.stack([one.reshape(()).float().to(there) for one in tensors]).tolist())
    return Fetched(
        {key: next(numbers) for key in told.terms},
        {key: next(numbers) for key in told.norms},
        {key: next(numbers) for key in told.gradients},
    )
