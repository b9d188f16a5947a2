"""Phases: who learns for how long, and which terms of the goals that leaves."""

from collections.abc import Iterator, Sequence
from typing import Literal

from autodesign.dsl.check.pipeline.counts import count
from autodesign.dsl.check.pipeline.goals import player_named
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.pipeline import Objective, Phase, PlayerGoal
from autodesign.dsl.syntax import ast

LONGEST = 1_000_000_000


def read_phases(at: Reading, goals: Sequence[PlayerGoal]) -> tuple[Phase, ...]:
    """The phases that are not refused. One of length 0 is left out."""
    if not at.items.phases:
        at.program.problems.error(
            "AD508",
            "the pipeline does not say how long it trains",
            at.items.declaration.name.span,
            "no `joint` and no `pretrain` in it",
            help="write for example `joint for 20 epochs`",
        )
    phases: list[Phase] = []
    for item in at.items.phases:
        try:
            phase = _phase(at, item)
            if not phase.length:
                continue
            phases.append(phase)
            if at.program.problems.refused:
                continue  # goals may be missing
            _check_terms(at, item, phase, goals)
        except Refused:
            continue
    if at.items.phases and not phases and not at.program.problems.refused:
        at.program.problems.error(
            "AD508",
            "all phases of the pipeline are of length 0",
            at.items.phases[0].span,
            "nobody is trained",
            help="give one of them a length",
        )
    return tuple(phases)


def _phase(at: Reading, item: ast.PretrainItem) -> Phase:
    joint = item.keyword == "joint"
    if joint == bool(item.players):
        at.refuse(
            "AD508",
            "`joint` trains all players" if joint else "`pretrain` does not say whom it trains",
            item.players[0].span if joint else item.span,
            "players are named here" if joint else "no player is named",
            help="write `joint for ...`, or `pretrain A, B for ...` for some of them",
        )
    players = _players(at, item) if not joint else range(len(at.actors))
    unit: Literal["epochs", "steps"] = "epochs" if item.unit == "epochs" else "steps"
    length = count(at, item.amount, "the length of a phase", LONGEST, least=0)
    return Phase(frozenset(players), length, unit, joint)


def _players(at: Reading, item: ast.PretrainItem) -> Iterator[int]:
    first: dict[str, ast.Name] = {}
    for name in item.players:
        before = first.setdefault(name.id, name)
        if before is not name:
            at.refuse(
                "AD508",
                f"`{name.id}` is named twice in this phase",
                name.span,
                "again here",
                related=(Label(before.span, "first here"),),
                help="name it once",
            )
        yield player_named(at, name)


def pursued(at: Reading, phase: Phase, goal: PlayerGoal) -> tuple[Objective, ...]:
    """The terms of a goal in a phase: those that involve no player outside of it."""
    if not phase.players & frozenset(goal.players):
        return ()
    return tuple(t for t in goal.terms if at.value(t.value).involves <= phase.players)


def _check_terms(
    at: Reading, item: ast.PretrainItem, phase: Phase, goals: Sequence[PlayerGoal]
) -> None:
    """Refuses a phase in which nobody learns, warns of a player who learns nothing in it."""
    moved: set[int] = set()
    for goal in goals:
        for term in pursued(at, phase, goal):
            moved |= at.value(term.value).players & frozenset(goal.players)
    if not moved & phase.players:
        at.refuse(
            "AD508",
            "nobody learns anything in this phase",
            item.span,
            "no term of a goal is left",
            help="every term involves a player that this phase does not name: name it too",
        )
    if phase.joint:
        return
    for name in item.players:
        if at.actors[name.id].place not in moved:
            at.program.problems.warn(
                "AD509",
                f"`{name.id}` learns nothing in this phase",
                name.span,
                "every term for it involves a player that the phase does not name",
                help=f"name those players here, or leave `{name.id}` out",
            )
