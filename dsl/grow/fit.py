"""Sketches fitted to their shapes: each layer by its own rule, as when a spec is checked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

from autodesign.dsl.grow.sketch import Draft, Part, Sketch
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.spec import (
    Analysis,
    Call,
    Edge,
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
