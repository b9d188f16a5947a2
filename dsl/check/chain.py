"""Chains of layers: `conv(8, 3) | MaxPool2d(2) | Flatten`, expanded and fitted to shapes."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from autodesign.dsl.check.arguments import bind, bind_block
from autodesign.dsl.check.misfit import refused
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.types import conform
from autodesign.dsl.check.values import Chain, Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Layer, Nested, Shape, Step, Value
from autodesign.dsl.syntax import ast

MOST_LAYERS = 10_000
"""Layers in one node; `repeat(1_000_000_000, ...)` is refused before it is expanded."""
MOST_ELEMENTS = 2**31
"""Numbers in one value of one example (8 GB as float32)."""
KINDS = ("layer", "block", "network")


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One layer of an expanded chain: what is called, how it is written, and where."""

    entry: Entry
    call: ast.Call
    env: Env


def is_chain(env: Env, expr: ast.Expr) -> bool:
    """Whether an expression is made of layers rather than a value."""
    if isinstance(expr, ast.Binary):
        return expr.op == "|"
    if isinstance(expr, ast.Call):
        return is_chain(env, expr.function)
    if isinstance(expr, ast.Name):
        if expr.id in env.locals:
            return isinstance(env.locals[expr.id], Chain)
        entry = env.scope.find(expr.id)
        return expr.id == "repeat" if entry is None else entry.kind in KINDS
    return False


def expand(program: Program, env: Env, expr: ast.Expr) -> Iterator[Link]:
    """The layers of a chain in order, blocks opened. Reports and raises Refused."""
    if isinstance(expr, ast.Binary) and expr.op == "|":
        yield from expand(program, env, expr.left)
        yield from expand(program, env, expr.right)
        return
    call = expr if isinstance(expr, ast.Call) else ast.Call(expr.span, expr, (), ())
    if not isinstance(call.function, ast.Name):
        raise _not_a_layer(program, expr)
    name = call.function
    if name.id in env.locals:
        yield from _local(program, env, call, name)
        return
    entry = env.scope.find(name.id)
    if entry is None and name.id == "repeat":
        yield from _repeat(program, env, call)
    elif entry is None:
        unknown(program.problems, name, env.scope, KINDS, "a layer")
        raise Refused()
    elif isinstance(entry.declaration, ast.BlockDeclaration):
        inside = program.enter(env, entry, name)
        bound = bind_block(program, env, entry, entry.declaration.params, call)
        yield from expand(program, Env(inside.scope, bound, inside.trail), entry.declaration.body)
    elif entry.kind in KINDS:
        yield Link(entry, call, env)
    else:
        wrong_kind(program.problems, name, entry, "a layer")
        raise Refused()


def _local(program: Program, env: Env, call: ast.Call, name: ast.Name) -> Iterator[Link]:
    chain = env.locals[name.id]
    if not isinstance(chain, Chain) or call.args or call.keywords:
        raise _not_a_layer(program, call)
    yield from expand(program, chain.env, chain.body)


def _not_a_layer(program: Program, expr: ast.Expr) -> Refused:
    program.problems.error(
        "AD321",
        "this is not a layer",
        expr.span,
        "a layer, block or network is needed here",
        help="join layers with `|`, as in `Flatten | Linear(10)`",
    )
    return Refused()


def _repeat(program: Program, env: Env, call: ast.Call) -> Iterator[Link]:
    if len(call.args) != 2 or call.keywords:
        program.problems.error(
            "AD319",
            "`repeat` takes a number and a chain of layers",
            call.span,
            "written otherwise here",
            help="write `repeat(3, MaxPool2d(2))`",
        )
        raise Refused()
    type_ = ast.TypeExpr(call.span, (ast.TypeName(call.span, "int"),))
    count = evaluate(program, env, call.args[0])
    count = conform(program, type_, count, call.args[0].span, "the number of `repeat`")
    assert isinstance(count, int)
    if not 1 <= count <= MOST_LAYERS:
        raise too_many(program, call.args[0].span)
    for _ in range(count):
        yield from expand(program, env, call.args[1])


def too_many(program: Program, at: Span) -> Refused:
    program.problems.error(
        "AD318",
        f"a node has between 1 and {MOST_LAYERS:,} layers",
        at,
        "this makes a number outside",
        help="repeat fewer layers, or spread them over several nodes",
    )
    return Refused()


def fit(
    program: Program,
    env: Env,
    body: ast.Expr,
    sources: tuple[Shape, ...],
    scores: int | None = None,
) -> tuple[tuple[Step, ...], Shape]:
    """The steps of a node's chain and the shape of its value. Reports and raises Refused.

    `sources` are the shapes of the node's inputs; the first step takes all of them. `scores` is the
    number of control edges of a control node: its last layer gets that width.
    """
    links: list[Link] = []
    for link in expand(program, env, body):
        links.append(link)
        if len(links) > MOST_LAYERS:
            raise too_many(program, body.span)
    steps: list[Step] = []
    shapes = sources
    for index, link in enumerate(links):
        width = scores if index == len(links) - 1 else None
        step = _nested(program, link, shapes, steps) if link.entry.kind == "network" else None
        steps.append(step or _layer(program, link, shapes, width))
        shapes = (steps[-1].shape,)
    return tuple(steps), shapes[0]


