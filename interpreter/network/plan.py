"""What the executor needs to know of a network, worked out once: names become slots in a list."""

from dataclasses import dataclass

from autodesign.dsl import spec


@dataclass(frozen=True, slots=True)
class Source:
    """A data edge. `slots` are tried in order; `default` stands in where all are null."""

    slots: tuple[int, ...]
    default: float | None
    shape: spec.Shape


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps of a node that run together: `cost` multiplications, then a nested network or none."""

    steps: tuple[str, ...]
    cost: int
    nested: str | None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One function node. `frees` are the slots that nothing reads after it. A `plain` one has
    inputs and no nested network."""

    name: str
    slot: int
    sources: tuple[Source, ...]
    controllers: tuple[tuple[int, int], ...]
    actions: int
    stretches: tuple[Stretch, ...]
    plain: bool
    frees: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The nodes in their order. Inputs take the first slots, then each node has one."""

    inputs: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[tuple[str, Source], ...]
    slots: int


def plan(network: spec.Network) -> Plan:
    names = [i.name for i in network.inputs] + [n.name for n in network.nodes]
    slot = {name: position for position, name in enumerate(names)}
    last = _last_reads(network, slot)
    return Plan(
        tuple(i.name for i in network.inputs),
        tuple(_instruction(node, slot, last) for node in network.nodes),
        tuple((output.name, _source(output.edge, slot)) for output in network.outputs),
        len(names),
    )


def _last_reads(network: spec.Network, slot: dict[str, int]) -> dict[int, int]:
    """For each slot the slot of the last node that reads it; outputs read until the end."""
    last: dict[int, int] = {}
    for node in network.nodes:
        last.setdefault(slot[node.name], slot[node.name])
        for edge in node.inputs:
            last.update(dict.fromkeys((slot[s] for s in edge.sources), slot[node.name]))
    for output in network.outputs:
        last.update(dict.fromkeys((slot[s] for s in output.edge.sources), len(slot)))
    return last


def _instruction(node: spec.Node, slot: dict[str, int], last: dict[int, int]) -> Instruction:
    here = slot[node.name]
    stretches = _stretches(node.steps)
    return Instruction(
        node.name,
        here,
        tuple(_source(edge, slot) for edge in node.inputs),
        tuple((slot[control], action) for control, action in node.controllers),
        len(node.targets),
        stretches,
        bool(node.inputs) and all(stretch.nested is None for stretch in stretches),
        tuple(read for read, reader in last.items() if reader == here),
    )


def _source(edge: spec.Edge, slot: dict[str, int]) -> Source:
    return Source(tuple(slot[s] for s in edge.sources), edge.default, edge.shape)


def _stretches(steps: tuple[spec.Step, ...]) -> tuple[Stretch, ...]:
    stretches: list[Stretch] = []
    names: list[str] = []
    cost = 0
    for position, step in enumerate(steps):
        if isinstance(step, spec.Layer):
            names.append(str(position))
            cost += step.cost
        else:
            stretches.append(Stretch(tuple(names), cost, step.label))
            names, cost = [], 0
    if names or not stretches:
        stretches.append(Stretch(tuple(names), cost, None))
    return tuple(stretches)
