"""Which numbers of a step several gradients want, and which gradients are differentiated again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Pipeline
from autodesign.interpreter.pipeline.reach import above, carriers, inputs, reached, summands

Values = frozenset[Index]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is known of the gradients of a step before it is computed.

    `by` maps a number that more than one gradient passes through to those of its inputs that they
    go on to: it is differentiated once, by all of these. `twice` are the numbers whose gradient is
    differentiated. `moving` maps an unrolled player to the summands of its loss that derivatives
    by its weights go on to; `own` are those where they go on to the weights that it starts from.
    `again`: some loss is computed more than once.
    """

    by: Mapping[Index, tuple[Index, ...]]
    twice: Values
    moving: Mapping[Index, tuple[Index, ...]]
    own: Values
    again: bool


def sharing(
    pipeline: Pipeline,
    needed: Sequence[Index],
    goals: Iterable[tuple[Sequence[Index], frozenset[int]]],
) -> Sharing:
    """For goals by the values of their terms and their players."""
    values, goals = pipeline.values, tuple(goals)
    once = [carriers(pipeline, ends, players, steps=False) for ends, players in goals]
    whole = [carriers(pipeline, ends, players) for ends, players in goals]
    for index in needed:
        match values[index].made:
            case checked.GradientOf(of, variable):
                way = reached(pipeline, [of]) & above(pipeline, variable)
                once, whole = [*once, way], [*whole, way]
    twice: set[Index] = set()
    moving, own, again = {}, set[Index](), False
    for index in needed:
        match values[index].made:
            case checked.After(player, _, _, steps, loss, lean):
                inside = reached(pipeline, [loss])
                ways = [way for way in whole if index in way]
                wanted = inside & _union(ways)
                moving[index] = tuple(i for i in summands(pipeline, loss) if i in wanted)
                own |= {index for way in ways if player in way}
                twice |= set() if lean else wanted
                again = again or lean or steps > 1
                once.append(inside & above(pipeline, player))
    by = {}
    for index in needed:
        value = values[index]
        ways = [way for way in once if index in way]
        number = isinstance(value.made, checked.Operation) and value.type == checked.NUMBER
        on = tuple(dict.fromkeys(i for i in inputs(value) if i in _union(ways)))
        if number and len(ways) > 1 and _apart(pipeline, on):
            by[index] = on
    return Sharing(by, frozenset(twice), moving, frozenset(own), again)


def _apart(pipeline: Pipeline, some: Sequence[Index]) -> bool:
    """Whether none is made of another: else a derivative by the one would count those by the other
    too, and they would be counted twice."""
    return all(
        one == other or one not in reached(pipeline, [other]) for one in some for other in some
    )


def _union(sets: Iterable[Values]) -> Values:
    return frozenset[Index]().union(*sets)
