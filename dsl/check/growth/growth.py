"""A growth: its networks as they begin, and all moves there are."""

from collections.abc import Mapping

from autodesign.dsl.check.arguments import bind
from autodesign.dsl.check.growth.actions import read_actions
from autodesign.dsl.check.growth.networks import read_networks
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.grow import first, grow
from autodesign.dsl.grow.double import PARTS
from autodesign.dsl.growth import Architecture, Double, Growth, Move
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Nested, Network
from autodesign.dsl.syntax import ast

MOST_DOUBLINGS = 12
MOST_LAYERS = 1_000
"""Layers of all networks of a candidate, those of networks used as layers among them."""


def check_growth(program: Program, entry: Entry) -> Growth | None:
    """The growth, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.GrowthDeclaration)
    name = declaration.name
    try:
        networks = read_networks(program, entry.scope, declaration)
        check_layers(program, sum(layers_in(g.network) for g in networks), name.span)
        moves = read_actions(program, entry.scope, declaration, networks)
        growth = Growth(
            name.id, networks, moves, _parts(program, name.span), name.span, declaration.doc
        )
        _check_moves(program, growth, declaration)
    except Refused:
        return None
    return growth


def layers_in(network: Network) -> int:
    """The layers of a network, those of networks used as layers among them."""
    steps = [step for node in network.nodes for step in node.steps]
    return sum(layers_in(s.network) if isinstance(s, Nested) else 1 for s in steps)


def check_layers(program: Program, layers: int, at: Span) -> None:
    """Refuses networks too large to be rewritten move by move. Reports and raises Refused."""
    if layers > MOST_LAYERS:
        program.problems.error(
            "AD635",
            f"the networks of a candidate would have {layers:,} layers",
            at,
            f"the limit is {MOST_LAYERS:,}, all networks together",
            help="begin with fewer layers, insert fewer at once, or end after fewer moves",
        )
        raise Refused()


def _parts(program: Program, at: Span) -> Mapping[str, Call]:
    """The layers of the library that growing itself puts in."""
    found: dict[str, Call] = {}
    for name, args in PARTS.items():
        entry = program.modules.prelude[name]
        keywords = tuple(
            ast.Keyword(at, ast.Name(at, key), ast.Number(at, value)) for key, value in args.items()
        )
        call = ast.Call(at, ast.Name(at, name), (), keywords)
        found[name] = bind(program, Env(entry.scope), entry, call)
    return found


def _check_moves(program: Program, growth: Growth, declaration: ast.GrowthDeclaration) -> None:
    """Refuses a move that applies to no architecture that doublings alone lead to."""
    spans = {item.name.id: item.name.span for item in declaration.items}
    begin = first(growth, program.library)
    larger: list[Architecture] | None = None
    refused: set[str] = set()
    for move in growth.moves:
        misfit = _misfit(program, growth, begin, move)
        if misfit is None or move.action in refused:
            continue
        larger = _doubled(program, growth, begin) if larger is None else larger
        if all(_misfit(program, growth, architecture, move) for architecture in larger):
            refused.add(move.action)
            program.problems.error(
                "AD613",
                f"`{move.text}` does not apply: {misfit.message}",
                spans[move.action],
                "this move does not fit" + (", at no resolution" if larger else ""),
                help=misfit.help or "leave it out of the action",
            )
    if refused:
        raise Refused()


def _doubled(program: Program, growth: Growth, architecture: Architecture) -> list[Architecture]:
    """The first architecture doubled again and again."""
    move = next((move for move in growth.moves if isinstance(move.change, Double)), None)
    found: list[Architecture] = []
    for _ in range(MOST_DOUBLINGS if move else 0):
        assert move is not None
        try:
            architecture = grow(growth, architecture, move, program.library, "reinit").settled
        except Misfit:
            break
        found.append(architecture)
    return found


def _misfit(
    program: Program, growth: Growth, architecture: Architecture, move: Move
) -> Misfit | None:
    """Why a move does not apply to an architecture; None: it does."""
    try:
        grow(growth, architecture, move, program.library, "reinit")
    except Misfit as misfit:
        return misfit
    return None
