"""The random networks are worth testing on: all that the language has occurs in them."""

from collections import Counter

from agreement import checked
from random_networks import random_spec

from autodesign.dsl import spec

WANTED = {
    "several inputs": lambda n: len(n.inputs) > 1,
    "several outputs": lambda n: len(n.outputs) > 1,
    "several control nodes": lambda n: len(controls(n)) > 1,
    "a node of two controllers": lambda n: any(len(node.controllers) > 1 for node in n.nodes),
    "a group": lambda n: any(len(group) > 1 for q in controls(n) for group in q.targets),
    "skip": lambda n: any(not group for q in controls(n) for group in q.targets),
    "a default": lambda n: any(edge.default is not None for edge in edges(n)),
    "coalescing": lambda n: any(len(edge.sources) > 1 for edge in edges(n)),
    "several arguments": lambda n: any(len(node.inputs) > 1 for node in n.nodes),
    "a dummy": lambda n: any(node.kind == "dummy" for node in n.nodes),
    "a controlled dummy": lambda n: any(d.kind == "dummy" and d.controllers for d in n.nodes),
    "a control node that may not run": lambda n: may_not_run(n),
    "an output that may be null": lambda n: "sometimes" in n.analysis.present.values(),
    "an image": lambda n: any(len(i.shape) == 3 for i in n.inputs),
    "a nested network": lambda n: bool(nested(n)),
    "a nested control node": lambda n: any(controls(inner) for inner in nested(n)),
    "a nested network that may be null": lambda n: any(
        "sometimes" in inner.analysis.present.values() for inner in nested(n)
    ),
    "a network nested twice deep": lambda n: any(nested(inner) for inner in nested(n)),
}


def controls(network: spec.Network) -> list[spec.Node]:
    return [node for node in network.nodes if node.kind == "control"]


def edges(network: spec.Network) -> list[spec.Edge]:
    inputs = [edge for node in network.nodes for edge in node.inputs]
    return inputs + [output.edge for output in network.outputs]


def nested(network: spec.Network) -> list[spec.Network]:
    steps = [step for node in network.nodes for step in node.steps]
    return [step.network for step in steps if isinstance(step, spec.Nested)]


def may_not_run(network: spec.Network) -> bool:
    return any(network.analysis.runs[q.name] == "sometimes" for q in controls(network))


def test_random_networks_have_all_there_is() -> None:
    """Each feature in at least 2 of 100."""
    found = Counter()
    for seed in range(200):
        network = checked(random_spec(seed))
        found.update(name for name, has in WANTED.items() if has(network))
    assert {name: found[name] for name in WANTED if found[name] < 4} == {}, found
