"""What an extractor has to know of the job whose network it looks through."""

from autodesign.dsl import spec
from autodesign.dsl.spec import Layer, Nested, Network, Shape, Value

TRAINED = "trained"
"""The kind of the call that a trained job is as an argument"""


def job_args(network: Network) -> dict[str, Value]:
    """`input`: the shape of the only input, None where there are several. `nodes`: pairs of a node
    and its shape. `always`: every node runs for every image. `output`: the shape of the first
    output. `last`: that of what goes into the last layer with weights before it."""
    output = network.outputs[0].edge
    return {
        "input": network.inputs[0].shape if len(network.inputs) == 1 else None,
        "nodes": tuple((node.name, node.shape) for node in network.nodes),
        "always": _always(network),
        "output": output.shape,
        "last": _last(network, output),
    }


def last_layer(network: Network) -> tuple[str, int] | None:
    """The node that gives the first output, and the position of its last layer with weights."""
    edge = network.outputs[0].edge
    node = next((n for n in network.nodes if n.name == edge.sources[0]), None)
    if node is None:
        return None
    places = [i for i, s in enumerate(node.steps) if isinstance(s, Layer) and s.parameters]
    return (node.name, places[-1]) if places else None


def _last(network: Network, output: spec.Edge) -> Shape:
    place = last_layer(network)
    if place is None:
        return output.shape
    step = network.node(place[0]).steps[place[1]]
    assert isinstance(step, Layer)
    return step.sources[0]


def _always(network: Network) -> bool:
    return all(
        node.kind != "control"
        and all(_always(s.network) for s in node.steps if isinstance(s, Nested))
        for node in network.nodes
    )
