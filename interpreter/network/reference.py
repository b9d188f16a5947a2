"""What a network means, one example at a time (LANGUAGE.md section 2). Slow on purpose: the tests
hold the executor to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.policy import FREE


@dataclass
class Example:
    """What came of one example: outputs (None where null), the nodes that ran, and for the control
    nodes among them actions and scores [k]. Nested nodes by dotted path. `like` has the type and
    device of values made from nothing."""

    like: Tensor
    outputs: dict[str, Tensor | None] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    decisions: dict[str, int] = field(default_factory=dict)
    scores: dict[str, Tensor] = field(default_factory=dict)
    cost: int = 0


def run(
    net: DynamicNetwork, inputs: Mapping[str, Tensor], decisions: Mapping[str, int] | None = None
) -> Example:
    """`inputs` are [*shape]; `decisions` are actions from outside, for some control nodes."""
    example = Example(next(iter(inputs.values())))
    values = [inputs[declared.name] for declared in net.network.inputs]
    example.outputs = _network(net, values, decisions or {}, example, "")
    return example


def _network(
    net: DynamicNetwork,
    inputs: list[Tensor],
    decisions: Mapping[str, int],
    example: Example,
    prefix: str,
) -> dict[str, Tensor | None]:
    names = [declared.name for declared in net.network.inputs]
    values: dict[str, Tensor | None] = dict(zip(names, inputs, strict=True))
    active: set[tuple[str, int]] = set()
    for node in net.network.nodes:
        path = prefix + node.name
        edges = [_edge(edge, values, example) for edge in node.inputs]
        args = [value for value in edges if value is not None]
        activated = not node.controllers or any(edge in active for edge in node.controllers)
        values[node.name] = None
        if not activated or len(args) < len(edges):
            continue
        example.executed.append(path)
        value = _steps(net, node, args, decisions, example, path)
        if node.kind == "control" and value is not None:
            example.scores[path] = value
            own, given = int(value.argmax()), decisions.get(path, FREE)
            example.decisions[path] = own if given == FREE else given
            active.add((node.name, example.decisions[path]))
        else:
            values[node.name] = value
    return {output.name: _edge(output.edge, values, example) for output in net.network.outputs}


def _edge(edge: spec.Edge, values: Mapping[str, Tensor | None], example: Example) -> Tensor | None:
    """The first source that is not null, else the default, else null."""
    for source in edge.sources:
        value = values[source]
        if value is not None:
            return value.expand(edge.shape)
    return (
        None if edge.default is None else example.like.new_tensor(edge.default).expand(edge.shape)
    )


def _steps(
    net: DynamicNetwork,
    node: spec.Node,
    args: list[Tensor],
    decisions: Mapping[str, int],
    example: Example,
    path: str,
) -> Tensor | None:
    """The steps in order; a null in between ends them."""
    for position, step in enumerate(node.steps):
        if isinstance(step, spec.Layer):
            layer = net.node(node.name).get_submodule(str(position))
            args = [layer(*(arg.unsqueeze(0) for arg in args)).squeeze(0)]
            example.cost += step.cost
        else:
            inner = net.node(node.name).nested(step.label)
            prefix = f"{path}.{step.label}."
            [value] = _network(inner, args, decisions, example, prefix).values()
            if value is None:
                return None
            args = [value]
    return args[0]
