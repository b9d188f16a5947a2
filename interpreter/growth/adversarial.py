"""A generator and a discriminator that learn against each other (Karras et al. 2018)."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from autodesign.dsl import spec
from autodesign.interpreter.growth.average import Average
from autodesign.interpreter.growth.learning import Learning, Modules, only_output
from autodesign.interpreter.growth.pictures import Pictures
from autodesign.stdlib.growth.layers_torch import MinibatchStdDev
from autodesign.stdlib.growth.recipes_torch import Recipe

HOUSES = ("torch.nn.", "autodesign.")
"""Where layers are from of which it is known whether examples of a batch see each other."""


class Adversarial(Learning):
    """Images of the data are in 0..1; the networks see them in -1..1."""

    limit = 1e6  # scores of a discriminator that learns stay below 100: this does not come back

    def __init__(
        self,
        modules: Modules,
        roles: tuple[str, str],
        recipe: Recipe,
        optimizer: spec.Call,
        pictures: Pictures,
        device: torch.device,
    ) -> None:
        """`roles`: the names of the generator and the discriminator."""
        super().__init__(modules, optimizer, pictures, device)
        self.recipe = recipe
        self.generator, self.discriminator = roles
        g, d = (modules[name] for name in roles)
        self.g, self.d = only_output(g), only_output(d)
        self.noises = [given.shape for given in g.network.inputs]
        self.averages = {self.generator: Average(g, recipe.ema)}
        self.batches = recipe.critic_steps
        self.together = each_alone(d, pictures.order.size)
        (self.field,) = pictures.sides

    def iterate(self, number: int, alpha: float) -> None:
        """The discriminator's steps, then the generator's on the images that were made last."""
        for turn in range(self.batches):
            images = self.pictures.batch(number * self.batches + turn, alpha)[self.field]
            real = images.to(self.device, non_blocking=True) * 2 - 1
            with torch.set_grad_enabled(turn == self.batches - 1):
                fake = self.generated(len(real))
            self.minimise(self.discriminator, self._critic(real, fake.detach()))
        self.minimise(self.generator, self.recipe.generator(self.d(fake)))
        self.averages[self.generator].follow(number)

    def generated(self, count: int) -> Tensor:
        noise = (torch.randn(count, *shape, device=self.device) for shape in self.noises)
        return self.g(*noise)

    def _critic(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.together:
            scores = self.d(torch.cat([real, fake]))
            seen, made = scores[: len(real)], scores[len(real) :]
        else:
            seen, made = self.d(real), self.d(fake)
        loss = self.recipe.critic(seen, made)
        if self.recipe.penalty is not None:
            loss = loss + self.recipe.penalty(self.d, real, fake)
        return loss


def each_alone(module: nn.Module, batch: int) -> bool:
    """Whether two batches may go through a network as one: no example of either sees the other."""
    for layer in module.modules():
        if isinstance(layer, MinibatchStdDev) and batch % layer.group_size:
            return False
        if isinstance(layer, _BatchNorm) or not type(layer).__module__.startswith(HOUSES):
            return False
    return True
