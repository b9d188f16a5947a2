"""Numbers that several goals want: differentiated once, by all at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor


def shared(number: Tensor, by: Sequence[Tensor], twice: bool = False) -> Tensor:
    """The same 0-d tensor, whose derivatives by the tensors `by` are computed once and kept.

    Every backward pass through it takes them from there, times what it is asked for: a loss, its
    negative in another goal, and the step of a player on it cost one pass. `by` have to be all
    that stands between the number and any weights, and require gradients. With `twice` the
    derivatives can themselves be differentiated; without, they are constants.
    """
    if not (by and number.requires_grad and torch.is_grad_enabled()):
        return number
    return cast(Tensor, _Shared.apply(_Derivatives(number, tuple(by), twice), *by))


def gradients_of(
    loss: Tensor, weights: Mapping[str, Tensor], *, graph: bool = False, retain: bool = True
) -> dict[str, Tensor]:
    """The gradients of a 0-d loss by those of the weights that it depends on.

    With `graph` they can be differentiated; with `retain` the loss can be once more.
    """
    found = torch.autograd.grad(
        loss, tuple(weights.values()), create_graph=graph, retain_graph=retain, allow_unused=True
    )
    return {name: g for name, g in zip(weights, found, strict=True) if g is not None}


class _Derivatives:
    """Of a number by some tensors; made when first asked for."""

    def __init__(self, number: Tensor, by: tuple[Tensor, ...], twice: bool) -> None:
        self.number, self.by, self.twice = number, by, twice
        self.found: tuple[Tensor | None, ...] | None = None

    def get(self) -> tuple[Tensor | None, ...]:
        if self.found is None:
            with torch.enable_grad():
                self.found = torch.autograd.grad(
                    self.number, self.by, create_graph=self.twice, allow_unused=True
                )
            self.number, self.by = self.number.detach(), ()
        return self.found


class _Shared(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, derivatives: _Derivatives, *by: Tensor) -> Tensor:
        ctx.derivatives = derivatives
        return derivatives.number.detach().clone()

    @staticmethod
    def backward(ctx: Any, *asked: Tensor) -> tuple[Tensor | None, ...]:
        found = ctx.derivatives.get()
        return (None, *(None if g is None else asked[0] * g for g in found))
