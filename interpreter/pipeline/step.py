"""One step: the values it needs, the gradients of all goals from one graph, then all updates.

Every gradient is taken before any weight moves, so players learn at the same time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from autodesign.interpreter.pipeline.needs import Pursued
from autodesign.interpreter.pipeline.values import Values

LOOK_EVERY = 64
"""Of each goal in a phase, the first of so many steps measures the norm of each term's gradient. It
takes one backward pass for each term in place of one for all."""

Gradients = dict[int, list[Tensor | None]]
"""By player: the gradient for each of its weights, None where there is none."""


@dataclass(slots=True)
class Told:
    """What a step has measured: terms and the norms of their gradients by goal and term, the norm
    of the whole gradient by player."""

    terms: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    norms: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    gradients: dict[int, Tensor] = field(default_factory=dict)


def gradients(
    values: Values,
    goals: Sequence[Pursued],
    weights: Sequence[Sequence[Tensor]],
    looked: Iterable[Pursued] = (),
) -> tuple[Gradients, Told]:
    """Of each goal by the weights of its own players; `weights` are those of all players.

    The norm of each term's gradient is measured for the goals in `looked`. What is computed anew
    comes last, when it has the memory of the other graphs.
    """
    told, found, looked = Told(), Gradients(), list(looked)
    order = sorted(enumerate(goals), key=lambda numbered: numbered[1].again)
    for number, one in order:
        for place, term in enumerate(one.terms):
            told.terms[number, place] = values[term.value].detach()
        own = [weight for player in one.players for weight in weights[player]]
        last = number == order[-1][0]
        if one in looked:
            flat, norms = _each(values, one, own, last)
            told.norms |= {(number, place): norm for place, norm in enumerate(norms)}
        else:
            total = _total([values[term.value] for term in one.terms])
            flat = _gradient(total, own, keep=not last)
        rest = iter(flat)
        for player in one.players:
            found[player] = [next(rest) for _ in weights[player]]
            told.gradients[player] = norm_of(found[player])
    return found, told


def _each(
    values: Values, one: Pursued, own: Sequence[Tensor], last: bool
) -> tuple[list[Tensor | None], list[Tensor]]:
    """The gradient of a goal, taken term by term, and the norm of each of these."""
    total: list[Tensor | None] = [None] * len(own)
    norms = []
    for number, term in enumerate(one.terms):
        keep = not (last and number == len(one.terms) - 1)
        part = _gradient(_total([values[term.value]]), own, keep)
        norms.append(norm_of(part))
        total = [_sum(a, b) for a, b in zip(total, part, strict=True)]
    return total, norms


def norm_of(gradients: Sequence[Tensor | None]) -> Tensor:
    """The Euclidean norm of all of them as one vector, 0-d."""
    return get_total_norm([one for one in gradients if one is not None])


def _sum(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _total(values: Sequence[Tensor]) -> Tensor:
    total = values[0].reshape(())
    for value in values[1:]:
        total = total + value.reshape(())
    return total


def _gradient(number: Tensor, by: Sequence[Tensor], keep: bool) -> list[Tensor | None]:
    if not number.requires_grad or not by:
        return [None] * len(by)
    return list(torch.autograd.grad(number, list(by), retain_graph=keep, allow_unused=True))
