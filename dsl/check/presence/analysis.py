"""Which nodes run, which outputs are there and what an example costs, over all decisions.

LANGUAGE.md section 2, read with every control node free to take any action whenever it runs. The
walk goes from the outputs back to what they need, so that signals die young (factors.py).
"""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from autodesign.dsl.check.presence.conditions import Conditions
from autodesign.dsl.check.presence.example import Example, explain
from autodesign.dsl.check.presence.factors import Factors
from autodesign.dsl.check.presence.findings import Findings, Unused
from autodesign.dsl.check.presence.outcomes import either, is_exact, outcomes
from autodesign.dsl.check.presence.possibilities import (
    Bounds,
    Branch,
    Condition,
    Possibilities,
    Ran,
    Test,
    presence,
)
from autodesign.dsl.spec import Analysis, Edge, Input, Node, Output, Presence

ROWS = 1_024
"""The most combinations in one table."""
WORK = 600_000
"""The most cells written in all tables: about a quarter of a second."""
ROOM = 100_000
"""The most entries of diagrams for one question: some 30 MB."""
MOST_DECISIONS = 500
"""Of more decisions no diagrams are made: what tables cannot follow then is left open."""
MOST_WAYS = 250
"""Of more control edges of one node it is not followed that only one is active."""
EXAMPLES = 20
"""How many outputs get an example of how they become null; each takes a walk over all nodes."""

_Demand: TypeAlias = Generator[str, None, Condition]
"""Work that yields the names it needs to be known first."""


def analyse(
    inputs: Sequence[Input],
    nodes: Sequence[Node],
    outputs: Sequence[Output],
    *,
    rows: int = ROWS,
    work: int = WORK,
    room: int = ROOM,
) -> tuple[Analysis, Findings]:
    """The analysis of a network, and what there is to warn of.

    `nodes` follow all they depend on; control nodes send only control edges and are not controlled.
    Tables do for networks of any length whose decisions are soon forgotten; where they would
    outgrow `rows` or `work`, diagrams do for decisions that stay entangled. Where those outgrow
    `room` too, the result is the tighter of both: still true, but `Analysis.exact` is False.
    """
    by_tables = _analyse(inputs, nodes, outputs, Factors(rows, work))
    decisions = sum(n.kind == "control" or outcomes(n.steps).null is not None for n in nodes)
    if not by_tables[1].cut or decisions > MOST_DECISIONS:
        return by_tables
    by_diagrams = _analyse(inputs, nodes, outputs, Conditions(room))
    if not by_diagrams[1].cut:
        return by_diagrams
    analysis = tighter(by_tables[0], by_diagrams[0])
    return analysis, replace(by_diagrams[1], runs=analysis.runs, present=analysis.present)


def tighter(a: Analysis, b: Analysis) -> Analysis:
    """What two analyses say of a network together, of which neither need be exact."""
    return Analysis(
        {name: _surer(how, b.runs[name]) for name, how in a.runs.items()},
        {name: _surer(how, b.present[name]) for name, how in a.present.items()},
        max(a.least, b.least),
        min(a.greatest, b.greatest),
        False,
        _within(a.when_present, b.when_present),
        _within(a.when_null, b.when_null),
    )


def _surer(a: Presence, b: Presence) -> Presence:
    return b if a == "sometimes" else a


def _within(a: Bounds | None, b: Bounds | None) -> Bounds | None:
    return None if a is None or b is None else (max(a[0], b[0]), min(a[1], b[1]))


def _analyse(
    inputs: Sequence[Input], nodes: Sequence[Node], outputs: Sequence[Output], all_: Possibilities
) -> tuple[Analysis, Findings]:
    walk = _Walk({n.name: n for n in nodes}, all_, _uses(nodes, outputs))
    walk.known.update({(i.name, 1): True for i in inputs})
    all_present: Condition = True
    examples: dict[str, Example | None] = {}
    for output in outputs:
        there = walk.answer(walk.edge(output.name, output.edge))
        walk.present[output.name] = presence(there)
        if isinstance(there, Test):
            few = len(examples) < EXAMPLES
            notes = all_.notes(there, False) if few else {}
            examples[output.name] = explain(inputs, nodes, output.edge, notes) if few else None
        all_present = all_.both(all_present, there)
    for node in nodes:
        walk.answer(walk.need(node.name))
    analysis = _analysis(walk, nodes, all_present)
    unused, silent = tuple(walk.unused), frozenset(walk.silent)
    return analysis, Findings(walk.runs, walk.present, examples, unused, silent, all_.cut)


