"""`P after OPT for k on L`: a player some optimiser steps later, differentiable."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from autodesign.dsl.spec import Call
from autodesign.interpreter.pipeline.again import Given, LossOf, OneStep, stepped_again
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.shared import gradients_of
from autodesign.interpreter.pipeline.updates import Memory, rule, stepped


def after(
    player: Played,
    optimizer: Call,
    loss_of: LossOf,
    *,
    steps: int = 1,
    rate: Tensor | None = None,
    inputs: Sequence[Given] = (),
    lean: bool = False,
    moving_of: LossOf | None = None,
    own: bool = True,
) -> Played:
    """The player with the weights that `steps` steps of a fresh optimiser on its loss give.

    The weights are exact functions of all that the loss depends on, the player's weights among it,
    and of `rate`, a 0-d tensor that replaces the optimiser's `lr` where it is given. Weights that
    the loss does not depend on stay as they are, as with torch.optim. `loss_of(player, *inputs)`
    gives a 0-d tensor, and is one function: all its calls draw the same random numbers. Called with
    the very object `player` it may give a loss computed before. Nothing of the player's module
    changes.

    With `lean` no graph of a gradient is kept: each loss is computed again when derivatives are
    taken. These then reach only the player's weights, the rate, and `inputs`. `moving_of` gives
    those summands of the loss that depend on something of the inputs of which derivatives are
    wanted (None: all). Without `own`, there are none by the weights that the player starts from.
    """
    graph = torch.is_grad_enabled()
    weights = player.named_weights()
    memory = dict.fromkeys(weights, Memory())
    step = rule(optimizer)
    lr = cast(float, optimizer.args["lr"]) if rate is None else rate
    for number in range(steps):
        kept = graph and not lean
        with torch.enable_grad():
            loss = loss_of(player, *inputs)
            gradients = gradients_of(loss, weights, graph=kept, retain=kept or number == 0)
        if graph and lean:
            moving = None if own or number else moving_of
            one = OneStep(player, step, moving or loss_of, gradients if moving else None)
            constants = {name: g.detach() for name, g in gradients.items()}
            new, memory = stepped_again(one, constants, memory, lr, inputs, free=own or number > 0)
        else:
            new, memory = stepped(step, weights, gradients, memory, lr)
        if not graph:
            new, memory = _cut(new), {name: m.detached() for name, m in memory.items()}
        weights = weights | new
        player = replace(player, weights=weights)
    return player


def _cut(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """As a beginning: of what follows derivatives by them can be taken."""
    return {name: weight.detach().requires_grad_() for name, weight in weights.items()}