def _layer(program: Program, link: Link, shapes: tuple[Shape, ...], width: int | None) -> Layer:
    params = link.entry.declaration.params  # type: ignore[union-attr]
    supplied: dict[str, Value] = {}
    if width is not None and any(p.name.id == "out_features" for p in params):
        supplied["out_features"] = width
    bound = bind(program, link.env, link.entry, link.call, supplied)
    try:
        derived = program.library.layer(bound.module, bound.name, shapes, bound.args)
    except Misfit as misfit:
        raise _misfit(program, link, misfit) from None
    if prod(derived.shape) > MOST_ELEMENTS:
        refuse_size(program, derived.shape, link.call.span)
    call = type(bound)(
        bound.kind, bound.name, bound.module, {**bound.args, **derived.sizes}, bound.span
    )
    return Layer(call, shapes, derived.shape, derived.cost, derived.parameters, bound.args)


def refuse_size(program: Program, shape: Shape, at: Span) -> None:
    """Says that a value would be too large for any machine, and raises Refused."""
    program.problems.error(
        "AD317",
        f"a value of shape {list(shape)} has {prod(shape):.1e} numbers",
        at,
        f"the limit for one example is {MOST_ELEMENTS:.1e}",
        help="use smaller sizes",
    )
    raise Refused()


def _misfit(program: Program, link: Link, misfit: Misfit) -> Refused:
    span = link.call.span
    for keyword in link.call.keywords:
        if keyword.name.id == misfit.argument:
            span = keyword.span
    name, related = link.entry.declaration.name.id, trail_labels(link.env)
    return refused(program, misfit, name, span, "does not fit", "AD311", related)


def trail_labels(env: Env) -> list[Label]:
    """Where the blocks and networks around a place were used."""
    return [
        Label(span, f"in `{entry.declaration.name.id}`, used here") for entry, span in env.trail
    ]


def _nested(program: Program, link: Link, shapes: tuple[Shape, ...], before: list[Step]) -> Nested:
    from autodesign.dsl.check.network import instantiate, open_inputs

    assert isinstance(link.call.function, ast.Name)
    inside = program.enter(link.env, link.entry, link.call.function)
    declaration = link.entry.declaration
    assert isinstance(declaration, ast.NetworkDeclaration)
    bound = bind_block(program, link.env, link.entry, declaration.params, link.call)
    names = [item.name.id for item in declaration.items if isinstance(item, ast.InputItem)]
    if open_inputs(declaration) and len(names) != len(shapes):
        _refuse_number(program, link, len(names), len(shapes))
    flows = dict(zip(names, shapes, strict=False))
    network = instantiate(program, link.entry, Env(inside.scope, bound, inside.trail), flows)
    if network is None:
        raise Refused()
    given, wanted = list(map(list, shapes)), [list(i.shape) for i in network.inputs]
    if given != wanted or len(network.outputs) != 1:
        _refuse_nested(program, link, network.name, given, wanted, len(network.outputs))
    same = sum(isinstance(s, Nested) and s.network.name == network.name for s in before)
    label = network.name if not same else f"{network.name}_{same + 1}"
    return Nested(label, network, network.outputs[0].edge.shape)


def _refuse_number(program: Program, link: Link, wanted: int, given: int) -> None:
    name = link.entry.declaration.name
    program.problems.error(
        "AD327",
        f"`{name.id}` takes {wanted} {'value' if wanted == 1 else 'values'}, and is given {given}",
        link.call.span,
        "does not fit",
        related=[Label(name.span, "declared here")],
        help="name as many values as the node's arguments, and write this network first in its"
        " chain",
    )
    raise Refused()


def _refuse_nested(
    program: Program,
    link: Link,
    name: str,
    given: list[list[int]],
    wanted: list[list[int]],
    outputs: int,
) -> None:
    declared = Label(link.entry.declaration.name.span, "declared here")
    if outputs != 1:
        program.problems.error(
            "AD320",
            f"`{name}` has {outputs} outputs, and a layer gives one value",
            link.call.span,
            "used as a layer here",
            related=[declared],
            help="use a network with one output",
        )
    else:
        program.problems.error(
            "AD327",
            f"`{name}` takes {_shapes(wanted)}, and is given {_shapes(given)}",
            link.call.span,
            "does not fit",
            related=[declared],
            help="change the input's type there, or what is fed into it here",
        )
    raise Refused()


def _shapes(shapes: list[list[int]]) -> str:
    return " and ".join(map(str, shapes)) or "nothing"
