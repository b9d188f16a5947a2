"""A network without its control nodes: all of its nodes, or those of one path, for every example.

That is what a dynamic network has to be better than: the static network of all its regular nodes,
and the best of its paths alone (thesis 2.5).
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from math import prod

from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.module import DynamicNetwork

MOST_DECISIONS = 64
"""Ways to decide that are tried out one by one."""


def run_static(
    net: DynamicNetwork, inputs: Collection[Tensor], only: Collection[str] | None = None
) -> dict[str, Tensor]:
    """The outputs [batch, ...] where each regular node, or each of `only`, runs for every example.

    An edge `A ?? B` takes the first that is there. With `only`, a network within a node decides for
    itself; else all of its nodes run, too.
    """
    names = [declared.name for declared in net.network.inputs]
    values = dict(zip(names, inputs, strict=True))
    like = values[names[0]]
    for node in net.network.nodes:
        if node.kind != "control" and (only is None or node.name in only):
            args = [_edge(edge, values, like) for edge in node.inputs]
            values[node.name] = _steps(net, node, args, len(like), only is None)
    return {output.name: _edge(output.edge, values, like) for output in net.network.outputs}


def paths(network: spec.Network) -> tuple[frozenset[str], ...]:
    """The sets of nodes that the decisions of the control nodes lead to, in the order of the
    actions; none where there are too many ways to decide."""
    controls = [node for node in network.nodes if node.kind == "control"]
    if prod(len(node.targets) for node in controls) > MOST_DECISIONS:
        return ()
    ways = product(*(range(len(node.targets)) for node in controls))
    names = [node.name for node in controls]
    return tuple(dict.fromkeys(_ran(network, dict(zip(names, way, strict=True))) for way in ways))


def needed(network: spec.Network, ran: Collection[str]) -> frozenset[str] | None:
    """The nodes that the outputs are made of where these nodes run; None where one is null."""
    there = {declared.name for declared in network.inputs}.union(ran)
    wanted: set[str] = set()
    waiting = [output.edge for output in network.outputs]
    while waiting:
        edge = waiting.pop()
        first = next((source for source in edge.sources if source in there), None)
        if first is None and edge.default is None:
            return None
        if first is not None and first not in wanted:
            wanted.add(first)
            waiting += [e for node in network.nodes if node.name == first for e in node.inputs]
    return frozenset(wanted & set(ran))


def _ran(network: spec.Network, actions: Mapping[str, int]) -> frozenset[str]:
    """Which nodes run under these actions, those of nested networks left aside."""
    there = {declared.name for declared in network.inputs}
    active: set[tuple[str, int]] = set()
    ran: list[str] = []
    for node in network.nodes:
        if node.controllers and active.isdisjoint(node.controllers):
            continue
        if all(e.default is not None or not there.isdisjoint(e.sources) for e in node.inputs):
            ran.append(node.name)
            if node.kind == "control":
                active.add((node.name, actions[node.name]))
            else:
                there.add(node.name)
    return frozenset(ran)


def _edge(edge: spec.Edge, values: Mapping[str, Tensor], like: Tensor) -> Tensor:
    for source in edge.sources:
        if source in values:
            value = values[source]
            if value.dim() == 1 and edge.shape:  # a single number stands for each element
                return value.reshape(-1, *(1,) * len(edge.shape)).expand(-1, *edge.shape)
            return value
    assert edge.default is not None, "an output of these nodes is null"
    return like.new_full((len(like), *edge.shape), edge.default)


def _steps(
    net: DynamicNetwork, node: spec.Node, values: list[Tensor], count: int, whole: bool
) -> Tensor:
    module = net.node(node.name)
    for names, inner in _runs(node):
        if names:
            values = [module.stretch(names, values, count)]
        if inner is not None:
            nested = module.nested(inner)
            made = run_static(nested, values) if whole else nested(*values)
            values = [next(iter(made.values()))]
    return values[0]


def _runs(node: spec.Node) -> Iterator[tuple[list[str], str | None]]:
    """Layers by their names in the module, then the label of a network or none."""
    names: list[str] = []
    for position, step in enumerate(node.steps):
        if isinstance(step, spec.Layer):
            names.append(str(position))
        else:
            yield names, step.label
            names = []
    yield names, None
