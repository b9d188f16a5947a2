"""Optimisers of networks that grow. Their state is kept by the names of weights, so that it finds
these again in a network that has settled."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint
from autodesign.stdlib import build


class Moving:
    """A network with the optimiser that moves all of its weights."""

    def __init__(self, module: nn.Module, call: spec.Call) -> None:
        self.module, self.weights = module, list(module.parameters())
        self.optimizer = build.optimizer(call, self.weights)

    def minimise(self, loss: Tensor) -> None:
        """One step against the gradient of a loss; only these weights get one."""
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss, inputs=self.weights)
        self.optimizer.step()

    def state(self) -> Checkpoint:
        """`rgb.0.weight.exp_avg`, and plain values by such names."""
        names = [name for name, _ in self.module.named_parameters()]
        told = checkpoint.optimizer_state(self.optimizer)
        return Checkpoint(_named(told.tensors, names), _named(told.facts["plain"], names))

    def restore(self, saved: Checkpoint) -> None:
        """What is there of these weights; the others begin anew."""
        state: dict[int, dict[str, Any]] = {}
        numbers = {name: i for i, (name, _) in enumerate(self.module.named_parameters())}
        for path, value in {**saved.tensors, **saved.facts}.items():
            weight, _, name = path.rpartition(".")
            if weight in numbers:
                own = self.weights[numbers[weight]]
                if isinstance(value, Tensor) and value.shape == own.shape:
                    value = torch.empty_like(own).copy_(value)  # in the weight's order in memory
                state.setdefault(numbers[weight], {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})


def _named(state: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    found = {}
    for path, value in state.items():
        number, name = path.split(".", 1)
        found[f"{names[int(number)]}.{name}"] = value
    return found
