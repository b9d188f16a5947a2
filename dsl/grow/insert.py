"""New layers between two nodes: `conv(64, 3) before G.rgb`, `conv(64, 3) after D.stem`."""

from collections.abc import Mapping
from dataclasses import replace

from autodesign.dsl.grow.fit import fit_node
from autodesign.dsl.grow.mixing import FADE, mix_into
from autodesign.dsl.grow.sketch import Draft, Part, Sketch, edge, reads, rewired, shapes_of
from autodesign.dsl.growth import Insert
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.spec import Call, Network


def insert(
    network: Network, change: Insert, fade: bool, parts: Mapping[str, Call], library: Library
) -> tuple[Sketch, Sketch]:
    """The network with the new layers as a node of its own, settled and as it is trained.

    Raises Misfit.
    """
    source, reader = between(network, change)
    sketch = Sketch.of(network)
    old = sketch.node(reader)
    fresh = Draft(
        sketch.numbered("grown"),
        (edge(source, old.span),),
        tuple(map(Part, change.calls)),
        old.span,
    )
    inputs = tuple(rewired(one, source, fresh.name) for one in old.inputs)
    settled = sketch.before(reader, fresh).exchange(replace(old, inputs=inputs)).marked()
    if not fade:
        return settled, settled
    shapes = shapes_of(network)
    made = fit_node(fresh, shapes, library).shape
    paths = (source, fresh.name)
    return settled, mix_into(
        settled, old, paths, (shapes[source], made), shapes, parts[FADE], library
    )


def between(network: Network, change: Insert) -> tuple[str, str]:
    """The node or input that new layers read, and the node that reads them. Raises Misfit."""
    node = network.node(change.anchor)
    if change.where == "after":
        return node.name, only_reader(network, node.name)
    if len(node.inputs) != 1 or len(node.inputs[0].sources) != 1:
        raise Misfit(
            f"cannot grow before `{node.name}`, which reads several values",
            "grow before a node that reads one, or after one",
        )
    return node.inputs[0].sources[0], node.name


def only_reader(network: Network, name: str) -> str:
    """The node that reads `name`. Raises Misfit where it is not the only one to do so."""
    outputs = [output.name for output in network.outputs if name in output.edge.sources]
    if outputs:
        raise Misfit(
            f"cannot grow after `{name}`, which gives the output `{outputs[0]}`",
            f"grow before `{name}`",
        )
    readers = [node.name for node in network.nodes if reads(node.inputs, name)]
    if len(readers) != 1:
        listed = " and ".join(f"`{reader}`" for reader in readers)
        raise Misfit(
            f"cannot grow after `{name}`, which {listed} read",
            "grow before one of them, or after a node that one node reads",
        )
    return readers[0]
