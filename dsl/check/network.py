"""A network, checked: its graph, its shapes, its cost, and what may be null."""

from collections.abc import Mapping
from math import prod
from typing import NoReturn

from autodesign.dsl.check import presence
from autodesign.dsl.check.chain import MOST_ELEMENTS, fit, refuse_size
from autodesign.dsl.check.edges import fit_edge
from autodesign.dsl.check.program import DEEPEST, Program
from autodesign.dsl.check.structure import FunctionItem, Graph, check_used, order, read_graph
from autodesign.dsl.check.types import conform
from autodesign.dsl.check.values import Chain, Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label, Problems
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.spec import Edge, Input, Layer, Nested, Network, Node, Output, Shape, Step
from autodesign.dsl.syntax import ast

RANKS = {"image": 3, "vector": 1, "signal": 2, "tensor": None}
"""Types of inputs and how many sizes they have: image[c, h, w], vector[n], signal[c, length]."""
SIZES = {
    "image": "write image[channels, height, width]",
    "vector": "write vector[size]",
    "signal": "write signal[channels, length]",
    "tensor": "write its sizes, as in tensor[4, 8]",
}
MOST_NODES = 20_000
"""Nodes of a network, those of nested networks counted in each place they are used."""


def instantiate(
    program: Program, entry: Entry, env: Env, given: Mapping[str, Shape]
) -> Network | None:
    """The network for these arguments, checked once; None where it is refused (and reported).

    `given` are the shapes of what flows into inputs, for those that leave out their sizes.
    """
    declaration = entry.declaration
    assert isinstance(declaration, ast.NetworkDeclaration)
    sizes = {item.name.id: given.get(item.name.id) for item in open_inputs(declaration)}
    key = (entry, tuple(sorted((k, _key(v)) for k, v in env.locals.items())), tuple(sizes.items()))
    if key in program.open_networks:
        _refuse_itself(program, entry, env)
    if len(program.open_networks) >= DEEPEST:
        raise program.too_deep(env.trail[-1][1])
    if key not in program.networks:
        before = len(program.problems.found)
        program.open_networks.append(key)
        program.networks[key] = check_network(program, entry, env, sizes)
        program.open_networks.pop()
        _say_where(program.problems, before, env)
    return program.networks[key]


def open_inputs(declaration: ast.NetworkDeclaration) -> list[ast.InputItem]:
    """The inputs that leave out their sizes (`input x: image`): these follow from what flows in."""
    inputs = [item for item in declaration.items if isinstance(item, ast.InputItem)]
    return [item for item in inputs if not any(name.dims for name in item.type.names)]


def _refuse_itself(program: Program, entry: Entry, env: Env) -> NoReturn:
    name = entry.declaration.name
    program.problems.error(
        "AD228",
        f"the network `{name.id}` contains itself",
        env.trail[-1][1] if env.trail else name.span,
        "used here, inside itself",
        related=[Label(name.span, "declared here")],
        help=f"write `repeat(n, ...)` for copies, and end `{name.id}` in layers",
    )
    raise Refused()


def _key(value: object) -> object:
    return (id(value.body), id(value.env)) if isinstance(value, Chain) else repr(value)


def _say_where(problems: Problems, before: int, env: Env) -> None:
    """Adds to what was found inside a nested network the place it was used from."""
    if not env.trail:
        return
    entry, span = env.trail[-1]
    label = Label(span, f"in `{entry.declaration.name.id}`, used here")
    for index in range(before, len(problems.found)):
        found = problems.found[index]
        if label not in found.related:
            related = (*found.related, label)
            problems.found[index] = type(found)(
                found.code,
                found.message,
                found.span,
                found.label,
                related,
                found.notes,
                found.help,
                found.severity,
            )


