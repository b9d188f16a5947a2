"""A batch run again with other decisions: only what depends on them runs anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.executor import Run
from autodesign.interpreter.network.plan import Instruction
from autodesign.interpreter.network.policy import FREE, Policy
from autodesign.interpreter.network.rows import Index, Part
from autodesign.interpreter.network.trace import Trace

if TYPE_CHECKING:
    from autodesign.interpreter.network.module import DynamicNetwork


def run_again(
    net: DynamicNetwork, inputs: list[Tensor], before: Trace, policy: Policy, like: Tensor
) -> Trace:
    """One more pass over the batch of `before`, a trace with its values, decided by `policy`."""
    other = differing(net.network, before, policy.forced)
    return Again(net, inputs, before, policy, like, dependent(net.network, other)).finish()


def differing(network: spec.Network, before: Trace, forced: Mapping[str, Index]) -> frozenset[str]:
    """The control nodes, by dotted path, whose forced decisions are not those of a trace."""
    found = set()
    for path, actions in forced.items():
        trace, rows, name = before.find(path)
        taken = np.full(before.batch.count, FREE, dtype=np.int64)
        if name in trace.actions:
            taken[rows.lift(trace.scores[name].rows).index] = trace.actions[name]
        if ((actions != taken) & (taken != FREE)).any():
            found.add(path)
    return frozenset(found)


def dependent(network: spec.Network, controls: frozenset[str]) -> frozenset[str]:
    """The nodes that may run otherwise, or on other values, where these control nodes do."""
    found = {path.split(".")[0] for path in controls if "." in path}
    for node in network.nodes:
        reads = {source for edge in node.inputs for source in edge.sources}
        governed = {control for control, _ in node.controllers}
        if reads & found or governed & (found | controls):
            found.add(node.name)
    return frozenset(found)


class Again(Run):
    """A pass that takes from an earlier one what does not depend on the decisions that differ."""

    def __init__(
        self,
        net: DynamicNetwork,
        inputs: list[Tensor],
        before: Trace,
        policy: Policy,
        like: Tensor,
        changed: frozenset[str],
    ) -> None:
        super().__init__(net, inputs, before.batch, policy, like)
        self.before, self.changed = before, changed

    def visit(self, node: Instruction) -> None:
        if node.name in self.changed:
            super().visit(node)
        elif node.name in self.before.ran:
            self.recall(node)

    def recall(self, node: Instruction) -> None:
        """A node as it was, but for the action of a control node."""
        name, before = node.name, self.before
        self.trace.ran[name] = before.ran[name]
        self.trace.charges[name] = before.charges[name]
        for stretch in node.stretches:
            path = f"{name}.{stretch.nested}"
            if path in before.nested:
                self.trace.nested[path] = before.nested[path]
        if not node.actions:
            self.slots[node.slot] = before.values.get(name)
        elif name in before.scores:
            self.decide(node, before.scores[name])

    def decide(self, node: Instruction, scores: Part) -> None:
        before = self.before.actions.get(node.name)
        if node.name in self.changed or node.name in self.policy.forced or before is None:
            super().decide(node, scores)
        else:
            self.take(node, scores, np.broadcast_to(np.asarray(before), scores.rows.count))
