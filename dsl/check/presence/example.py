"""Why an output is null: the few decisions that suffice for it, out of those that led to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autodesign.dsl.record import record
from autodesign.dsl.spec import Edge, Input, Node


@record
class Example:
    """Decisions under which an output is null, whatever all others are.

    `actions`: the action of a control node, wherever it runs. `nulls`: nodes whose value is null
    because a network in them gives none.
    """

    actions: Mapping[str, int]
    nulls: tuple[str, ...]


@dataclass(slots=True)
class _Run:
    """One example, run under given notes. `action` holds the control nodes that chose."""

    ran: dict[str, bool] = field(default_factory=dict)
    present: dict[str, bool] = field(default_factory=dict)
    action: dict[str, int] = field(default_factory=dict)

    def carries(self, edge: Edge) -> bool:
        return edge.default is not None or any(self.present[s] for s in edge.sources)

    def step(self, node: Node, notes: Mapping[str, int | None]) -> None:
        active = not node.controllers or any(self.action.get(q) == a for q, a in node.controllers)
        ran = active and all(self.carries(e) for e in node.inputs)
        noted = notes.get(node.name, 0)
        self.ran[node.name] = ran
        self.present[node.name] = ran and noted is not None
        if node.kind == "control" and ran and noted is not None:
            self.action[node.name] = noted


def explain(
    inputs: Sequence[Input], nodes: Sequence[Node], edge: Edge, notes: Mapping[str, int | None]
) -> Example | None:
    """The decisions among `notes` that make the edge null; None if they do not.

    A note is the action of a control node, or None for a node that gives no value although it runs.
    """
    run = _Run(present={i.name: True for i in inputs})
    for node in nodes:
        run.step(node, notes)
    return None if run.carries(edge) else _causes(run, {n.name: n for n in nodes}, edge)


def _causes(run: _Run, nodes: Mapping[str, Node], edge: Edge) -> Example:
    actions: dict[str, int] = {}
    nulls: list[str] = []
    open_, seen = list(reversed(edge.sources)), set()
    while open_:
        name = open_.pop()
        if name in seen:
            continue
        seen.add(name)
        node = nodes[name]
        if run.ran[name]:
            nulls.append(name)
            continue
        choosing = {q: run.action.get(q) for q, _ in node.controllers}
        lacking = next((e for e in node.inputs if not run.carries(e)), None)
        if lacking is None or (choosing and None not in choosing.values() and _idle(node, run)):
            actions.update({q: a for q, a in choosing.items() if a is not None})
            open_.extend(q for q, a in choosing.items() if a is None)
        else:
            open_.extend(reversed(lacking.sources))
    return Example(actions, tuple(nulls))


def _idle(node: Node, run: _Run) -> bool:
    return all(run.action.get(q) != a for q, a in node.controllers)
