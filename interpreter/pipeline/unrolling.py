"""An unrolled player among the values of a step: its loss as a function of the player."""

from collections import ChainMap
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Pipeline
from autodesign.interpreter.pipeline.needs import Plan
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.reach import inputs, reached
from autodesign.interpreter.pipeline.unroll import after

Make = Callable[[Index, ChainMap[Index, Any]], Any]
"""Computes a value from others that are found"""


def unrolled(
    pipeline: Pipeline, plan: Plan, index: Index, found: ChainMap[Index, Any], make: Make
) -> Played:
    """The player that value `index` is. What its loss needs is found."""
    made = pipeline.values[index].made
    assert isinstance(made, checked.After)
    player: Played = found[made.player]
    loop = plan.loops[index] - {made.player}
    border = _border(pipeline, loop, made.player)
    moving = plan.sharing.moving[index]

    def loss_of(ends: Sequence[Index]) -> Callable[..., Tensor]:
        wanted = sorted(loop & reached(pipeline, ends))

        def loss(other: Played, *given: Any) -> Tensor:
            changed = found.new_child()
            if other is not player:
                changed[made.player] = other
                changed.update(zip(border, given, strict=True))
                for one in wanted:
                    changed[one] = make(one, changed)
            return torch.stack([changed[end].reshape(()) for end in ends]).sum()

        return loss

    return after(
        player,
        made.optimizer,
        loss_of([made.loss]),
        steps=made.steps,
        rate=None if made.rate is None else found[made.rate].reshape(()),
        inputs=[_still(found[one]) for one in border],
        lean=made.lean,
        moving_of=loss_of(moving) if moving else None,
        own=index in plan.sharing.own,
    )


def _still(value: Any) -> Any:
    """Other players that the loss applies as well change no more than the one that is unrolled."""
    return value.still() if isinstance(value, Played) else value


def _border(pipeline: Pipeline, loop: Collection[Index], player: Index) -> list[Index]:
    """What the values of a loop are made of beside each other and the player."""
    needed = {one for index in loop for one in inputs(pipeline.values[index])}
    return sorted(needed.difference(loop, {player}))
