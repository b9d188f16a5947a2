"""What the tests of unrolled steps share: optimisers as specs name them, and an unrolled step
written with torch.func alone, from the formulas of the optimisers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad

from autodesign.dsl.spec import Call

State = dict[str, Tensor]


def optimizer(name: str, **args: Any) -> Call:
    """As a spec's checker would give it, defaults filled in; torch's own `maximize` too."""
    defaults: dict[str, dict[str, Any]] = {
        "SGD": {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
        "Adam": ADAM | {"weight_decay": 0},
        "AdamW": ADAM | {"weight_decay": 0.01},
    }
    return Call("optimizer", name, "std.training", defaults[name] | args, None)  # type: ignore


ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False}


def reference(
    module: nn.Module, call: Call, loss: Callable[[Callable[..., Any]], Tensor], steps: int, lr: Any
) -> State:
    """The weights some steps later: momentum as in torch's documentation of SGD (tau = 0), Adam as
    in algorithm 1 of Kingma and Ba (2015). Without weight decay."""

    def of(weights: State) -> Tensor:
        return loss(lambda *inputs: functional_call(module, weights, inputs))

    weights: State = dict(module.named_parameters())
    first: State = {}
    second: State = {}
    for t in range(1, steps + 1):
        g = grad(of)(weights)
        if call.name == "SGD":
            mu = call.args["momentum"]
            first = {n: mu * first[n] + g[n] if first else g[n] for n in g}
            weights = {n: weights[n] - lr * first[n] for n in g}
        else:
            b1, b2 = call.args["betas"]  # type: ignore[misc]
            first = {n: b1 * first.get(n, 0) + (1 - b1) * g[n] for n in g}
            second = {n: b2 * second.get(n, 0) + (1 - b2) * g[n] ** 2 for n in g}
            weights = {
                n: weights[n]
                - lr * (first[n] / (1 - b1**t)) / (root(second[n] / (1 - b2**t)) + call.args["eps"])
                for n in g
            }
    return weights


def root(square: Tensor) -> Tensor:
    """With derivative 0 at 0: autograd's is infinite"""
    return (square + (square == 0)).sqrt() * (square > 0)


def applied(module: nn.Module, weights: State) -> Callable[..., Any]:
    return lambda *inputs: functional_call(module, weights, inputs)


def apart(found: Any, expected: Any) -> float:
    """The distance of two lists of tensors over the length of the second."""
    one, other = (torch.cat([t.detach().flatten() for t in ts]) for ts in (found, expected))
    return float((one - other).norm() / other.norm())
