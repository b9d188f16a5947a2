"""Trains one candidate of a search and judges it (thesis 5.3.1)."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch

from autodesign.dsl import spec
from autodesign.dsl.growth import Double
from autodesign.interpreter.growth.assignment import Assignment, Outcome, Verdict
from autodesign.interpreter.growth.course import Course, Diverged
from autodesign.interpreter.growth.fading import Fade
from autodesign.interpreter.growth.grids import write_grid
from autodesign.interpreter.growth.judging import Judgement
from autodesign.interpreter.growth.learners import iterations, learner
from autodesign.interpreter.growth.learning import Learning
from autodesign.interpreter.growth.lineage import (
    OPTIMIZER,
    Lineage,
    Weights,
    placed,
    together,
    with_weights,
)
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.growth.workshop import WORKSHOP
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below
from autodesign.interpreter.jobs.device import stream
from autodesign.interpreter.network.module import DynamicNetwork

COURSE, GRID = "training.safetensors", "images.png"
WEIGHTS, TRAINING = 0, 1
"""Streams of random numbers; the order of examples takes those from 2 on."""


def train_candidate(assignment: Assignment, device: torch.device, listener: Telling) -> Outcome:
    """Trains from the parent's weights to the end, writes what is kept of it into
    `assignment.partial`, and judges it. An attempt that was broken off is continued, to the bit.

    Raises SpecError where data or weights are not there, RunError AD902, AD903.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        return Candidate(assignment, device).train(listener)


class Candidate:
    """A candidate on a device: what it is made of, and the folder that it is written into."""

    def __init__(self, assignment: Assignment, device: torch.device) -> None:
        self.assignment, self.search, self.device = assignment, assignment.search, device
        self.line = Lineage.of(assignment)
        self.splits = WORKSHOP.data(self.search.data)
        self.before = None
        if assignment.parent is not None:
            grown_from = self.line.parent or self.line.architecture
            self.before = Weights.read(assignment.parent, grown_from)
        self._began = time.monotonic()

    def train(self, listener: Telling) -> Outcome:
        torch.manual_seed(stream(self.assignment.seed, WEIGHTS))
        begun = self.line.begin(self.search, self.before)
        modules = {
            name: placed(with_weights(network, begun.networks[name]), self.device)
            for name, network in self.line.networks.items()
        }
        training = self.search.training
        if training is None:
            return self._judged(self._ended(modules, None), images=0)
        torch.manual_seed(stream(self.assignment.seed, TRAINING))
        learning = learner(
            self.search, training, self.splits, modules, self.assignment.seed, self.device
        )
        for name, average in learning.averages.items():
            average.module.load_state_dict(begun.averages.get(name, begun.networks[name]))
            average.young = not self.assignment.finish
        if self.assignment.finish:
            self._move_on(learning)
        total = iterations(training, learning, self.assignment.finish)
        images = learning.pictures.order.seen(total * learning.batches)
        course = Course(learning, total, self._fade(total), self._partial / COURSE, self.device)
        try:
            course.run(listener)
        except Diverged as problem:
            return self._outcome("diverged", images=images, error=str(problem))
        self._began -= course.spent
        return self._judged(self._ended(modules, learning), images)

    @property
    def _partial(self) -> Path:
        return self.assignment.partial

    def _fade(self, total: int) -> Fade:
        child = self.line.child
        if child is None or child.fade is None:
            return Fade(0, False)
        doubling = isinstance(self.assignment.moves[-1].change, Double)
        return Fade(child.fade * total, doubling)

    def _move_on(self, learning: Learning) -> None:
        """Gives optimisers what they knew when the parent's training ended."""
        assert self.assignment.parent is not None
        saved = checkpoint.read(self.assignment.parent / OPTIMIZER)
        for name, one in learning.moving.items():
            one.restore(Checkpoint(below(name, saved.tensors), saved.facts["plain"][name]))

    def _ended(self, modules: Mapping[str, DynamicNetwork], learning: Learning | None) -> Weights:
        """Writes what is kept of the networks when their training is over."""
        states = {name: module.state_dict() for name, module in modules.items()}
        followed = {} if learning is None else learning.averages
        averages = {name: average.module.state_dict() for name, average in followed.items()}
        ended = Weights(self.line.settled(states), self.line.settled(averages))
        ended.write(self._partial, {"moves": [move.text for move in self.assignment.moves]})
        if learning is not None:
            known = {name: one.state() for name, one in learning.moving.items()}
            tensors = self.line.settled({name: one.tensors for name, one in known.items()})
            plain = self.line.settled({name: one.facts for name, one in known.items()})
            file = self._partial / OPTIMIZER
            checkpoint.write(file, Checkpoint(together(tensors), {"plain": plain}))
        return ended

    def _judged(self, ended: Weights, images: int) -> Outcome:
        """Judges the settled networks, the generator by its average."""
        weights = {**ended.networks, **ended.averages}
        modules = {
            name: placed(with_weights(network, weights[name]), self.device)
            for name, network in self.line.architecture.networks.items()
        }
        for module in modules.values():
            module.eval()
        for grown in self.search.growth.networks:
            if grown.role == "generator":
                grid = self._partial / GRID
                write_grid(modules[grown.name], self.search.seed, self.device, grid)
        judge = WORKSHOP.judge(self.search, self.device, self.assignment.run)
        found = judge.judge(self.line.architecture, modules, self.search.seed)
        (self._partial / COURSE).unlink(missing_ok=True)
        bad = [
            f"{one.text} of its images is not a finite number"
            for one in self.search.criteria
            if isinstance(one.value, spec.Call) and math.isnan(found[one.text].value)
        ]
        return self._outcome("diverged" if bad else "done", images, bad[0] if bad else None, found)

    def _outcome(
        self,
        verdict: Verdict,
        images: int,
        error: str | None = None,
        found: Mapping[str, Judgement] = MappingProxyType({}),
    ) -> Outcome:
        end = self.line.architecture
        return Outcome(
            outcome=verdict,
            values={t: None if math.isnan(one.value) else one.value for t, one in found.items()},
            floors={text: one.floor for text, one in found.items()},
            n={text: one.n for text, one in found.items()},
            resolution=end.resolution,
            layers=end.layers,
            parameters=end.parameters,
            multiplications=sum(net.analysis.greatest for net in end.networks.values()),
            images=images,
            seconds=time.monotonic() - self._began,
            error=error,
        )
