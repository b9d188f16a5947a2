"""Computes the values of a step: each once, of the players as they are when it begins."""

import operator
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Pipeline
from autodesign.interpreter.pipeline.needs import Plan
from autodesign.interpreter.pipeline.nest import tensors
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.replay import SameDraws
from autodesign.interpreter.pipeline.shared import shared
from autodesign.interpreter.pipeline.tools import Place, Tools, place_of
from autodesign.interpreter.pipeline.unrolling import unrolled

ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}

Found = ChainMap[Index, Any]
"""By value: a tensor, a `Played`, or a number that is written in the spec."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a step has drawn: the fields of each draw, and what each placement has placed."""

    fields: Mapping[int, Mapping[str, Tensor]]
    placed: Mapping[Index, Tensor]


def put(
    needs: Plan,
    pipeline: Pipeline,
    fields: Mapping[int, Mapping[str, Tensor]],
    rows: Mapping[int, Tensor],
    places: Mapping[Index, Place],
    device: torch.device,
) -> Drawn:
    """What was drawn, by draw, and what a plan needs to be placed on these rows, on the device."""
    there = {
        draw: {name: value.to(device) for name, value in batch.items()}
        for draw, batch in fields.items()
    }
    placed = {}
    for index in needs.needed:
        one = pipeline.values[index].made
        if isinstance(one, checked.Placed):
            placed[index] = places[index](rows[place_of(pipeline, one)]).to(device)
    return Drawn(there, placed)


class Values:
    """The values that a plan needs. With `replay` histories take part, else they give what they
    are given."""

    def __init__(
        self,
        pipeline: Pipeline,
        plan: Plan,
        tools: Tools,
        players: Sequence[Played],
        drawn: Drawn,
        replay: bool,
    ) -> None:
        self.pipeline, self.plan, self.tools = pipeline, plan, tools
        self.players, self.drawn, self.replay = players, drawn, replay
        self.found: Found = ChainMap()
        self._draws = SameDraws(self.device) if plan.sharing.again else None
        for index in plan.needed:
            self.found[index] = self._tracked(index, self.found)

    def __getitem__(self, index: Index) -> Tensor:
        """The value of a kind that is not a player."""
        return self._tensor(self.found[index])

    def played(self, index: Index) -> Played:
        found: Played = self.found[index]
        return found

    def _tracked(self, index: Index, found: Found) -> Any:
        """The value, with a graph where one is wanted."""
        with torch.set_grad_enabled(index in self.plan.graph):
            value = self._drawing(index, found)
            if index in self.plan.sharing.by:
                value = self._shared(index, value, found)
        if index in self.plan.by:
            value = self._tensor(value)
            if not value.requires_grad:
                value = value.detach().requires_grad_()
        return value

    def _shared(self, index: Index, number: Tensor, found: Found) -> Tensor:
        """Differentiated once, for all goals that want it."""
        once = self.plan.sharing
        inputs = tensors(tuple(found[one] for one in once.by[index]))
        by = [tensor for tensor in inputs if tensor.requires_grad]
        return shared(number, by, twice=index in once.twice)

    def _again(self, index: Index, found: Found) -> Any:
        with torch.enable_grad():
            return self._drawing(index, found)

    def _drawing(self, index: Index, found: Found) -> Any:
        """The value, of the same random numbers each time where it is made more than once."""
        with self._draws(index) if self._draws else nullcontext():
            return self._made(index, found)

    def _made(self, index: Index, found: Found) -> Any:
        match self.pipeline.values[index].made:
            case checked.Drawn(draw, field):
                return self.drawn.fields[draw][field]
            case checked.Placed():
                return self.drawn.placed[index]
            case checked.Fixed(number):
                return number
            case checked.Playing(player):
                return self.players[player]
            case checked.After():
                return unrolled(self.pipeline, self.plan, index, found, self._again)
            case checked.Applied(player, given):
                own = self._input(index, found[player])
                value = own(*(self._tensor(found[one]) for one in given))
                single = not given and self.pipeline.values[index].type == checked.NUMBER
                return value.reshape(()) if single else value
            case checked.Operation(inputs=given):
                inputs = {name: self._input(index, found[one]) for name, one in given}
                return self.tools.operations[index](**inputs)
            case checked.History(given):
                value = self._tensor(self.found[given]).detach()
                return self.tools.histories[index].exchange(value) if self.replay else value
            case checked.GradientOf(of, by):
                return gradient(self._tensor(found[of]), self._tensor(found[by]))
            case checked.Combined(_, left, None):
                return -found[left]
            case checked.Combined(op, left, int() as right):
                one, other = found[left], found[right]
                one = one if isinstance(other, Tensor) else self._tensor(one)
                return ARITHMETIC[op](one, other)

    def _input(self, index: Index, value: Any) -> Any:
        """As the value `index` is given it."""
        if isinstance(value, Played):
            return value.still() if index in self.plan.ahead else value
        return self._tensor(value)

    def _tensor(self, value: Any) -> Tensor:
        if isinstance(value, Tensor):
            return value
        return torch.tensor(float(value), device=self.device)

    @property
    def device(self) -> torch.device:
        for player in self.players:
            for weight in player.module.parameters():
                return weight.device
        return torch.device("cpu")


def gradient(of: Tensor, by: Tensor) -> Tensor:
    """The derivative of a number, as a constant; zeros where it does not depend on `by`."""
    if not of.requires_grad:
        return torch.zeros_like(by)
    one = torch.ones_like(of)
    [found] = torch.autograd.grad(of, [by], one, retain_graph=True, allow_unused=True)
    return torch.zeros_like(by) if found is None else found
