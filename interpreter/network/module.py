"""A checked network as a torch module (LANGUAGE.md section 8)."""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.interpreter.network import arguments, executor
from autodesign.interpreter.network.again import run_again
from autodesign.interpreter.network.errors import NetworkError
from autodesign.interpreter.network.plan import plan
from autodesign.interpreter.network.policy import GREEDY, Choose, Policy
from autodesign.interpreter.network.result import Names, Result
from autodesign.interpreter.network.rows import Rows
from autodesign.stdlib import build


class Node(nn.Module):
    """The steps of one function node, under their positions; a nested network under its label."""

    def __init__(self, node: spec.Node) -> None:
        super().__init__()
        for position, step in enumerate(node.steps):
            if isinstance(step, spec.Layer):
                self._modules[str(position)] = build.layer(step)
            else:
                self._modules[step.label] = DynamicNetwork(step.network)

    def forward(self, *values: Tensor) -> Tensor:
        """All steps, of a node that has inputs and no nested network."""
        value: Tensor = values[0]
        for step in self._modules.values():
            value = step(*values)  # type: ignore[misc]
            values = (value,)
        return value

    def stretch(self, steps: Sequence[str], values: Sequence[Tensor], count: int) -> Tensor:
        """Some of the steps, for `count` examples. Without values (a dummy) the first step gives
        one example, which stands for each."""
        for name in steps:
            value: Tensor = self._modules[name](*values)  # type: ignore[misc]
            if not values:
                value = value.expand(count, *value.shape[1:])
            values = (value,)
        return values[0]

    def nested(self, label: str) -> "DynamicNetwork":
        return cast(DynamicNetwork, self._modules[label])


class DynamicNetwork(nn.Module):
    """A network that decides for each example which of its nodes run.

    Its weights lie under the names of the spec: `N1.0.weight` is that of the first step of node
    N1, `N3.Inner.N1.0.weight` that of a network nested in N3. Inputs are [batch, *shape].
    """

    def __init__(self, network: spec.Network) -> None:
        super().__init__()
        self.network = network
        self.plan = plan(network)
        self.names = Names(
            {output.name: output.edge.shape for output in network.outputs},
            tuple(_paths(network)),
            dict(_controls(network)),
        )
        for node in network.nodes:
            # Any name is good here, also one that torch uses for itself (`add_module` refuses
            # "forward" and "type").
            self._modules[node.name] = Node(node)

    def node(self, name: str) -> Node:
        return cast(Node, self._modules[name])

    def forward(
        self,
        *inputs: Tensor,
        decisions: Mapping[str, Tensor] | None = None,
        choose: Choose | None = None,
        keep: bool = False,
        after: Result | None = None,
        **named: Tensor,
    ) -> Result:
        """Inputs in the order of their declaration, or by name.

        `decisions` holds actions int [batch] for control nodes, in place of those of their scores
        (-1 leaves an example to the node);
        `choose(name, scores [m, k])` gives the actions [m] of the others, for exploration. Control
        nodes of a nested network are named "N3.Inner.Q".

        `after` is a result of the same inputs, made with `keep`: what does not depend on decisions
        that differ from its own is not run again. Raises NetworkError, a ValueError.
        """
        _refuse_export(self.network)
        values = arguments.ordered(self.network, inputs, named)
        batch = Rows(len(values[0]))
        forced = arguments.forced(self.names.controls, decisions, batch.count)
        policy = Policy(forced, choose) if forced or choose else GREEDY
        try:
            if after is None:
                trace = executor.run(self, values, batch, policy, values[0], keep)
            else:
                trace = run_again(self, values, after.trace, policy, values[0])
        except RuntimeError as error:
            weights = next(self.parameters(), None)
            reason = weights is not None and arguments.misplaced(self.network, values, weights)
            if reason:
                raise reason from error
            raise
        return Result(trace, self.names, values[0])

    def extra_repr(self) -> str:
        return self.network.name


def _paths(network: spec.Network, prefix: str = "") -> list[str]:
    """All nodes by dotted path, each followed by those of the networks nested in it."""
    paths = []
    for node in network.nodes:
        paths.append(prefix + node.name)
        for step in node.steps:
            if isinstance(step, spec.Nested):
                paths += _paths(step.network, f"{prefix}{node.name}.{step.label}.")
    return paths


def _controls(network: spec.Network, prefix: str = "") -> list[tuple[str, int]]:
    """All control nodes by dotted path, with the number of their actions."""
    controls = []
    for node in network.nodes:
        if node.kind == "control":
            controls.append((prefix + node.name, len(node.targets)))
        for step in node.steps:
            if isinstance(step, spec.Nested):
                controls += _controls(step.network, f"{prefix}{node.name}.{step.label}.")
    return controls


def _refuse_export(network: spec.Network) -> None:
    if torch.compiler.is_exporting() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        node = next((n.name for n in network.nodes if n.kind == "regular"), "N")
        raise NetworkError(
            "AD959",
            f"{network.name} cannot be exported as one graph: what it computes depends on the data",
            help=f"export its nodes one by one, such as net.node({node!r})",
        )
