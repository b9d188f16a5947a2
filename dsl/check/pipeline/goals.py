"""Goals: their summands, and whether their players can do anything about them."""

from collections.abc import Sequence

from autodesign.dsl.check.pipeline.counts import count
from autodesign.dsl.check.pipeline.read import fixed, number_of
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.pipeline.values import Summand
from autodesign.dsl.check.pipeline.weights import check_weights, has_weights
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.pipeline import NUMBER, Combined, Fixed, Index, Objective, PlayerGoal
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

MOST_BETWEEN = 1_000_000
"""Steps from one update of a player to the next"""


def read_goals(at: Reading) -> tuple[PlayerGoal, ...]:
    """The goals that are not refused."""
    first: dict[str, ast.Name] = {}
    goals: list[PlayerGoal] = []
    for item in at.items.goals:
        try:
            places = [_player(at, name, first) for name in item.players]
            goals.append(_goal(at, item, places))
        except Refused:
            continue
    return tuple(goals)


def warn_idle(at: Reading, goals: Sequence[PlayerGoal]) -> None:
    """Warns of players with weights that are in no goal."""
    learning = {place for goal in goals for place in goal.players}
    for actor in at.actors.values():
        if actor.fitted and actor.place not in learning and has_weights(actor):
            name = actor.item.name
            at.program.problems.warn(
                "AD507",
                f"no goal is for `{name.id}`: it stays as it is at the start",
                name.span,
                "learns nothing",
                help=f"write `goal {name.id} minimize ...`",
            )


def _player(at: Reading, name: ast.Name, first: dict[str, ast.Name]) -> int:
    place = player_named(at, name)
    before = first.setdefault(name.id, name)
    if before is not name:
        at.refuse(
            "AD505",
            f"the player `{name.id}` has two goals",
            name.span,
            "named again here",
            related=(Label(before.span, "first here"),),
            help=f"write one goal for `{name.id}`, a sum of both",
        )
    return place


def player_named(at: Reading, name: ast.Name) -> int:
    """The place of the player of that name. Reports and raises Refused."""
    if name.id in at.actors:
        return at.actors[name.id].place
    kind = at.items.names.get(name.id)
    if kind == "player":
        raise Refused()  # it was refused where it is declared
    nouns = {"draw": "drawn", "let": "a let", "param": "a parameter"}
    at.refuse(
        "AD510",
        f"`{name.id}` is {nouns[kind]}, and a player is needed here"
        if kind
        else f"the pipeline has no player `{name.id}`",
        name.span,
        "no player",
        help=did_you_mean(name.id, at.actors) or f"its players are {', '.join(at.actors)}",
    )


def _goal(at: Reading, item: ast.GoalItem, places: Sequence[int]) -> PlayerGoal:
    value = number_of(at, item.value, "a goal")
    every = 1
    if item.every is not None:
        every = count(at, item.every, "the number of steps between two updates", MOST_BETWEEN)
    own = frozenset(places)
    found = at.summands(value, item.value, "this goal")
    found = _weighed(at, own, found)
    sign = -1.0 if item.direction == "maximize" else 1.0
    _check_players(at, item, [index for _, index in found])
    terms = [
        _objective(at, item, (sign * factor, index))
        for factor, index in found
        if not _thrown_away(at, item, own, index)
    ]
    return PlayerGoal(tuple(places), tuple(terms), every, item.span)


def _weighed(at: Reading, own: frozenset[int], found: list[Summand]) -> list[Summand]:
    """The terms without those that weigh 0, which would be computed for nothing; all of them where
    a player would be left without any."""
    weighed = [summand for summand in found if summand[0] != 0]
    moved = frozenset[int]().union(*(at.value(index).players for _, index in weighed))
    return weighed if own <= moved else found


def _check_players(at: Reading, item: ast.GoalItem, terms: Sequence[Index]) -> None:
    """Refuses a goal that one of its players can do nothing about."""
    moved = frozenset[int]().union(*(at.value(index).players for index in terms))
    involved = frozenset[int]().union(*(at.value(index).involves for index in terms))
    for name in item.players:
        check_weights(at, at.actors[name.id], name.span)
        place = at.actors[name.id].place
        if place not in moved:
            at.refuse(
                "AD503",
                f"the goal does not depend on its player `{name.id}`"
                if place not in involved
                else f"no gradient of the goal reaches its player `{name.id}`",
                name.span,
                "its weights change nothing here",
                related=(Label(item.value.span, "in this"),),
                help="a history, a gradient, boxes and metrics pass no gradient on"
                if place in involved
                else f"add a term in which `{name.id}` is applied, or leave `{name.id}` out",
            )


def _thrown_away(at: Reading, item: ast.GoalItem, own: frozenset[int], index: Index) -> bool:
    """Whether a term changes nothing for the players of its goal, which is warned of."""
    value = at.value(index)
    if value.players & own:
        return False
    if isinstance(value.made, Fixed):
        return True  # `1 - share` is a way to write a goal
    names = " and ".join(f"`{name.id}`" for name in item.players)
    at.program.problems.warn(
        "AD504",
        f"the term `{said(at, index)}` has no gradient for {names}",
        _place(at, item, index),
        "left out",
        related=[Label(item.players[0].span, "of this goal")],
        help="leave it out, or put it into the goal of a player that it depends on",
    )
    return True


def _place(at: Reading, item: ast.GoalItem, index: Index) -> Span:
    """Where a term is written in the goal; all of it where that is in a let."""
    span = at.value(index).span
    inside = item.span.start <= span.start and span.end <= item.span.end
    return span if inside and span.source is item.span.source else item.value.span


def _objective(at: Reading, item: ast.GoalItem, summand: Summand) -> Objective:
    factor, index = summand
    text = said(at, index)
    if factor == 1:
        return Objective(index, text)
    value = at.value(index)
    made, text = Combined("minus", index, None), f"-{text}"
    if factor != -1:
        made = Combined("*", fixed(at, factor, item.value), index)
        text = f"{factor:g} * {said(at, index)}"
    return Objective(at.values.add(made, NUMBER, text, value.span), text)


def said(at: Reading, index: Index) -> str:
    """A value by the name of its let, else as it is written."""
    return at.names.get(index, at.value(index).text)
