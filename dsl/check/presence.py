"""Which nodes run, which outputs are there and what an example costs, over all decisions.

LANGUAGE.md section 2, read with every control node free to take any action whenever it runs. The
walk goes from the outputs back to what they need, so that signals die young (factors.py).
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from autodesign.dsl.check.example import Example, explain
from autodesign.dsl.check.factors import Branch, Condition, Derived, Factors, Test
from autodesign.dsl.check.findings import Findings, Unused, diagnose
from autodesign.dsl.check.outcomes import Bounds, either, is_exact, node_cost, outcomes
from autodesign.dsl.spec import Analysis, Edge, Input, Node, Output, Presence

__all__ = ["ROWS", "WORK", "analyse", "diagnose", "node_cost"]

ROWS = 8_192
"""The most combinations in one table: 13 two-way decisions that are all entangled at once."""

WORK = 2_000_000
"""The most cells written in one analysis: about a second, and well under 100 MB."""

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
) -> tuple[Analysis, Findings]:
    """The analysis of a network, and what there is to warn of.

    `nodes` follow all they depend on; control nodes send only control edges and are not controlled.
    Beyond `rows` or `work` the result is still true but not exact, and `Analysis.exact` says so.
    """
    walk = _Walk({n.name: n for n in nodes}, Factors(rows, work), _tests_to_come(nodes, outputs))
    walk.known.update({i.name: True for i in inputs})
    all_present: Condition = True
    examples: dict[str, Example | None] = {}
    for output in outputs:
        there = walk.answer(walk.edge(output.name, output.edge))
        walk.present[output.name] = _presence(there)
        if isinstance(there, Test):
            few = len(examples) < EXAMPLES
            notes = walk.factors.notes(there, False) if few else {}
            examples[output.name] = explain(inputs, nodes, output.edge, notes) if few else None
        all_present = walk.both(all_present, there)
    for node in nodes:
        walk.answer(walk.need(node.name))
    unused, silent = tuple(walk.unused), frozenset(walk.silent)
    findings = Findings(walk.runs, walk.present, examples, unused, silent, walk.factors.cut)
    return _analysis(walk, nodes, all_present), findings


def _analysis(walk: "_Walk", nodes: Sequence[Node], all_present: Condition) -> Analysis:
    when_present = walk.factors.bounds(all_present, True)
    when_null = walk.factors.bounds(all_present, False)
    least, greatest = either(when_null, when_present or when_null or (0, 0))
    exact = not walk.factors.cut and all(is_exact(n.steps) for n in nodes)
    runs = {n.name: walk.runs[n.name] for n in nodes}
    return Analysis(runs, walk.present, least, greatest, exact, when_present, when_null)


@dataclass(slots=True)
class _Walk:
    """The state of one analysis. `known` holds the signal of each name reached so far."""

    nodes: Mapping[str, Node]
    factors: Factors
    to_come: Mapping[tuple[str, int], int]
    known: dict[str, Derived | bool] = field(default_factory=dict)
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
                if name not in self.known:
                    stack.append(self.node(self.nodes[name]))
        return answer

    def need(self, name: str) -> _Demand:
        yield name
        return True

    def node(self, node: Node) -> _Demand:
        fed: Condition = True
        for edge in node.inputs:
            fed = self.both(fed, (yield from self.edge(node.name, edge)))
        active: Condition = not node.controllers
        for control, action in node.controllers:
            yield control
            active = self.either(active, self.test(control, action + 1))
        tested = {v: self.to_come[node.name, v] for v in range(1, 2 + len(node.targets))}
        found = self.factors.derive((fed, active), self.branches(node, tested), tested)
        self.known[node.name] = found
        ran = {all(held) for held in found.held}
        self.runs[node.name] = "sometimes" if len(ran) > 1 else "always" if ran.pop() else "never"
        return True

    def edge(self, holder: str, edge: Edge) -> _Demand:
        """Whether the edge carries a value: always with a default, else if a source has one."""
        there: Condition = False
        unused: int | None = None
        for position, source in enumerate(edge.sources):
            if there is True and unused is None:
                unused = position
            yield source
            there = self.either(there, self.test(source, 1))
        if edge.default is not None:
            if there is True and unused is None:
                unused = len(edge.sources)
            self.factors.drop(there)
            there = True
        if unused is not None:
            self.unused.append(Unused(holder, edge, unused))
        return there

    def branches(
        self, node: Node, tested: Mapping[int, int]
    ) -> Callable[[tuple[bool, ...]], list[Branch]]:
        """How it goes on from a node, given whether its inputs are there and it is active."""
        found = outcomes(node.steps)
        going: list[Branch] = []
        if found.null is not None:
            going.append(Branch(0, *found.null, (node.name, None)))
        if found.present is None:
            self.silent.add(node.name)
        elif node.kind == "control":
            going += _actions(node, found.present, tested)
        else:
            going.append(Branch(1, *found.present))
        return lambda held: going if all(held) else [Branch(0)]

    def test(self, name: str, value: int) -> Condition:
        found = self.known[name]
        return found.test(value) if isinstance(found, Derived) else found

    def both(self, a: Condition, b: Condition) -> Condition:
        if a is True or b is True:
            return b if a is True else a
        return self.factors.derive((a, b), _and, {1: 1}).test(1)

    def either(self, a: Condition, b: Condition) -> Condition:
        if a is False or b is False:
            return b if a is False else a
        return self.factors.derive((a, b), _or, {1: 1}).test(1)


def _actions(node: Node, cost: Bounds, tested: Mapping[int, int]) -> list[Branch]:
    """A branch for each action; one stands for all those that activate nothing."""
    found: dict[int, Branch] = {}
    for action in range(len(node.targets)):
        value = action + 1 if tested[action + 1] else 0
        found.setdefault(value, Branch(value, *cost, (node.name, action)))
    return list(found.values())


def _tests_to_come(nodes: Sequence[Node], outputs: Sequence[Output]) -> Counter[tuple[str, int]]:
    """How often each value of each node's signal is going to be tested."""
    edges = [e for n in nodes for e in n.inputs] + [o.edge for o in outputs]
    tests = Counter((source, 1) for edge in edges for source in edge.sources)
    tests.update((control, action + 1) for n in nodes for control, action in n.controllers)
    return tests


def _and(held: tuple[bool, ...]) -> list[Branch]:
    return [Branch(int(all(held)))]


def _or(held: tuple[bool, ...]) -> list[Branch]:
    return [Branch(int(any(held)))]


def _presence(there: Condition) -> Presence:
    return "sometimes" if isinstance(there, Test) else "always" if there else "never"
