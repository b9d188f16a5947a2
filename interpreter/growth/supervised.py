"""A network that learns from a loss on its data, as jobs do."""

import torch

from autodesign.dsl import spec
from autodesign.interpreter.growth.learning import Learning, Modules
from autodesign.interpreter.growth.pictures import Pictures
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.terms import whole_value
from autodesign.interpreter.network.module import DynamicNetwork


class Supervised(Learning):
    """`inputs` are the fields that go into the network's inputs, in their order."""

    def __init__(
        self,
        modules: Modules,
        inputs: tuple[str, ...],
        loss: spec.Term,
        optimizer: spec.Call,
        pictures: Pictures,
        device: torch.device,
    ) -> None:
        super().__init__(modules, optimizer, pictures, device)
        ((self.name, module),) = modules.items()
        self.feed = feed_of(module, inputs, device)
        self.loss = whole_value(loss)

    def iterate(self, number: int, alpha: float) -> None:
        batch, _ = self.feed(self.pictures.batch(number, alpha))
        self.minimise(self.name, self.loss(batch))


def feed_of(module: DynamicNetwork, inputs: tuple[str, ...], device: torch.device) -> Feed:
    """Without control nodes no output is ever null."""
    outputs = tuple(output.name for output in module.network.outputs)
    return Feed(module, inputs, outputs, frozenset(), device, False)