def check_network(
    program: Program, entry: Entry, env: Env, sizes: Mapping[str, Shape | None]
) -> Network | None:
    """A network from its declaration, or None where it is refused (and reported).

    `sizes` are those of the inputs that leave them out, None where nothing flows in.
    """
    declaration = entry.declaration
    assert isinstance(declaration, ast.NetworkDeclaration)
    before = _errors(program)
    graph = read_graph(program, env, declaration)
    names = order(program, graph)
    if names is None:
        return None
    if _errors(program) == before:
        check_used(program, graph)
    inputs = _inputs(program, env, graph, sizes)
    shapes: dict[str, Shape | None] = {
        name: graph_input.shape for name, graph_input in inputs.items()
    }
    nodes = [_node(program, env, graph, name, shapes) for name in names]
    outputs = [
        Output(name, edge)
        for name, written in graph.results.items()
        if (edge := fit_edge(program, written, shapes)) is not None
    ]
    if _errors(program) > before:
        return None
    found = [node for node in nodes if node is not None]
    if len(found) < len(nodes) or len(outputs) < len(graph.outputs):
        return None
    return _finish(program, declaration, list(inputs.values()), found, outputs)


def _errors(program: Program) -> int:
    return sum(d.severity == "error" for d in program.problems.found)


def _finish(
    program: Program,
    declaration: ast.NetworkDeclaration,
    inputs: list[Input],
    nodes: list[Node],
    outputs: list[Output],
) -> Network | None:
    total = sum(_size(program, node) for node in nodes)
    if total > MOST_NODES:
        program.problems.error(
            "AD326",
            f"`{declaration.name.id}` has {total:,} nodes, nested ones counted",
            declaration.name.span,
            f"the limit is {MOST_NODES:,}",
            help="nest fewer copies",
        )
        return None
    analysis, findings = presence.analyse(inputs, nodes, outputs)
    presence.diagnose(declaration.name, nodes, outputs, findings, program.problems)
    network = Network(
        declaration.name.id,
        tuple(inputs),
        tuple(nodes),
        tuple(outputs),
        analysis,
        declaration.span,
        declaration.doc,
    )
    program.sizes[id(network)] = total
    return network


def _size(program: Program, node: Node) -> int:
    """Nodes that a node stands for: itself and those of the networks nested in it."""
    nested = [step.network for step in node.steps if isinstance(step, Nested)]
    return 1 + sum(program.sizes[id(network)] for network in nested)


def _inputs(
    program: Program, env: Env, graph: Graph, sizes: Mapping[str, Shape | None]
) -> dict[str, Input]:
    inputs: dict[str, Input] = {}
    for name, item in graph.inputs.items():
        try:
            rank = _rank(program, item)
            shape = (
                _shape_given(program, item, rank, sizes[name])
                if name in sizes
                else _shape_written(program, env, item, rank)
            )
        except Refused:
            continue
        inputs[name] = Input(name, item.type.names[0].name, shape)
    return inputs


def _rank(program: Program, item: ast.InputItem) -> int | None:
    """How many sizes the input's type has; None where any number is good."""
    type_ = item.type.names[0]
    rank = RANKS.get(type_.name, -1)
    if rank == -1 or type_.of is not None or len(item.type.names) > 1:
        program.problems.error(
            "AD229",
            f"an input cannot be of the type `{type_.name}`",
            item.type.span,
            "not known",
            help=did_you_mean(type_.name, RANKS) or "write image[channels, height, width]",
        )
        raise Refused()
    return rank


def _refuse_rank(program: Program, item: ast.InputItem, rank: int, sizes: int, label: str) -> None:
    type_ = item.type.names[0]
    program.problems.error(
        "AD313",
        f"`{type_.name}` has {rank} {'size' if rank == 1 else 'sizes'}, and {sizes} are given",
        item.type.span,
        label,
        help=SIZES[type_.name],
    )
    raise Refused()


def _shape_given(
    program: Program, item: ast.InputItem, rank: int | None, given: Shape | None
) -> Shape:
    type_ = item.type.names[0]
    if given is None:
        program.problems.error(
            "AD740",
            f"the sizes of `{item.name.id}` are not known",
            item.type.span,
            "left out here, and what flows in is not known before the data is there",
            help=SIZES[type_.name],
        )
        raise Refused()
    if rank is not None and len(given) != rank:
        _refuse_rank(program, item, rank, len(given), f"what flows in has shape {list(given)}")
    return given


