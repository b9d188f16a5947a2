"""What a step computes and where it keeps a graph: read off the list of values, without torch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Objective, Phase, Pipeline, PlayerGoal
from autodesign.interpreter.pipeline.reach import above, carriers, reached
from autodesign.interpreter.pipeline.sharing import Sharing, sharing


@dataclass(frozen=True, slots=True)
class Pursued:
    """A goal in a phase: its players that learn, and its terms that are computed there.

    `again`: a lean unrolling among them computes losses anew when the gradient is taken.
    """

    goal: PlayerGoal
    players: tuple[int, ...]
    terms: tuple[Objective, ...]
    again: bool = False


def pursued(pipeline: Pipeline, phase: Phase) -> tuple[Pursued, ...]:
    """The goals of a phase's players, each with those terms that involve no other player."""
    found = []
    for goal in pipeline.goals:
        terms = tuple(t for t in goal.terms if pipeline.values[t.value].involves <= phase.players)
        players = tuple(player for player in goal.players if player in phase.players)
        if terms and players:
            found.append(Pursued(goal, players, terms, _lean(pipeline, terms)))
    return tuple(found)


def _lean(pipeline: Pipeline, terms: Iterable[Objective]) -> bool:
    made = (pipeline.values[one].made for one in reached(pipeline, [t.value for t in terms]))
    return any(isinstance(one, checked.After) and one.lean for one in made)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which values are computed, in order; of which a graph is kept; which are differentiated by.

    `loops` maps a value (a player that is unrolled) to the values that change with it, among those
    that its loss is made of. `learning` are the players to whose weights graphs reach. `sharing`
    says which numbers are differentiated once for all. `ahead` are the values that are computed for
    nothing but to look ahead: players are applied in them, and their running statistics stay.
    """

    needed: tuple[Index, ...]
    graph: frozenset[Index]
    by: frozenset[Index]
    loops: Mapping[Index, frozenset[Index]]
    learning: frozenset[int]
    sharing: Sharing
    ahead: frozenset[Index]


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
        players = frozenset(one.players)
        learning |= players
        graph |= carriers(pipeline, (term.value for term in one.terms), players)
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
    ways = [([t.value for t in one.terms], frozenset(one.players)) for one in goals]
    once = sharing(pipeline, order, ways)
    ahead = frozenset[Index]().union(*loops.values())
    ahead -= reached(pipeline, {*ends, *also}, steps=False)
    return Plan(order, frozenset(graph), frozenset(by), loops, frozenset(learning), once, ahead)
