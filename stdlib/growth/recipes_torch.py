"""Recipes: what a discriminator and a generator minimise. Scores are [batch, ...]."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.stdlib.operations.adversarial_torch import (
    DISCRIMINATOR,
    GENERATOR,
    Player,
    gradient_penalty,
)

Penalty = Callable[[Player, Tensor, Tensor], Tensor]
"""(d, real, fake) -> what is added to the discriminator's loss, weighed"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`critic(real, fake)` and `generator(fake)` are losses of scores, 0-d tensors."""

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    penalty: Penalty | None
    critic_steps: int
    ema: float


def wgan_gp(penalty: float, drift: float, critic_steps: int, ema: float) -> Recipe:
    """Gulrajani et al. 2017, eq. 3, with the drift term of Karras et al. 2018, appendix A.1."""
    between = gradient_penalty()

    def critic(real: Tensor, fake: Tensor) -> Tensor:
        distance = DISCRIMINATOR["wgan"](real, fake)
        return distance + drift * real.square().mean() if drift else distance

    def weighed(d: Player, real: Tensor, fake: Tensor) -> Tensor:
        return penalty * between(d, real, fake)

    return Recipe(critic, GENERATOR["wgan"], weighed if penalty else None, critic_steps, ema)


def gan(loss: str, penalty: float, critic_steps: int, ema: float) -> Recipe:
    """R1: Mescheder et al. 2018, eq. 9."""

    def r1(d: Player, real: Tensor, fake: Tensor) -> Tensor:
        seen = real.detach().requires_grad_()
        scores = d(seen).flatten(1).mean(1)
        (slope,) = torch.autograd.grad(scores.sum(), seen, create_graph=True)
        return penalty / 2 * slope.square().flatten(1).sum(1).mean()

    return Recipe(DISCRIMINATOR[loss], GENERATOR[loss], r1 if penalty else None, critic_steps, ema)