def _analysis(walk: "_Walk", nodes: Sequence[Node], all_present: Condition) -> Analysis:
    when_present = walk.all.bounds(all_present, True)
    when_null = walk.all.bounds(all_present, False)
    least, greatest = either(when_null, when_present or when_null or (0, 0))
    exact = not walk.all.cut and all(is_exact(n.steps) for n in nodes)
    runs = {n.name: walk.runs[n.name] for n in nodes}
    return Analysis(runs, walk.present, least, greatest, exact, when_present, when_null)


@dataclass(slots=True)
class _Walk:
    """The state of one analysis. `known` holds the condition of each value of each node reached."""

    nodes: Mapping[str, Node]
    all: Possibilities
    uses: Mapping[tuple[str, int], int]
    known: dict[tuple[str, int], Condition] = field(default_factory=dict)
    runs: dict[str, Presence] = field(default_factory=dict)
    present: dict[str, Presence] = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)

    def answer(self, wanted: _Demand) -> Condition:
        """Does the work and what it needs first: on a stack of its own, so any depth will do."""
        stack: list[_Demand] = [wanted]
        answer: Condition = True
        while stack:
            try:
                name = next(stack[-1])
            except StopIteration as done:
                answer = done.value
                stack.pop()
            else:
                if name in self.nodes and name not in self.runs:
                    stack.append(self.node(self.nodes[name]))
        return answer

    def need(self, name: str) -> _Demand:
        yield name
        return True

    def node(self, node: Node) -> _Demand:
        fed: Condition = True
        for edge in node.inputs:
            fed = self.all.both(fed, (yield from self.edge(node.name, edge)))
        active: Condition = not node.controllers
        for control, action in node.controllers:
            yield control
            active = self.all.either(active, self.known[control, action + 1])
        uses = {v: self.uses[node.name, v] for v in range(1, 2 + len(node.targets))}
        ran = self.run(self.all.both(fed, active), self.ways(node, uses), uses)
        self.runs[node.name] = ran.runs
        self.known.update({(node.name, value): when for value, when in ran.values.items()})
        return True

    def edge(self, holder: str, edge: Edge) -> _Demand:
        """Whether the edge carries a value: always with a default, else if a source has one."""
        there: Condition = False
        unused: int | None = None
        for position, source in enumerate(edge.sources):
            if there is True and unused is None:
                unused = position
            yield source
            there = self.all.either(there, self.known[source, 1])
        if edge.default is not None:
            if there is True and unused is None:
                unused = len(edge.sources)
            self.all.drop(there)
            there = True
        if unused is not None:
            self.unused.append(Unused(holder, edge, unused))
        return there

    def run(self, when: Condition, ways: Sequence[Branch], uses: Mapping[int, int]) -> Ran:
        if len(ways) <= MOST_WAYS:
            return self.all.run(when, ways, uses)
        costs = (min(w.cost[0] for w in ways), max(w.cost[1] for w in ways))
        ran = self.all.run(when, [Branch(0, costs)], {})
        return Ran(ran.runs, {value: self.all.free(n) for value, n in uses.items()})

    def ways(self, node: Node, uses: Mapping[int, int]) -> list[Branch]:
        """How it goes on from a node that runs."""
        found = outcomes(node.steps)
        ways: list[Branch] = []
        if found.null is not None:
            ways.append(Branch(0, found.null, (node.name, None)))
        if found.present is None:
            self.silent.add(node.name)
        elif node.kind == "control":
            ways += _actions(node, found.present, uses)
        else:
            ways.append(Branch(1, found.present))
        return ways


def _actions(node: Node, cost: Bounds, uses: Mapping[int, int]) -> list[Branch]:
    """A way for each action; one stands for all those that activate nothing."""
    found: dict[int, Branch] = {}
    for action in range(len(node.targets)):
        value = action + 1 if uses[action + 1] else 0
        found.setdefault(value, Branch(value, cost, (node.name, action)))
    return list(found.values())


def _uses(nodes: Sequence[Node], outputs: Sequence[Output]) -> Counter[tuple[str, int]]:
    """How often each value of each node's signal is going to be asked for."""
    edges = [e for n in nodes for e in n.inputs] + [o.edge for o in outputs]
    uses = Counter((source, 1) for edge in edges for source in edge.sources)
    uses.update((control, action + 1) for n in nodes for control, action in n.controllers)
    return uses
