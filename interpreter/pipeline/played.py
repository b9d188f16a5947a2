"""Players as modules, and as what a step applies: a module with the weights that are in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.func import functional_call

from autodesign.dsl import spec
from autodesign.dsl.pipeline import Player
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib import build

Weights = Mapping[str, Tensor]
"""By the names of the module's parameters."""


class Chain(nn.Module):
    """Layers and networks one after the other, under their positions.

    Takes one tensor [batch, *shape] for each source of the first one.
    """

    def __init__(self, steps: Sequence[spec.Step]) -> None:
        super().__init__()
        for position, step in enumerate(steps):
            layer = build.layer(step) if isinstance(step, spec.Layer) else Whole(step.network)
            self.add_module(str(position), layer)

    def forward(self, *values: Tensor) -> Tensor:
        value: Tensor
        for step in self.children():
            value = step(*values)
            values = (value,)
        return value


class Whole(nn.Module):
    """A network of which its only output is wanted. An example for which it is null gets zeros."""

    def __init__(self, network: spec.Network) -> None:
        super().__init__()
        self.network = DynamicNetwork(network)
        self.output = network.outputs[0].name

    def forward(self, *values: Tensor) -> Tensor:
        found: Tensor = self.network(*values)[self.output]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A player as it is applied: `player(*tensors)`.

    `weights` stand in for those of the module of the same names, as after an unrolled step. Running
    statistics of the module change only where its own weights are applied.
    """

    module: nn.Module
    weights: Weights | None = None

    def __call__(self, *inputs: Tensor) -> Tensor:
        if self.weights is None:
            value: Tensor = self.module(*inputs)
        else:
            kept = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
            value = functional_call(self.module, {**self.weights, **kept}, inputs)
        return value

    def still(self) -> "Played":
        """The same, and running statistics do not change where it is applied."""
        return Played(self.module, self.named_weights())

    def named_weights(self) -> dict[str, Tensor]:
        """All trainable weights in force."""
        own: dict[str, Tensor] = {
            name: p for name, p in self.module.named_parameters() if p.requires_grad
        }
        return own | dict(self.weights or {})


def module_of(player: Player) -> nn.Module:
    """A player with fresh weights."""
    match player.body:
        case tuple():
            return Chain(player.body)
        case spec.Network():
            return Whole(player.body)
        case _:
            return build.detector(player.body)
