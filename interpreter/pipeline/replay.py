"""Random numbers drawn a second time: a loss that is computed again is the same function."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class SameDraws:
    """`with draws(key)`: what is drawn inside, at torch's global generators, is the same each time.

    The first time is like any drawing; later ones leave no trace in the generators.
    """

    def __init__(self, device: torch.device) -> None:
        self._devices = [device] if device.type == "cuda" else []
        self._states: dict[Hashable, list[Tensor]] = {}

    @contextmanager
    def __call__(self, key: Hashable) -> Iterator[None]:
        states = self._states.get(key)
        if states is None:
            self._states[key] = self._now()
            yield
            return
        with torch.random.fork_rng(self._devices):
            torch.set_rng_state(states[0])
            for device, state in zip(self._devices, states[1:], strict=True):
                torch.cuda.set_rng_state(state, device)
            yield

    def _now(self) -> list[Tensor]:
        on_devices = (torch.cuda.get_rng_state(device) for device in self._devices)
        return [torch.get_rng_state(), *on_devices]
