"""The optimiser of each player, its schedule, and the weights that it moves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_
from torch.optim import Optimizer

from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.pipeline.timetable import Timetable
from autodesign.stdlib import build


@dataclass(slots=True)
class Moved:
    """A player's module, its weights that are learned, and what moves them.

    `optimizer` is None where the player has no weights, or no phase trains it.
    """

    name: str
    module: nn.Module
    clip: float | None
    weights: list[nn.Parameter] = field(init=False)
    optimizer: Optimizer | None = None
    schedule: Any = None
    pace: str = "epoch"

    def __post_init__(self) -> None:
        self.weights = [p for p in self.module.parameters() if p.requires_grad]

    def learns(self, wanted: bool) -> None:
        """Whether graphs reach its weights."""
        for weight in self.weights:
            weight.requires_grad_(wanted)

    def move(self, gradients: Sequence[Tensor | None], norm: Tensor) -> None:
        """One step of the optimiser along gradients of this norm; a weight without one stays."""
        if self.optimizer is None:
            return
        for weight, gradient in zip(self.weights, gradients, strict=True):
            weight.grad = gradient
        if self.clip is not None:
            clip_grads_with_norm_(self.weights, self.clip, norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def finite(self) -> bool:
        """Whether all learned weights are finite numbers."""
        return all(bool(torch.isfinite(weight).all()) for weight in self.weights)

    def tick(self, pace: str) -> None:
        """After a step, or an epoch, of a phase in which it trains."""
        if self.schedule is not None and self.pace == pace:
            self.schedule.step()

    # --- its state, and back ---

    def state(self) -> Checkpoint:
        tensors = under("weights", self.module.state_dict())
        if self.optimizer is None:
            return Checkpoint(tensors, {})
        optimizer = checkpoint.optimizer_state(self.optimizer)
        schedule = self.schedule.state_dict() if self.schedule else {}
        facts = {"optimizer": optimizer.facts, "schedule": checkpoint.schedule_state(schedule)}
        return Checkpoint({**tensors, **under("optimizer", optimizer.tensors)}, facts)

    def restore(self, saved: Checkpoint) -> None:
        self.module.load_state_dict(below("weights", saved.tensors))
        if self.optimizer is None:
            return
        states = Checkpoint(below("optimizer", saved.tensors), saved.facts["optimizer"])
        checkpoint.restore_optimizer(self.optimizer, states)
        if self.schedule:
            fresh = self.schedule.state_dict()
            merged = checkpoint.merged(fresh, saved.facts["schedule"])
            self.schedule.load_state_dict(merged)


def moved(job: PipelineJob, modules: Sequence[nn.Module], timetable: Timetable) -> list[Moved]:
    """The players of a job, in order, each with an optimiser of its own."""
    found = []
    for number, player in enumerate(job.pipeline.players):
        one = Moved(player.name, modules[number], job.clip)
        call, epochs = player.optimizer or job.optimizer, timetable.epochs_of(number)
        if call is not None and epochs and one.weights:
            one.optimizer = build.optimizer(call, one.weights)
            if job.schedule is not None:
                one.schedule, one.pace = build.schedule(
                    job.schedule, one.optimizer, epochs=epochs, steps_per_epoch=timetable.steps
                )
                # Without gradients it moves nothing, and torch accepts that a schedule moves on
                # before a goal that is not pursued every step.
                one.optimizer.step()
        found.append(one)
    return found


def states(players: Iterable[Moved]) -> tuple[dict[str, Tensor], dict[str, Mapping[str, Any]]]:
    """Tensors and facts of all players, by their names."""
    tensors: dict[str, Tensor] = {}
    facts: dict[str, Mapping[str, Any]] = {}
    for player in players:
        state = player.state()
        tensors |= under(player.name, state.tensors)
        facts[player.name] = state.facts
    return tensors, facts
