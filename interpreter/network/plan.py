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
    frees = _frees(network, slot)
    return Plan(
        tuple(i.name for i in network.inputs),
        tuple(_instruction(node, slot, frees[slot[node.name]]) for node in network.nodes),
        tuple((output.name, _source(output.edge, slot)) for output in network.outputs),
        len(names),
    )


def _frees(network: spec.Network, slot: dict[str, int]) -> dict[int, tuple[int, ...]]:
    """For the slot of each node, those that nothing reads after it; outputs read until the end."""
    last: dict[int, int] = {}
    for node in network.nodes:
        here = slot[node.name]
        last[here] = here
        for edge in node.inputs:
            last.update((slot[source], here) for source in edge.sources)
    for output in network.outputs:
        last.update((slot[source], len(slot)) for source in output.edge.sources)
    frees: dict[int, list[int]] = {slot[node.name]: [] for node in network.nodes}
    for read, reader in last.items():
        if reader in frees:
            frees[reader].append(read)
    return {reader: tuple(reads) for reader, reads in frees.items()}


def _instruction(node: spec.Node, slot: dict[str, int], frees: tuple[int, ...]) -> Instruction:
    stretches = _stretches(node.steps)
    return Instruction(
        node.name,
        slot[node.name],
        tuple(_source(edge, slot) for edge in node.inputs),
        tuple((slot[control], action) for control, action in node.controllers),
        len(node.targets),
        stretches,
        bool(node.inputs) and all(stretch.nested is None for stretch in stretches),
        frees,
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
