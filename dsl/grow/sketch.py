"""A network taken apart into nodes that may be exchanged, before its shapes are known."""

from collections.abc import Iterable
from dataclasses import replace

from autodesign.dsl.growth import Place
from autodesign.dsl.record import record
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Edge, Input, Network, Node, Output, Shape, Step


@record
class Part:
    """A step before its shapes are known: a layer to be fitted, or one that was for others.

    `origin` is the place of the layer that it continues in the network it is made from (None: it is
    new); `anew`: it only stands for that layer, at another resolution. `becomes` is its place in
    the network once nothing fades any more (None: it will be gone).
    """

    step: Step | Call
    origin: Place | None = None
    becomes: Place | None = None
    anew: bool = False


@record
class Draft:
    """A node before its shapes are known."""

    name: str
    inputs: tuple[Edge, ...]
    parts: tuple[Part, ...]
    span: Span
    doc: str = ""


@record
class Sketch:
    """A network before its shapes are known; nodes follow those they read."""

    network: Network
    inputs: tuple[Input, ...]
    nodes: tuple[Draft, ...]
    outputs: tuple[Output, ...]

    @classmethod
    def of(cls, network: Network) -> "Sketch":
        """A network as it is: each step continues itself."""
        return cls(network, network.inputs, tuple(map(_draft, network.nodes)), network.outputs)

    def marked(self) -> "Sketch":
        """With each step noting its place here as that where it will be in the end."""
        return replace(self, nodes=tuple(map(_marked, self.nodes)))

    def node(self, name: str) -> Draft:
        return next(node for node in self.nodes if node.name == name)

    def free(self, wanted: str) -> str:
        """A name that nothing has yet: the wanted one, else with a prime, or more of them."""
        taken = {node.name for node in self.nodes} | {given.name for given in self.inputs}
        while wanted in taken:
            wanted += "'"
        return wanted

    def numbered(self, stem: str) -> str:
        """`stem1`, or the first further number that is free."""
        taken = {node.name for node in self.nodes} | {given.name for given in self.inputs}
        number = 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"

    def before(self, name: str, *drafts: Draft) -> "Sketch":
        """With these nodes in front of the node `name`."""
        at = [node.name for node in self.nodes].index(name)
        return replace(self, nodes=(*self.nodes[:at], *drafts, *self.nodes[at:]))

    def behind(self, name: str, *drafts: Draft) -> "Sketch":
        """With these nodes right behind the node `name`."""
        at = [node.name for node in self.nodes].index(name) + 1
        return replace(self, nodes=(*self.nodes[:at], *drafts, *self.nodes[at:]))

    def exchange(self, draft: Draft) -> "Sketch":
        """With another node of the same name."""
        return replace(self, nodes=tuple(draft if n.name == draft.name else n for n in self.nodes))


def _draft(node: Node) -> Draft:
    parts = tuple(Part(step, (node.name, at)) for at, step in enumerate(node.steps))
    return Draft(node.name, node.inputs, parts, node.span, node.doc)


def _marked(draft: Draft) -> Draft:
    parts = [
        Part(part.step, part.origin, (draft.name, at), part.anew)
        for at, part in enumerate(draft.parts)
    ]
    return Draft(draft.name, draft.inputs, tuple(parts), draft.span, draft.doc)


def parted(draft: Draft, *, anew: bool) -> tuple[Part, ...]:
    """The parts of a node that stand for the layers they continue, or continue them."""
    return tuple(replace(part, anew=anew) for part in draft.parts)


def edge(source: str, span: Span) -> Edge:
    """A plain data edge; its shape follows when it is fitted."""
    return Edge((source,), None, (), span)


def shapes_of(network: Network) -> dict[str, Shape]:
    """The shapes of inputs and nodes by their names."""
    inputs = {given.name: given.shape for given in network.inputs}
    return inputs | {node.name: node.shape for node in network.nodes}


def rewired(edge: Edge, old: str, new: str) -> Edge:
    """The edge, reading `new` in place of `old`."""
    return replace(edge, sources=tuple(new if name == old else name for name in edge.sources))


def reads(edges: Iterable[Edge], name: str) -> bool:
    return any(name in edge.sources for edge in edges)
