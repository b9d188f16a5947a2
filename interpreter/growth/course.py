"""The training of a candidate from its first iteration to its last, whatever ends it in between."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from autodesign.interpreter.growth.fading import Fade, fading_layers
from autodesign.interpreter.growth.learning import Learning
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.jobs.randomness import random_state, restore_random

SAVE_EVERY = 60.0
"""Seconds after which a training is saved."""
LOOK_EVERY = 100
"""Iterations after which the losses are looked at; before that the device is not waited for."""


class Diverged(Exception):
    """Says in words what is no longer a sensible number."""


class Course:
    """One training: what learns, for how many iterations, and the file it is saved to."""

    def __init__(
        self, learning: Learning, total: int, fade: Fade, file: Path, device: torch.device
    ) -> None:
        self.learning, self.total, self.fade = learning, total, fade
        self.file, self.device = file, device
        self.done, self.spent = 0, 0.0
        self.mixing = fading_layers(one.module for one in learning.moving.values())

    def run(self, listener: Telling) -> None:
        """Trains to the end, from the file where there is one. Raises Diverged, RunError."""
        if self.file.exists():
            self._restore(checkpoint.read(self.file))
        self.began = self.saved = time.monotonic()
        for one in self.learning.moving.values():
            one.module.train()
        while self.done < self.total:
            self._iterate()
            listener.stepped(self.done, self.total)
            if time.monotonic() - self.saved > SAVE_EVERY:
                self._save()

    @property
    def seconds(self) -> float:
        """Spent so far, in earlier attempts too."""
        return self.spent + time.monotonic() - self.began

    def _iterate(self) -> None:
        alpha = self.fade.alpha(self.done)
        for layer in self.mixing:
            layer.alpha.fill_(alpha)
        self.learning.iterate(self.done, alpha if self.fade.doubling else 1.0)
        self.done += 1
        if self.done % LOOK_EVERY == 0 or self.done == self.total:
            self._look()

    def _look(self) -> None:
        greatest = float(self.learning.greatest)
        if not math.isfinite(greatest) or greatest > self.learning.limit:
            raise Diverged(f"a loss was {greatest:g} by iteration {self.done}")
        for name, one in self.learning.moving.items():
            if not all(bool(weight.isfinite().all()) for weight in one.weights):
                raise Diverged(f"a weight of {name} was no longer finite at iteration {self.done}")
        self.learning.greatest = torch.zeros_like(self.learning.greatest)

    # --- the whole state, and back ---

    def _save(self) -> None:
        tensors = {"greatest": self.learning.greatest, **under("random", random_state(self.device))}
        plain: dict[str, Mapping[str, Any]] = {}
        for name, one in self.learning.moving.items():
            optimizer = one.state()
            tensors |= under("networks", under(name, one.module.state_dict()))
            tensors |= under("optimizers", under(name, optimizer.tensors))
            plain[name] = optimizer.facts
        for name, average in self.learning.averages.items():
            tensors |= under("averages", under(name, average.module.state_dict()))
        facts = {"done": self.done, "seconds": self.seconds, "plain": plain}
        checkpoint.write(self.file, Checkpoint(tensors, facts))
        self.saved = time.monotonic()

    def _restore(self, saved: Checkpoint) -> None:
        self.done, self.spent = saved.facts["done"], saved.facts["seconds"]
        networks = below("networks", saved.tensors)
        optimizers = below("optimizers", saved.tensors)
        for name, one in self.learning.moving.items():
            one.module.load_state_dict(below(name, networks))
            one.restore(Checkpoint(below(name, optimizers), saved.facts["plain"][name]))
        averages = below("averages", saved.tensors)
        for name, average in self.learning.averages.items():
            average.module.load_state_dict(below(name, averages))
        self.learning.greatest = saved.tensors["greatest"].to(self.device)
        restore_random(below("random", saved.tensors), self.device)
