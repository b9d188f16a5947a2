"""Runs a network over a batch: each node once, on just the examples that need it.

LANGUAGE.md section 2 says what must come of it, `reference.py` says it in the simplest way. Which
examples a node needs is worked out on the host from the actions of the control nodes, the only
thing that is fetched from the device.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from autodesign.interpreter.network.errors import NetworkError
from autodesign.interpreter.network.plan import Instruction, Source
from autodesign.interpreter.network.policy import Policy
from autodesign.interpreter.network.rows import NONE, Index, Part, Rows, upload
from autodesign.interpreter.network.trace import Trace

if TYPE_CHECKING:
    from autodesign.interpreter.network.module import DynamicNetwork


def run(
    net: DynamicNetwork,
    inputs: list[Tensor],
    batch: Rows,
    policy: Policy,
    like: Tensor,
    keep: bool = False,
) -> Trace:
    """One pass over `batch`, a set of rows that is whole.

    `inputs` are [batch, *shape], in the order of their declaration; what has no source (a default
    where no example has a value) takes its type and device from `like`. With `keep` the trace holds
    the values of all nodes, so that the batch can be run again.
    """
    kind = _Single if batch.count == 1 and not keep else Run
    return kind(net, inputs, batch, policy, like, keep).finish()


class Run:
    """One pass: `slots` holds the values that are still needed, `active` the examples for which
    a control edge is active, where there are any."""

    def __init__(
        self,
        net: DynamicNetwork,
        inputs: list[Tensor],
        batch: Rows,
        policy: Policy,
        like: Tensor,
        keep: bool = False,
    ) -> None:
        self.net, self.batch, self.policy, self.like, self.keep = net, batch, policy, like, keep
        self.trace = Trace(batch)
        self.active: dict[tuple[int, int], Rows] = {}
        self.slots: list[Part | None] = [Part(tensor, batch) for tensor in inputs]
        self.slots.extend([None] * (net.plan.slots - len(inputs)))

    def finish(self) -> Trace:
        for node in self.net.plan.instructions:
            if not node.controllers or not self.active.keys().isdisjoint(node.controllers):
                self.visit(node)
            for slot in node.frees:
                self.slots[slot] = None
        for name, source in self.net.plan.outputs:
            rows = self.present(source)
            if rows:
                self.trace.outputs[name] = Part(self.fetch(source, rows), rows)
        return self.trace

    def visit(self, node: Instruction) -> None:
        rows = self.rows(node)
        if not rows.count:
            return
        self.trace.ran[node.name] = rows
        values = [self.fetch(source, rows) for source in node.sources]
        try:
            value = self.execute(node, values, rows)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise _too_few(self.policy.prefix + node.name) from error
        if not node.actions:
            self.slots[node.slot] = value
            if self.keep and value:
                self.trace.values[node.name] = value
        elif value:
            self.decide(node, value)

    def rows(self, node: Instruction) -> Rows:
        """Where the node executes: one of its control edges is active, no argument is null."""
        rows = NONE if node.controllers else self.batch
        for edge in node.controllers:
            rows = rows | self.active.get(edge, NONE)
        for source in node.sources:
            rows = rows & self.present(source)
        return rows

    def present(self, source: Source) -> Rows:
        """The examples for which an edge is not null."""
        if source.default is not None:
            return self.batch
        rows = NONE
        for slot in source.slots:
            part = self.slots[slot]
            if part is not None:
                rows = rows | part.rows
        return rows

    def fetch(self, source: Source, rows: Rows) -> Tensor:
        """What an edge brings for `rows`: from each example's first source that is not null."""
        parts: list[Part] = []
        missing = rows
        for slot in source.slots:
            part = self.slots[slot]
            if part is None:
                continue
            here = missing & part.rows
            if here.count:
                value = _fitted(part.select(here), source.shape)
                if here.count == rows.count:
                    return value
                parts.append(Part(value, here))
                missing = missing - here
                if not missing.count:
                    break
        return self.merge(parts, rows, source)

    def merge(self, parts: list[Part], rows: Rows, source: Source) -> Tensor:
        """The parts put side by side, the default where there is none."""
        fill = 0.0 if source.default is None else source.default
        dtype = _dtype(parts, self.like)
        merged = self.like.new_full((rows.count, *source.shape), fill, dtype=dtype)
        for part in parts:
            index = upload(part.rows.within(rows), merged.device)
            merged.index_copy_(0, index, part.tensor.to(dtype))
        return merged

    def execute(self, node: Instruction, values: list[Tensor], rows: Rows) -> Part | None:
        """The value of a node; where a network in it has a null output, the rest does not run."""
        module = self.net.node(node.name)
        if node.plain:
            self.trace.charges[node.name] = [(rows, node.stretches[0].cost)]
            return Part(module(*values), rows)
        charges = self.trace.charges[node.name] = []
        for stretch in node.stretches:
            charges.append((rows, stretch.cost))
            if stretch.steps:
                values = [module.stretch(stretch.steps, values, rows.count)]
            if stretch.nested is not None:
                part = self.descend(node.name, stretch.nested, values, rows)
                if part is None:
                    return None
                values, rows = [part.tensor], part.rows
        return Part(values[0], rows)

    def descend(self, node: str, label: str, values: list[Tensor], rows: Rows) -> Part | None:
        """The output of a network nested in a node that executes for `rows`."""
        policy = self.policy.inside(node, label, rows)
        inner = self.net.node(node).nested(label)
        trace = run(inner, values, Rows(rows.count), policy, self.like)
        self.trace.nested[f"{node}.{label}"] = rows, trace
        for part in trace.outputs.values():
            return Part(part.tensor, rows.lift(part.rows))
        return None

    def decide(self, node: Instruction, scores: Part) -> None:
        self.take(node, scores, self.policy.actions(node.name, scores.tensor, scores.rows))

    def take(self, node: Instruction, scores: Part, actions: Index) -> None:
        self.trace.scores[node.name] = scores
        self.trace.actions[node.name] = actions
        for action in range(node.actions):
            rows = scores.rows.having(actions == action)
            if rows.count:
                self.active[node.slot, action] = rows


