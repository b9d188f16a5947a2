"""The actions of a growth: all moves there are, from what their parameters may be."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from autodesign.dsl.check.arguments import bind
from autodesign.dsl.check.chain import MOST_LAYERS, expand, too_many
from autodesign.dsl.check.clauses import declared
from autodesign.dsl.check.growth.choices import MOST_MOVES, read_choices, too_many_moves
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.growth import Double, Grown, Insert, Move
from autodesign.dsl.resolve.scope import Scope, twice
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast

MOST_INSERTED = 20_000
"""Layers that all moves of a growth insert together."""
Action = ast.InsertAction | ast.DoubleAction


def read_actions(
    program: Program, scope: Scope, declaration: ast.GrowthDeclaration, networks: Sequence[Grown]
) -> tuple[Move, ...]:
    """All moves of a growth. What is wrong is reported; raises Refused where one is refused."""
    before = _errors(program)
    actions = [item for item in declaration.items if not isinstance(item, ast.GrownItem)]
    taken = {
        item.name.id: item.name.span
        for item in declaration.items
        if isinstance(item, ast.GrownItem)
    }
    for action in actions:
        if taken.setdefault(action.name.id, action.name.span) is not action.name.span:
            twice(program.problems, action.name, taken[action.name.id])
    if not actions:
        program.problems.error(
            "AD603",
            f"the growth `{declaration.name.id}` has no action",
            declaration.name.span,
            "nothing grows",
            help="write for example `action deeper = Conv2d(16, 3, padding=1) before C.score`",
        )
    moves: list[Move] = []
    layers = 0
    for action in actions:
        try:
            for move in _moves(program, scope, action, networks, MOST_MOVES - len(moves)):
                moves.append(move)
                layers += inserted(move)
                if layers > MOST_INSERTED:
                    raise _too_many_layers(program, action.name.span)
        except Refused:
            continue
    if _errors(program) > before:
        raise Refused()
    return tuple(moves)


def inserted(move: Move) -> int:
    """The layers that a move inserts."""
    change = move.change
    if isinstance(change, Insert):
        return len(change.calls)
    return sum(map(len, change.blocks.values()))


def _too_many_layers(program: Program, at: Span) -> Refused:
    program.problems.error(
        "AD608",
        f"the moves of a growth insert at most {MOST_INSERTED:,} layers, all of them together",
        at,
        "from here on more",
        help="insert fewer layers at once, or let parameters choose among fewer values",
    )
    return Refused()


def _errors(program: Program) -> int:
    return sum(found.severity == "error" for found in program.problems.found)


def _moves(
    program: Program, scope: Scope, action: Action, networks: Sequence[Grown], room: int
) -> Iterator[Move]:
    choices = read_choices(program, scope, action.params, room)
    if prod(map(len, choices.values())) > room:
        raise too_many_moves(program, action.name.span)
    fade = _fade(program, Env(scope), action.fade)
    for values in product(*choices.values()):
        args = dict(zip(choices, values, strict=True))
        env = Env(scope, args)
        change = (
            _insert(program, env, action, networks)
            if isinstance(action, ast.InsertAction)
            else _double(program, env, action, networks)
        )
        yield Move(action.name.id, tuple(args.items()), change, fade)


def _fade(program: Program, env: Env, expr: ast.Expr | None) -> float | None:
    """The part of a training over which a move fades in; None: it does not."""
    if expr is None:
        return None
    call = declared(program, env, expr, "fade")
    part = None if call is None else next(iter(call.args.values()), None)
    if not isinstance(part, int | float):
        raise Refused()
    return float(part) or None


def layers_of(program: Program, env: Env, body: ast.Expr) -> tuple[Call, ...]:
    """The layers of an action, their sizes still open. Reports and raises Refused."""
    calls: list[Call] = []
    for link in expand(program, env, body):
        if link.entry.kind == "network":
            program.problems.error(
                "AD612",
                f"`{link.entry.declaration.name.id}` is a network, and an action inserts layers",
                link.call.span,
                "used as a layer here",
                help="write it as a `block`",
            )
            raise Refused()
        if len(calls) >= MOST_LAYERS:
            raise too_many(program, body.span)
        calls.append(bind(program, link.env, link.entry, link.call))
    return tuple(calls)


def _insert(
    program: Program, env: Env, action: ast.InsertAction, networks: Sequence[Grown]
) -> Insert:
    grown, anchor = _anchor(program, action.anchor, networks)
    outside = "before" if grown.role != "generator" else "after"
    if anchor == grown.head and action.where == outside:
        does = "reads the images" if outside == "before" else "gives the images"
        other = "after" if outside == "before" else "before"
        program.problems.error(
            "AD611",
            f"`{grown.name}.{anchor}` {does}, and would not any more",
            action.anchor.span,
            "the head of this network",
            help=f"write `{other} {grown.name}.{anchor}`",
        )
        raise Refused()
    calls = layers_of(program, env, action.body)
    return Insert(grown.name, calls, "before" if action.where == "before" else "after", anchor)


def _anchor(program: Program, expr: ast.Expr, networks: Sequence[Grown]) -> tuple[Grown, str]:
    """The network and the node that `G.rgb` names."""
    if not isinstance(expr, ast.Attribute) or not isinstance(expr.base, ast.Name):
        first = networks[0]
        program.problems.error(
            "AD609",
            "an action grows next to a node of one of its networks",
            expr.span,
            "this is no node of a network",
            help=f"write for example `{first.name}.{first.head or first.network.nodes[-1].name}`",
        )
        raise Refused()
    grown = _network(program, expr.base, networks)
    names = [node.name for node in grown.network.nodes]
    if expr.name.id not in names:
        program.problems.error(
            "AD609",
            f"`{grown.name}` has no node `{expr.name.id}`",
            expr.name.span,
            "not declared in it",
            related=[Label(grown.network.span, "this network")],
            help=did_you_mean(expr.name.id, names) or f"its nodes are {', '.join(names)}",
        )
        raise Refused()
    return grown, expr.name.id


def _network(program: Program, name: ast.Name, networks: Sequence[Grown]) -> Grown:
    for grown in networks:
        if grown.name == name.id:
            return grown
    names = [grown.name for grown in networks]
    program.problems.error(
        "AD609",
        f"the growth has no network `{name.id}`",
        name.span,
        "not declared in it",
        help=did_you_mean(name.id, names) or f"its networks are {', '.join(names)}",
    )
    raise Refused()


def _double(
    program: Program, env: Env, action: ast.DoubleAction, networks: Sequence[Grown]
) -> Double:
    blocks: dict[str, tuple[Call, ...]] = {}
    first: dict[str, Span] = {}
    for doubled in action.networks:
        grown = _network(program, doubled.name, networks)
        if first.setdefault(grown.name, doubled.name.span) is not doubled.name.span:
            twice(program.problems, doubled.name, first[grown.name])
            raise Refused()
        if not grown.head:
            _refuse_headless(program, doubled.name, grown)
        body = doubled.body
        blocks[grown.name] = () if body is None else layers_of(program, env, body)
    left = [g.name for g in networks if g.name not in blocks and g.head]
    if left:
        program.problems.error(
            "AD610",
            f"`{action.name.id}` leaves {' and '.join(f'`{name}`' for name in left)} at the old"
            " resolution",
            action.name.span,
            "all networks of a growth have images of one size",
            help=f"write `double {', '.join([*blocks, *left])}`",
        )
        raise Refused()
    return Double(blocks)


def _refuse_headless(program: Program, name: ast.Name, grown: Grown) -> None:
    out = grown.role == "generator"
    program.problems.error(
        "AD610",
        f"`{grown.name}` has no head to double: "
        + ("no node of it gives an image" if out else "there is not one node that reads an image"),
        name.span,
        "doubled here",
        related=[Label(grown.network.span, "this network")],
        help="let one node give the image" if out else "let one node read the image",
    )
    raise Refused()
