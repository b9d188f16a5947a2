"""Where a candidate comes from: its networks, and the weights that they begin and end with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl.grow import grow, replay
from autodesign.dsl.growth import Architecture, Child, Search
from autodesign.dsl.spec import Network
from autodesign.interpreter.growth.assignment import Assignment
from autodesign.interpreter.growth.inheritance import inherit, settle
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.library import standard

NETWORKS, OPTIMIZER = "networks.safetensors", "optimizer.safetensors"
AVERAGE = "ema"

States = Mapping[str, Mapping[str, Tensor]]
"""By network: tensors by their names in it"""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a candidate's folder holds: its networks, and the average of its generator."""

    networks: States
    averages: States = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, architecture: Architecture) -> "Weights":
        """Raises RunError AD903."""
        tensors = checkpoint.read(folder / NETWORKS).tensors
        averages = below(AVERAGE, tensors)
        names = architecture.networks
        return cls(
            {name: below(name, tensors) for name in names},
            {name: own for name in names if (own := below(name, averages))},
        )

    def write(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """Raises RunError AD902."""
        tensors = together(self.networks) | under(AVERAGE, together(self.averages))
        checkpoint.write(folder / NETWORKS, Checkpoint(tensors, facts))


@dataclass(frozen=True, slots=True)
class Lineage:
    """`architecture` is what the candidate will be, `networks` are those that are trained. `child`
    says what its last move made of `parent`; None where it is the first, or trained on."""

    architecture: Architecture
    networks: Mapping[str, Network]
    parent: Architecture | None = None
    child: Child | None = None

    @classmethod
    def of(cls, assignment: Assignment) -> "Lineage":
        search, moves, library = assignment.search, assignment.moves, standard()
        if assignment.finish or not moves:
            there = replay(search.growth, moves, library)
            return cls(there, there.networks)
        parent = replay(search.growth, moves[:-1], library)
        child = grow(search.growth, parent, moves[-1], library, search.inherit)
        return cls(child.settled, child.trained, parent, child)

    def begin(self, search: Search, before: Weights | None) -> Weights:
        """The weights of the networks to be trained, as they begin; what is not inherited is drawn
        by torch's generator."""
        fresh = {name: DynamicNetwork(net).state_dict() for name, net in self.networks.items()}
        if before is None:
            return Weights(fresh)
        if self.child is None or self.parent is None:
            return before
        child, parent, rule = self.child, self.parent, search.inherit
        networks, averages = (
            {name: inherit(child, parent, name, fresh[name], own, rule) for name, own in given}
            for given in (before.networks.items(), before.averages.items())
        )
        return Weights(networks, averages)

    def settled(self, trained: States) -> dict[str, dict[str, Tensor]]:
        """What is left when nothing fades: of weights, or of what an optimiser knows of them."""
        if self.child is None:
            return {name: dict(own) for name, own in trained.items()}
        return {name: settle(self.child, name, own) for name, own in trained.items()}


def together(states: States) -> dict[str, Tensor]:
    return {tensor: v for name, own in states.items() for tensor, v in under(name, own).items()}


def with_weights(network: Network, state: Mapping[str, Tensor]) -> DynamicNetwork:
    """A network with the given weights."""
    module = DynamicNetwork(network)
    module.load_state_dict(state)
    return module


def placed(module: DynamicNetwork, device: torch.device) -> DynamicNetwork:
    """The network on a device; on a CPU with channels last, which convolutions are faster with."""
    if device.type == "cpu":
        return module.to(memory_format=torch.channels_last)
    return module.to(device)
