"""Pipelines that no job plays: their sizes are not known, their names are looked up."""

from collections.abc import Iterator

from autodesign.dsl.check.chain import KINDS
from autodesign.dsl.check.pipeline.pipeline import items_of
from autodesign.dsl.check.pipeline.read import APPLIED, BUILT_IN, unknown
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.pipeline.short import check_short
from autodesign.dsl.check.pipeline.structure import Structure
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.reach import name_nodes
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.resolve.scope import unknown as unknown_in_file
from autodesign.dsl.syntax import ast


def check_unplayed(program: Program, entry: Entry) -> None:
    """Reports names of a pipeline that mean nothing or are taken twice, and circles of lets."""
    if isinstance(entry.declaration, ast.ShortPipeline):
        _check_short(program, entry, entry.declaration)
        return
    items = items_of(program, entry)
    home = Env(entry.scope)
    at = Reading(program, home, home, items, {})
    for name in _of_values(items):
        if name.id in items.names or name.id in BUILT_IN or home.scope.find(name.id):
            continue
        try:
            unknown(at, name, "anything", ("param", "data", "placement", *APPLIED))
        except Refused:
            continue
    for player in items.players:
        _look_up(program, items, home, player.body, KINDS, "a layer")
        _look_up(program, items, home, player.optimizer, ("optimizer",), "an optimizer")


def _check_short(program: Program, entry: Entry, declaration: ast.ShortPipeline) -> None:
    try:
        check_short(program, entry)
    except Refused:
        return
    own = {param.name.id for param in declaration.params} | {"repeat"}
    for name in name_nodes(declaration.body):
        if name.id not in own and entry.scope.find(name.id) is None:
            unknown_in_file(program.problems, name, entry.scope, (), "anything")


def _look_up(
    program: Program,
    items: Structure,
    home: Env,
    expr: ast.Expr | None,
    kinds: tuple[str, ...],
    wanted: str,
) -> None:
    for name in name_nodes(expr):
        known = items.names.get(name.id) == "param" or name.id == "repeat"
        if not known and home.scope.find(name.id) is None:
            unknown_in_file(program.problems, name, home.scope, kinds, wanted)


def _of_values(items: Structure) -> Iterator[ast.Name]:
    """The names in what is computed, trained and made."""
    yield from name_nodes(tuple(let.value for let in items.lets))
    yield from name_nodes(tuple(output.value for output in items.outputs))
    for goal in items.goals:
        yield from name_nodes((goal.players, goal.value, goal.every))
    for phase in items.phases:
        yield from name_nodes((phase.players, phase.amount))
    yield from name_nodes(tuple(draw.source for draw in items.draws))