def _shape_written(program: Program, env: Env, item: ast.InputItem, rank: int | None) -> Shape:
    type_ = item.type.names[0]
    if rank is not None and len(type_.dims) != rank:
        label = "sizes of one example, without the batch"
        _refuse_rank(program, item, rank, len(type_.dims), label)
    whole = ast.TypeExpr(item.type.span, (ast.TypeName(item.type.span, "int"),), _FROM_ONE)
    sizes = [
        conform(
            program, whole, evaluate(program, env, dim), dim.span, f"a size of `{item.name.id}`"
        )
        for dim in type_.dims
    ]
    shape = tuple(size for size in sizes if isinstance(size, int))
    if prod(shape) > MOST_ELEMENTS:
        refuse_size(program, shape, item.type.span)
    return shape


def _from_one() -> ast.Range:
    from autodesign.dsl.source import Source, Span

    span = Span(Source("sizes", "1.."), 0, 3)
    return ast.Range(span, ast.Number(span, 1), None)


_FROM_ONE = _from_one()


def _node(
    program: Program, env: Env, graph: Graph, name: str, shapes: dict[str, Shape | None]
) -> Node | None:
    item = graph.nodes[name]
    edges = [fit_edge(program, written, shapes) for written in graph.edges[name]]
    shapes[name] = None
    if any(edge is None for edge in edges) or len(edges) != len(item.args):
        return None
    inputs = tuple(edge for edge in edges if edge is not None)
    scores = len(item.targets) if isinstance(item, ast.ControlItem) else None
    sources = tuple(edge.shape for edge in inputs)
    try:
        steps, shape = fit(program, env, item.body, sources, scores)
    except Refused:
        return None
    if scores is not None and shape != (scores,):
        _refuse_scores(program, item, shape, scores)
        return None
    shapes[name] = shape
    _warn_batch_norm(program, graph, item, steps)
    return _checked_node(item, inputs, steps, shape, graph)


def _checked_node(
    item: FunctionItem,
    inputs: tuple[Edge, ...],
    steps: tuple[Step, ...],
    shape: Shape,
    graph: Graph,
) -> Node:
    control = isinstance(item, ast.ControlItem)
    targets = item.targets if isinstance(item, ast.ControlItem) else ()
    least, greatest = presence.node_cost(steps)
    return Node(
        item.name.id,
        "control" if control else "regular" if inputs else "dummy",
        inputs,
        steps,
        shape,
        tuple(tuple(n.id for n in t.names if n.id in graph.nodes) for t in targets),
        tuple((name, action) for name, action, _ in graph.controllers.get(item.name.id, ())),
        least,
        greatest,
        item.name.span,
        item.doc,
    )


def _refuse_scores(program: Program, item: FunctionItem, shape: Shape, scores: int) -> None:
    program.problems.error(
        "AD314",
        f"`{item.name.id}` has {scores} control edges and must give as many scores",
        item.body.span,
        f"this gives a value of shape {list(shape)}",
        help="end it in `Flatten | Linear`, whose width follows from the control edges",
    )


def _warn_batch_norm(
    program: Program, graph: Graph, item: FunctionItem, steps: tuple[Step, ...]
) -> None:
    control = graph.controllers.get(item.name.id)
    norm = next(
        (s for s in steps if isinstance(s, Layer) and s.call.name.startswith("BatchNorm")), None
    )
    if control and norm is not None:
        program.problems.warn(
            "AD316",
            f"{norm.call.name} in the controlled node `{item.name.id}` sees only the examples"
            " routed to it",
            norm.call.span,
            "its averages are over those examples alone",
            related=[Label(control[0][2], "controlled here")],
            help="GroupNorm or LayerNorm treat each example on its own",
        )
