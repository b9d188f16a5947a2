"""A step of an optimiser without the graph of its gradient: computed again to be differentiated.

What keeps the second derivatives of a loss takes about as much memory as the loss and its gradient.
A later loss gives one vector v for the new weights; its derivatives by what the first loss depends
on are those of v . step, for which the first loss is run again, when nothing else is in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from autodesign.interpreter.pipeline.nest import put, tensors
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.shared import gradients_of
from autodesign.interpreter.pipeline.updates import Memory, Rule, stepped

Given = Tensor | Played
"""What a loss takes beside the player that it is of"""

LossOf = Callable[..., Tensor]
"""(player, *inputs) -> its loss, a 0-d tensor"""

Weights = dict[str, Tensor]
Memories = dict[str, Memory]


@dataclass(frozen=True, slots=True)
class OneStep:
    """A step of a player on a loss. Where only summands of it are run again, `whole` are the
    gradients of all."""

    player: Played
    rule: Rule
    loss_of: LossOf
    whole: Weights | None

    def __call__(
        self, weights: Weights, memory: Memories, rate: Tensor | float, inputs: Sequence[Given]
    ) -> tuple[Weights, Memories]:
        """The weights and the memory afterwards, differentiable by all that is given."""
        fixed = self.player.named_weights()
        for weight in weights.values():
            weight.requires_grad_()
        loss = self.loss_of(Played(self.player.module, fixed | weights), *inputs)
        found = gradients_of(loss, weights, graph=True)
        if self.whole is not None:
            found = {
                name: whole + (found[name] - found[name].detach() if name in found else 0)
                for name, whole in self.whole.items()
            }
        return stepped(self.rule, weights, found, memory, rate)


def stepped_again(
    one: OneStep,
    gradients: Weights,
    memory: Memories,
    rate: Tensor | float,
    inputs: Sequence[Given],
    free: bool,
) -> tuple[Weights, Memories]:
    """The weights with gradients, and all memory, a step later; `gradients` are constants.

    Where not `free`, there are no derivatives by the weights that it starts from.
    """
    start = one.player.named_weights()
    weights = {name: start[name] if free else start[name].detach() for name in gradients}
    given = weights, memory, rate, tuple(inputs)
    after: list[Any] = []
    moved = _Again.apply(one, given, gradients, after, *tensors(given))
    return cast(tuple[Weights, Memories], put(after[0], moved))


class _Again(torch.autograd.Function):
    """`after` receives the weights and the memory, of which autograd wants the tensors alone."""

    @staticmethod
    def forward(
        ctx: Any, one: OneStep, given: Any, gradients: Weights, after: list[Any], *flat: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.one, ctx.given = one, given
        ctx.save_for_backward(*flat)
        ctx.set_materialize_grads(False)
        weights, memory, rate, _ = given
        after.append(stepped(one.rule, weights, gradients, memory, rate))
        return tuple(tensors(after[0]))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *asked: Tensor | None) -> tuple[Tensor | None, ...]:
        wanted = ctx.needs_input_grad[4:]
        pairs = zip(ctx.saved_tensors, wanted, strict=True)
        flat = [tensor.detach().requires_grad_(want) for tensor, want in pairs]
        with torch.enable_grad():
            moved = tensors(ctx.one(*put(ctx.given, flat)))
        ends = [(m, v) for m, v in zip(moved, asked, strict=True) if v is not None]
        found = iter(
            torch.autograd.grad(
                [m for m, _ in ends],
                [tensor for tensor, want in zip(flat, wanted, strict=True) if want],
                [v for _, v in ends],
                allow_unused=True,
            )
        )
        return (None,) * 4 + tuple(next(found) if want else None for want in wanted)
