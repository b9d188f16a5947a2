"""A network taken apart into nodes that may be exchanged, and fitted to its shapes anew."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod

from autodesign.dsl.growth import Place
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.record import record
from autodesign.dsl.source import Span
from autodesign.dsl.spec import (
    Analysis,
    Call,
    Edge,
    Input,
    Layer,
    Nested,
    Network,
    Node,
    Output,
    Shape,
    Step,
)

MOST_ELEMENTS = 2**31
"""Numbers in one value of one example, as for every network (`check.chain`)."""


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


def fit(sketch: Sketch, library: Library) -> Network:
    """The network with all shapes, costs and numbers of parameters. Raises Misfit."""
    shapes: dict[str, Shape] = {given.name: given.shape for given in sketch.inputs}
    nodes: list[Node] = []
    for draft in sketch.nodes:
        node = fit_node(draft, shapes, library)
        shapes[node.name] = node.shape
        nodes.append(node)
    outputs = tuple(Output(o.name, _edge(o.edge, shapes)) for o in sketch.outputs)
    analysis = _analysis(nodes, outputs)
    network = sketch.network
    return Network(
        network.name, sketch.inputs, tuple(nodes), outputs, analysis, network.span, network.doc
    )


def _analysis(nodes: Sequence[Node], outputs: Sequence[Output]) -> Analysis:
    """Without control nodes all runs always."""
    total = sum(node.greatest for node in nodes)
    return Analysis(
        {node.name: "always" for node in nodes},
        {output.name: "always" for output in outputs},
        total,
        total,
        True,
        (total, total),
        None,
    )


def fit_node(draft: Draft, shapes: Mapping[str, Shape], library: Library) -> Node:
    """A node with its shapes. Raises Misfit."""
    inputs = tuple(_edge(one, shapes) for one in draft.inputs)
    steps = fit_steps(draft.parts, tuple(one.shape for one in inputs), library)
    cost = sum(multiplications(step) for step in steps)
    return Node(
        draft.name,
        "regular" if inputs else "dummy",
        inputs,
        steps,
        steps[-1].shape,
        (),
        (),
        cost,
        cost,
        draft.span,
        draft.doc,
    )


def _edge(given: Edge, shapes: Mapping[str, Shape]) -> Edge:
    found = [shapes[name] for name in given.sources]
    if len(found) == 1 and found[0] == given.shape:
        return given
    if any(shape not in (found[0], ()) for shape in found):
        listed = " and ".join(f"{n} {list(s)}" for n, s in zip(given.sources, found, strict=True))
        raise Misfit(
            f"values of different shapes would be joined: {listed}",
            "let one node join them, with `add` or `concat`",
        )
    return replace(given, shape=found[0])


def fit_steps(
    parts: Sequence[Part], sources: tuple[Shape, ...], library: Library
) -> tuple[Step, ...]:
    """A chain of layers fitted to what it takes. Raises Misfit."""
    fitted: list[Step] = []
    for part in parts:
        fitted.append(fit_step(part.step, sources, library))
        sources = (fitted[-1].shape,)
    return tuple(fitted)


def fit_step(step: Step | Call, sources: tuple[Shape, ...], library: Library) -> Step:
    """One layer, or a network used as one, for values of these shapes. Raises Misfit."""
    if isinstance(step, Nested):
        return _nested(step, sources, library)
    if isinstance(step, Layer):
        if step.sources == sources:
            return step
        call, given = step.call, step.given
    else:
        call, given = step, step.args
    try:
        derived = library.layer(call.module, call.name, sources, given)
    except Misfit as misfit:
        raise Misfit(f"{call.name} {misfit.message}", misfit.help) from None
    if prod(derived.shape) > MOST_ELEMENTS:
        raise Misfit(
            f"{call.name} would give a value of shape {list(derived.shape)},"
            f" {prod(derived.shape):.1e} numbers",
            "use smaller sizes",
        )
    bound = Call(call.kind, call.name, call.module, {**given, **derived.sizes}, call.span)
    return Layer(bound, sources, derived.shape, derived.cost, derived.parameters, given)


def _nested(step: Nested, sources: tuple[Shape, ...], library: Library) -> Nested:
    inputs = step.network.inputs
    if tuple(given.shape for given in inputs) == sources:
        return step
    changed = tuple(replace(i, shape=shape) for i, shape in zip(inputs, sources, strict=True))
    network = fit(replace(Sketch.of(step.network), inputs=changed), library)
    return Nested(step.label, network, network.outputs[0].edge.shape)


def multiplications(step: Step) -> int:
    """Multiplications of a step for one example."""
    return step.cost if isinstance(step, Layer) else step.network.analysis.greatest


def parameters(network: Network) -> int:
    """Numbers that a network learns, those of networks used as layers among them."""
    return sum(learned(step) for node in network.nodes for step in node.steps)


def learned(step: Step) -> int:
    """Numbers that a step learns."""
    return step.parameters if isinstance(step, Layer) else parameters(step.network)
