"""Adversarial losses. A player is called like a function and gives scores [batch, ...]."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Player = Callable[..., Tensor]
Number = Callable[..., Tensor]

GENERATOR: dict[str, Callable[[Tensor], Tensor]] = {
    "least_squares": lambda scores: (scores - 1).square().mean(),
    # log(1 - sigmoid(s)) = -softplus(s)
    "log": lambda scores: -F.softplus(scores).mean(),
    "nonsaturating": lambda scores: F.softplus(-scores).mean(),
    "hinge": lambda scores: -scores.mean(),
    "wgan": lambda scores: -scores.mean(),
}


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


DISCRIMINATOR: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "least_squares": lambda real, fake: ((real - 1).square().mean() + fake.square().mean()) / 2,
    "log": _cross_entropy,
    "nonsaturating": _cross_entropy,
    "hinge": lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(),
    "wgan": lambda real, fake: fake.mean() - real.mean(),
}


def adversarial(loss: str) -> Number:
    def value(d: Player, x: Tensor) -> Tensor:
        return GENERATOR[loss](d(x))

    return value


def discriminate(loss: str) -> Number:
    def value(d: Player, real: Tensor, fake: Tensor) -> Tensor:
        return DISCRIMINATOR[loss](d(real), d(fake))

    return value


def gradient_penalty() -> Number:
    def value(d: Player, real: Tensor, fake: Tensor) -> Tensor:
        count = min(len(real), len(fake))
        share = torch.rand(count, *[1] * (real.dim() - 1), dtype=real.dtype, device=real.device)
        between = torch.lerp(real[:count].detach(), fake[:count].detach(), share)
        with torch.enable_grad():
            between.requires_grad_()
            scores = d(between).reshape(count, -1).mean(1)
            (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
        penalty: Tensor = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        return penalty

    return value
