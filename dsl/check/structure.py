"""The rules of a network's graph (thesis 2.3.1), before any shape is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autodesign.dsl.check.edges import Written, read_edge, unknown_node
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.resolve.scope import twice
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

FunctionItem = ast.NodeItem | ast.ControlItem


@dataclass(slots=True)
class Graph:
    """A network as it is written: its items by name, and the edges between them.

    `controllers[node]` lists (control, action, place) for each control edge into the node.
    """

    inputs: dict[str, ast.InputItem] = field(default_factory=dict)
    nodes: dict[str, FunctionItem] = field(default_factory=dict)
    outputs: dict[str, ast.OutputItem] = field(default_factory=dict)
    edges: dict[str, list[Written]] = field(default_factory=dict)
    results: dict[str, Written] = field(default_factory=dict)
    controllers: dict[str, list[tuple[str, int, Span]]] = field(default_factory=dict)

    def before(self, node: str) -> list[str]:
        """The nodes that a node depends on, through data or control."""
        data = [s.id for edge in self.edges.get(node, ()) for s in edge.sources]
        control = [control for control, _, _ in self.controllers.get(node, ())]
        return [name for name in (*data, *control) if name in self.nodes]


def read_graph(program: Program, env: Env, declaration: ast.NetworkDeclaration) -> Graph:
    """The graph of a network. Reports every broken rule; what is broken is left out."""
    graph = Graph()
    _collect(program, graph, declaration)
    for name, item in graph.nodes.items():
        edges = [read_edge(program, env, arg) for arg in item.args]
        graph.edges[name] = [edge for edge in edges if edge is not None]
    for name, output in graph.outputs.items():
        edge = read_edge(program, env, output.value)
        if edge is not None:
            graph.results[name] = edge
    for name, item in graph.nodes.items():
        if isinstance(item, ast.ControlItem):
            _control_edges(program, graph, name, item)
    _data_edges(program, graph)
    _controlled_controls(program, graph)
    _has_ends(program, graph, declaration)
    return graph


def _collect(program: Program, graph: Graph, declaration: ast.NetworkDeclaration) -> None:
    first: dict[str, Span] = {}
    for item in declaration.items:
        name = item.name
        if isinstance(item, ast.OutputItem):
            before = graph.outputs.setdefault(name.id, item)
            if before is not item:
                twice(program.problems, name, before.name.span)
        elif name.id in first:
            twice(program.problems, name, first[name.id])
        elif isinstance(item, ast.InputItem):
            first[name.id] = name.span
            graph.inputs[name.id] = item
        else:
            first[name.id] = name.span
            graph.nodes[name.id] = item


def _control_edges(program: Program, graph: Graph, control: str, item: ast.ControlItem) -> None:
    if len(item.targets) < 2:
        program.problems.warn(
            "AD315",
            f"the control node `{control}` has nothing to choose between",
            item.name.span,
            "a single control edge, which is always active",
            help=f"give it two or more: `~> {_targets(item)}, skip`",
        )
    seen: dict[tuple[str, ...], Span] = {}
    for action, target in enumerate(item.targets):
        names = tuple(sorted(name.id for name in target.names))
        if names in seen:
            _duplicate(program, target.span, seen[names], "control edge")
        seen.setdefault(names, target.span)
        _one_target(program, graph, control, action, target)


def _one_target(
    program: Program, graph: Graph, control: str, action: int, target: ast.Target
) -> None:
    within: dict[str, Span] = {}
    for name in target.names:
        if name.id in within:
            _duplicate(program, name.span, within[name.id], "control edge")
            continue
        within[name.id] = name.span
        if name.id in graph.nodes:
            graph.controllers.setdefault(name.id, []).append((control, action, name.span))
        elif name.id in graph.inputs or (name.id in graph.outputs and name.id != "skip"):
            program.problems.error(
                "AD308",
                f"`{name.id}` is an {'input' if name.id in graph.inputs else 'output'},"
                " and only nodes can be controlled",
                name.span,
                "this control edge",
                help="control the node behind it",
            )
        elif name.id != "skip":
            unknown_node(program, name, [*graph.nodes, "skip"], "a node")


def _targets(item: ast.ControlItem) -> str:
    return item.targets[0].names[0].id if item.targets else "N1"


def _duplicate(program: Program, again: Span, first: Span, what: str) -> None:
    program.problems.error(
        "AD303",
        f"this {what} is written twice",
        again,
        "again here",
        related=[Label(first, "first here")],
        help="leave one of the two out",
    )


def _data_edges(program: Program, graph: Graph) -> None:
    for name, edges in graph.edges.items():
        _reads(program, graph, [s for edge in edges for s in edge.sources], f"the node `{name}`")
    for name, edge in graph.results.items():
        _reads(program, graph, list(edge.sources), f"the output `{name}`")


def _reads(program: Program, graph: Graph, sources: list[ast.Name], reader: str) -> None:
    seen: dict[str, Span] = {}
    for source in sources:
        if source.id in seen:
            _duplicate(program, source.span, seen[source.id], "data edge")
        seen.setdefault(source.id, source.span)
        _source(program, graph, source, reader)


def _source(program: Program, graph: Graph, source: ast.Name, reader: str) -> None:
    item = graph.nodes.get(source.id)
    if isinstance(item, ast.ControlItem):
        program.problems.error(
            "AD304",
            f"`{source.id}` sends control, so it cannot also send data to {reader}",
            source.span,
            "read as data here",
            related=[Label(item.name.span, "a control node")],
            help=f"feed `{source.id}` and {reader} from a common node",
        )
    elif item is None and source.id not in graph.inputs:
        unknown_node(program, source, [*graph.inputs, *graph.nodes], "a node or input")


def _controlled_controls(program: Program, graph: Graph) -> None:
    for name, item in graph.nodes.items():
        if not isinstance(item, ast.ControlItem):
            continue
        for control, _, span in graph.controllers.get(name, ()):
            target = next((n.id for t in item.targets for n in t.names), "anything")
            program.problems.error(
                "AD302",
                f"{name} is controlled by {control}, so it cannot control {target}",
                item.name.span,
                "a control node",
                related=[Label(span, "controlled here")],
                help=f"let {control} control a regular node that feeds {name}",
            )


def _has_ends(program: Program, graph: Graph, declaration: ast.NetworkDeclaration) -> None:
    name = declaration.name
    if not graph.inputs:
        program.problems.error(
            "AD310",
            f"the network `{name.id}` has no input",
            name.span,
            "nothing goes in",
            help="write for example `input x: image[3, 32, 32]`",
        )
    if not graph.outputs:
        last = next(reversed(graph.nodes), "N1")
        program.problems.error(
            "AD309",
            f"the network `{name.id}` has no output",
            name.span,
            "nothing comes out",
            help=f"write for example `output y = {last}`",
        )


def order(program: Program, graph: Graph) -> list[str] | None:
    """The nodes in an order in which each comes after all it depends on; None for a cycle."""
    done: dict[str, bool] = {}
    result: list[str] = []
    for start in graph.nodes:
        stack = [(start, iter(graph.before(start)))] if start not in done else []
        done.setdefault(start, False)
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done[node] = True
                result.append(node)
                stack.pop()
            elif following not in done:
                done[following] = False
                stack.append((following, iter(graph.before(following))))
            elif not done[following]:
                path = [name for name, _ in stack]
                _refuse_cycle(program, graph, path[path.index(following) :])
                return None
    return result


def _refuse_cycle(program: Program, graph: Graph, cycle: list[str]) -> None:
    cycle = cycle[::-1]
    names = [graph.nodes[name].name for name in cycle]
    program.problems.error(
        "AD301",
        f"these nodes wait for each other: {' -> '.join([*cycle, cycle[0]])}",
        names[0].span,
        f"needs {cycle[-1]}",
        related=[
            Label(name.span, f"needs {before}")
            for name, before in zip(names[1:], cycle, strict=False)
        ],
        help="take one of these edges out: data flows one way through a network",
    )


def check_used(program: Program, graph: Graph) -> None:
    """Refuses inputs that nobody reads and nodes from which no output can be reached."""
    useful: set[str] = set()
    waiting = [s.id for edge in graph.results.values() for s in edge.sources]
    while waiting:
        name = waiting.pop()
        if name not in useful:
            useful.add(name)
            waiting.extend(s.id for edge in graph.edges.get(name, ()) for s in edge.sources)
            waiting.extend(control for control, _, _ in graph.controllers.get(name, ()))
    _refuse_unused(program, graph.inputs, useful, "AD306", "input")
    dummies = {n for n, i in graph.nodes.items() if not i.args and n in graph.controllers}
    _refuse_unused(program, graph.nodes, useful | dummies, "AD305", "node")


def _refuse_unused(
    program: Program,
    items: Mapping[str, ast.InputItem | FunctionItem],
    useful: set[str],
    code: str,
    what: str,
) -> None:
    for name, item in items.items():
        if name not in useful:
            program.problems.error(
                code,
                f"the {what} `{name}` does not lead to any output",
                item.name.span,
                "never used",
                help=f"read it in a node or an output, or take `{name}` out",
            )
