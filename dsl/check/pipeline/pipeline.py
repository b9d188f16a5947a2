"""A pipeline with its arguments, checked."""

from typing import cast

from autodesign.dsl.check.pipeline.bind import bind_pipeline
from autodesign.dsl.check.pipeline.draws import read_draws
from autodesign.dsl.check.pipeline.goals import read_goals
from autodesign.dsl.check.pipeline.outputs import read_outputs
from autodesign.dsl.check.pipeline.phases import read_phases
from autodesign.dsl.check.pipeline.players import finished, read_players
from autodesign.dsl.check.pipeline.read import read
from autodesign.dsl.check.pipeline.reading import MOST_VALUES, Reading
from autodesign.dsl.check.pipeline.short import opened
from autodesign.dsl.check.pipeline.structure import Structure, structure
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.pipeline import Phase, Pipeline, Player, PlayerGoal
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.syntax import ast


@record
class Parts:
    """What has been read of a pipeline, beside its values."""

    goals: tuple[PlayerGoal, ...]
    phases: tuple[Phase, ...]
    outputs: tuple[tuple[str, int], ...]


def items_of(program: Program, entry: Entry) -> Structure:
    """The structure of a declared pipeline, worked out once."""
    if entry not in program.structures:
        program.structures[entry] = structure(program, entry)
    return cast(Structure, program.structures[entry])


def read_pipeline(
    program: Program, env: Env, entry: Entry, call: ast.Call
) -> tuple[Reading, Parts]:
    """The pipeline with the arguments of a call, read. Reports and raises Refused."""
    if program.values_made > MOST_VALUES:
        raise Refused()  # said once
    played = opened(program, env, entry, call)
    items = items_of(program, played.entry)
    bound, data = bind_pipeline(program, played)
    home = Env(played.entry.scope, bound)
    at = Reading(program, home, home, items, data)
    read_draws(at)
    read_players(at)
    for item in items.lets:
        at.made.setdefault(item.name.id, None)
        try:
            index = read(at, item.value)
        except Refused:
            continue
        at.made[item.name.id] = index
        at.names.setdefault(index, item.name.id)
    goals = read_goals(at)
    outputs = read_outputs(at)
    _refuse_nothing(at)
    return at, Parts(goals, read_phases(at, goals), outputs)


def _refuse_nothing(at: Reading) -> None:
    """Refuses a pipeline without draws or goals: there is nothing to train, or on nothing."""
    for missing, found, sample in (
        ("draws no examples", at.items.draws, "draw x from DATA"),
        ("has no goal", at.items.goals, "goal A minimize ..."),
    ):
        if not found:
            at.program.problems.error(
                "AD535",
                f"the pipeline `{at.items.declaration.name.id}` {missing}",
                at.items.declaration.name.span,
                "nothing to train" if missing == "has no goal" else "nothing to train on",
                help=f"write for example `{sample}`",
            )


def finish(at: Reading, parts: Parts, whole: bool) -> Pipeline:
    """The checked pipeline; its values are all that were read by now.

    Reports players that are never applied, unless more is missing (`whole`). Raises Refused.
    """
    players: list[Player] = []
    for actor in at.actors.values():
        player = finished(at, actor, whole)
        if player is not None:
            players.append(player)
    if len(players) < len(at.items.players):
        raise Refused()
    declaration = at.items.declaration
    return Pipeline(
        declaration.name.id,
        tuple(at.draws),
        tuple(players),
        tuple(at.values.all),
        tuple((item.name.id, index) for item in at.items.lets for index in _index(at, item)),
        parts.goals,
        parts.phases,
        parts.outputs,
        declaration.name.span,
        declaration.doc,
    )


def _index(at: Reading, item: ast.LetItem) -> tuple[int, ...]:
    index = at.made.get(item.name.id)
    return () if index is None else (index,)
