"""What values are made of, and what changes with them: read off the list of values."""

from collections.abc import Iterable

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Pipeline


def inputs(value: checked.StepValue) -> tuple[Index, ...]:
    """The values that a value is made of."""
    return checked.inputs(value.made)


def reached(pipeline: Pipeline, ends: Iterable[Index], steps: bool = True) -> frozenset[Index]:
    """The values that some are made of, and they themselves.

    Without `steps`, not those that only the losses of players that are unrolled are made of.
    """
    found: set[Index] = set()
    left = list(ends)
    while left:
        index = left.pop()
        if index not in found:
            found.add(index)
            left.extend(_onward(pipeline.values[index], steps))
    return frozenset(found)


def above(pipeline: Pipeline, one: Index) -> frozenset[Index]:
    """The values that are made of one, and it itself: those that change with it.

    What a history or a placement gives does not.
    """
    found = {one}
    for index in range(one + 1, len(pipeline.values)):
        value = pipeline.values[index]
        steady = isinstance(value.made, checked.History | checked.Placed)
        if not steady and not found.isdisjoint(inputs(value)):
            found.add(index)
    return frozenset(found)


def carriers(
    pipeline: Pipeline, ends: Iterable[Index], players: frozenset[int], steps: bool = True
) -> frozenset[Index]:
    """The values through which ends carry a gradient to players.

    Without `steps`, not through the losses of players that are unrolled: what goes through these is
    the gradient of a gradient.
    """
    found: set[Index] = set()
    left = list(ends)
    while left:
        index = left.pop()
        value = pipeline.values[index]
        if index in found or value.players.isdisjoint(players):
            continue
        found.add(index)
        match value.made:
            case checked.History() | checked.GradientOf() | checked.Placed():
                pass
            case _:
                left.extend(_onward(value, steps))
    return frozenset(found)


def _onward(value: checked.StepValue, steps: bool) -> tuple[Index, ...]:
    """What a value is made of; without `steps`, a player that is unrolled not of its loss."""
    made = value.made
    if steps or not isinstance(made, checked.After):
        return inputs(value)
    return tuple(one for one in inputs(value) if one != made.loss)


def summands(pipeline: Pipeline, index: Index) -> tuple[Index, ...]:
    """The values whose sum a value is."""
    match pipeline.values[index].made:
        case checked.Combined("+", left, int() as right):
            return (*summands(pipeline, left), *summands(pipeline, right))
    return (index,)
