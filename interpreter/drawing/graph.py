"""What there is to be drawn of a network: vertices, and the edges between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autodesign.dsl import spec

Kind = Literal["input", "regular", "control", "dummy", "skip", "choice", "output"]


@dataclass(frozen=True, slots=True)
class Vertex:
    """A thing with a place. `choice` stands where an edge `A ?? B` takes the first that is not
    null, `skip` for a control edge to nobody; both have no name of their own."""

    kind: Kind
    name: str
    subject: spec.Node | spec.Input | spec.Output | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two vertices, by position. `mark` is the action of a control edge, the turn
    of a source in a choice ("1st"); `default` the value that a null becomes."""

    source: int
    target: int
    kind: Literal["data", "control"]
    mark: str = ""
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    vertices: tuple[Vertex, ...]
    links: tuple[Link, ...]


def graph(network: spec.Network) -> Graph:
    """The vertices in the order of the spec, each node's control edges before its data edges."""
    vertices: list[Vertex] = [Vertex("input", one.name, one) for one in network.inputs]
    vertices += [Vertex(node.kind, node.name, node) for node in network.nodes]
    place = {vertex.name: i for i, vertex in enumerate(vertices)}
    links: list[Link] = []
    for node in network.nodes:
        links += _controls(vertices, place, node)
        for edge in node.inputs:
            links += _data(vertices, place, edge, place[node.name])
    for output in network.outputs:
        vertices.append(Vertex("output", output.name, output))
        links += _data(vertices, place, output.edge, len(vertices) - 1)
    return Graph(tuple(vertices), tuple(links))


def size(network: spec.Network) -> int:
    """How many nodes are drawn, those of nested networks among them."""
    inner = (size(step.network) for node in network.nodes for step in nested(node))
    return len(network.nodes) + len(network.inputs) + len(network.outputs) + sum(inner)


def nested(node: spec.Node) -> Iterator[spec.Nested]:
    return (step for step in node.steps if isinstance(step, spec.Nested))


def _controls(vertices: list[Vertex], place: dict[str, int], node: spec.Node) -> Iterator[Link]:
    for action, targets in enumerate(node.targets):
        if not targets:
            vertices.append(Vertex("skip", ""))
            yield Link(place[node.name], len(vertices) - 1, "control", str(action))
        for target in targets:
            yield Link(place[node.name], place[target], "control", str(action))


def _data(
    vertices: list[Vertex], place: dict[str, int], edge: spec.Edge, target: int
) -> Iterator[Link]:
    if len(edge.sources) == 1:
        yield Link(place[edge.sources[0]], target, "data", default=edge.default)
        return
    vertices.append(Vertex("choice", ""))
    choice = len(vertices) - 1
    for turn, source in enumerate(edge.sources, 1):
        yield Link(place[source], choice, "data", _ordinal(turn))
    yield Link(choice, target, "data", default=edge.default)


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ends.get(number % 10, 'th')}"
