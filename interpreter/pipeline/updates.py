"""The steps of torch.optim's SGD, Adam and AdamW, as functions that can be differentiated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl.spec import Call


@dataclass(frozen=True, slots=True)
class Memory:
    """What an optimiser remembers of one weight: how many steps it took, and running averages."""

    steps: int = 0
    averages: tuple[Tensor, ...] = ()

    def detached(self) -> "Memory":
        return Memory(self.steps, tuple(average.detach() for average in self.averages))


Rule = Callable[[Tensor, Tensor, Memory, "Tensor | float"], tuple[Tensor, Memory]]
"""(weight, gradient, memory, rate) -> the weight one step later, and the memory"""


def rule(optimizer: Call) -> Rule:
    """The step of a call of SGD, Adam or AdamW. It takes the rate apart from the other arguments,
    and also `maximize`, as torch.optim does. Raises KeyError for another optimiser."""
    made = {"SGD": _sgd, "Adam": _adam, "AdamW": _adamw}[optimizer.name](optimizer.args)
    if not optimizer.args.get("maximize", False):
        return made
    return lambda weight, gradient, memory, rate: made(weight, -gradient, memory, rate)


def stepped(
    rule: Rule,
    weights: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    memory: Mapping[str, Memory],
    rate: Tensor | float,
) -> tuple[dict[str, Tensor], dict[str, Memory]]:
    """The weights of which there are gradients a step later, and the memory of all."""
    found = {
        name: rule(weights[name], gradient, memory[name], rate)
        for name, gradient in gradients.items()
    }
    moved = {name: weight for name, (weight, _) in found.items()}
    return moved, {**memory, **{name: one for name, (_, one) in found.items()}}


def _sgd(args: Mapping[str, Any]) -> Rule:
    momentum, dampening = args["momentum"], args["dampening"]

    def step(
        weight: Tensor, gradient: Tensor, memory: Memory, rate: Tensor | float
    ) -> tuple[Tensor, Memory]:
        averages: tuple[Tensor, ...] = ()
        gradient = _decayed(gradient, weight, args["weight_decay"])
        if momentum:
            run = gradient
            if memory.averages:
                run = (memory.averages[0] * momentum).add(gradient, alpha=1 - dampening)
            gradient = gradient.add(run, alpha=momentum) if args["nesterov"] else run
            averages = (run,)
        return _moved(weight, gradient, rate), Memory(memory.steps + 1, averages)

    return step


def _adam(args: Mapping[str, Any], decoupled: bool = False) -> Rule:
    (first, second), decay = args["betas"], args["weight_decay"]

    def step(
        weight: Tensor, gradient: Tensor, memory: Memory, rate: Tensor | float
    ) -> tuple[Tensor, Memory]:
        if decoupled:
            weight = weight * (1 - rate * decay)
        else:
            gradient = _decayed(gradient, weight, decay)
        zeros = torch.zeros_like(gradient)
        mean, square, *most = memory.averages or (zeros,) * (3 if args["amsgrad"] else 2)
        mean = mean.lerp(gradient, 1 - first)
        square = (square * second).addcmul(gradient, gradient, value=1 - second)
        most = [torch.maximum(most[0], square)] if most else []
        count = memory.steps + 1
        size = _root((most or [square])[0]) / (1 - second**count) ** 0.5 + args["eps"]
        moved = _moved(weight, mean / size, rate / (1 - first**count))
        return moved, Memory(count, (mean, square, *most))

    return step


def _adamw(args: Mapping[str, Any]) -> Rule:
    return _adam(args, decoupled=True)


def _decayed(gradient: Tensor, weight: Tensor, decay: float) -> Tensor:
    return gradient.add(weight, alpha=decay) if decay else gradient


def _moved(weight: Tensor, direction: Tensor, rate: Tensor | float) -> Tensor:
    if isinstance(rate, Tensor):
        return weight - rate * direction
    return weight.add(direction, alpha=-rate)


def _root(square: Tensor) -> Tensor:
    """The root, with derivative 0 at 0: there a root of g^2 is |g|, of which 0 is a subgradient,
    while autograd would multiply infinity by 0."""
    some = square > 0
    return torch.where(some, square, 1).sqrt() * some
