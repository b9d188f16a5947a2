"""What a step computes and where it keeps a graph: read off the list of values, without torch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Objective, Phase, Pipeline, PlayerGoal


def inputs(value: checked.StepValue) -> tuple[Index, ...]:
    """The values that a value is made of."""
    match value.made:
        case checked.Placed(inputs=given) | checked.Operation(inputs=given):
            return tuple(index for _, index in given)
        case checked.After(player, _, rate, _, loss):
            return (player, loss) if rate is None else (player, rate, loss)
        case checked.Applied(player, given):
            return (player, *given)
        case checked.History(given):
            return (given,)
        case checked.GradientOf(of, by):
            return (of, by)
        case checked.Combined(_, left, right):
            return (left,) if right is None else (left, right)
        case _:
            return ()


def reached(pipeline: Pipeline, ends: Iterable[Index]) -> frozenset[Index]:
    """The values that some are made of, and they themselves."""
    found: set[Index] = set()
    left = list(ends)
    while left:
        index = left.pop()
        if index not in found:
            found.add(index)
            left.extend(inputs(pipeline.values[index]))
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


@dataclass(frozen=True, slots=True)
class Pursued:
    """A goal in a phase: its terms that are computed there"""

    goal: PlayerGoal
    terms: tuple[Objective, ...]


def pursued(pipeline: Pipeline, phase: Phase) -> tuple[Pursued, ...]:
    """The goals of a phase's players, each with those terms that involve no other player."""
    found = []
    for goal in pipeline.goals:
        terms = tuple(t for t in goal.terms if pipeline.values[t.value].involves <= phase.players)
        if terms and phase.players.issuperset(goal.players):
            found.append(Pursued(goal, terms))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which values are computed, in order; of which a graph is kept; which are differentiated by.

    `loops` maps a value (a player that is unrolled) to the values that change with it, among those
    that its loss is made of. `learning` are the players to whose weights graphs reach.
    """

    needed: tuple[Index, ...]
    graph: frozenset[Index]
    by: frozenset[Index]
    loops: Mapping[Index, frozenset[Index]]
    learning: frozenset[int]


def plan(pipeline: Pipeline, goals: Iterable[Pursued], also: Iterable[Index] = ()) -> Plan:
    """For some goals and values that are wanted beside them, of which no graph is."""
    goals = tuple(goals)
    ends = {term.value for one in goals for term in one.terms}
    needed = reached(pipeline, {*ends, *also})
    values = pipeline.values
    graph: set[Index] = set()
    by: set[Index] = set()
    loops = {}
    learning: set[int] = set()
    for one in goals:
        players = frozenset(one.goal.players)
        learning |= players
        graph |= _carriers(pipeline, (term.value for term in one.terms), players)
    for index in needed:
        match values[index].made:
            case checked.GradientOf(of, wanted):
                by.add(wanted)
                graph |= reached(pipeline, [of]) & above(pipeline, wanted)
            case checked.After(player, _, _, _, loss):
                loops[index] = reached(pipeline, [loss]) & above(pipeline, player)
                graph |= loops[index]
                learning |= values[player].players
    order = tuple(sorted(needed))
    return Plan(order, frozenset(graph), frozenset(by), loops, frozenset(learning))


def _carriers(
    pipeline: Pipeline, ends: Iterable[Index], players: frozenset[int]
) -> frozenset[Index]:
    """The values through which ends carry a gradient to players."""
    found: set[Index] = set()
    left = list(ends)
    while left:
        index = left.pop()
        value = pipeline.values[index]
        if index in found or value.players.isdisjoint(players):
            continue
        found.add(index)
        if not isinstance(value.made, checked.History | checked.GradientOf | checked.Placed):
            left.extend(inputs(value))
    return frozenset(found)
