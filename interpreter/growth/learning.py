"""What a candidate learns by, whichever way: its networks, and how they move in one iteration."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.growth.average import Average
from autodesign.interpreter.growth.optimisers import Moving
from autodesign.interpreter.growth.pictures import Pictures
from autodesign.interpreter.network.module import DynamicNetwork

Modules = Mapping[str, DynamicNetwork]


class Learning(ABC):
    """Networks that learn from `pictures`, each moved by an optimiser of its own.

    `averages` are those of generators, by name. `batches` of the data make an iteration. `greatest`
    is the greatest absolute loss so far, on the device; above `limit` training has diverged.
    """

    limit = float("inf")

    def __init__(
        self, modules: Modules, optimizer: spec.Call, pictures: Pictures, device: torch.device
    ) -> None:
        self.pictures, self.device = pictures, device
        self.moving = {name: Moving(module, optimizer) for name, module in modules.items()}
        self.averages: Mapping[str, Average] = {}
        self.batches = 1
        self.greatest = torch.zeros((), device=device)

    @abstractmethod
    def iterate(self, number: int, alpha: float) -> None:
        """Iteration `number`; `alpha` is the share of the new path while a doubling fades."""

    def minimise(self, name: str, loss: Tensor) -> None:
        """Moves one network against the gradient of a loss."""
        self.greatest = torch.maximum(self.greatest, loss.detach().abs())
        self.moving[name].minimise(loss)


def only_output(network: DynamicNetwork) -> Callable[..., Tensor]:
    """The network as a function of tensors that gives its first output."""
    name = network.network.outputs[0].name

    def output(*inputs: Tensor) -> Tensor:
        value: Tensor = network(*inputs)[name]
        return value

    return output