class _Single(Run):
    """A batch of one: a value is there or it is not, so there are no rows to select or merge."""

    def rows(self, node: Instruction) -> Rows:
        for source in node.sources:
            if self.present(source) is NONE:
                return NONE
        return self.batch

    def present(self, source: Source) -> Rows:
        if source.default is None:
            for slot in source.slots:
                if self.slots[slot] is not None:
                    return self.batch
            return NONE
        return self.batch

    def fetch(self, source: Source, rows: Rows) -> Tensor:
        for slot in source.slots:
            part = self.slots[slot]
            if part is not None:
                return _fitted(part.tensor, source.shape)
        return self.merge([], rows, source)

    def decide(self, node: Instruction, scores: Part) -> None:
        action = self.policy.action(node.name, scores.tensor)
        self.trace.scores[node.name] = scores
        self.trace.actions[node.name] = action
        self.active[node.slot, action] = self.batch


def _too_few(node: str) -> NetworkError:
    """torch does not normalise a batch of one while training; here one knows who routed it."""
    return NetworkError(
        "AD960",
        f"only 1 example of the batch reached {node}, and batch normalisation needs two or more "
        "while training",
        help="use GroupNorm or LayerNorm in a controlled node: they treat each example on its own",
    )


def _fitted(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """[m] single numbers broadcast to [m, *shape]; anything else has that shape already."""
    if value.dim() == 1 and shape:
        return value.reshape(-1, *(1,) * len(shape)).expand(-1, *shape)
    return value


def _dtype(parts: list[Part], like: Tensor) -> torch.dtype:
    """That of the parts; under autocast they can differ, then the one that holds them all."""
    dtypes = [part.tensor.dtype for part in parts] or [like.dtype]
    return reduce(torch.promote_types, dtypes)
