"""Which nodes run, which outputs are there and what an example costs, over all decisions.

LANGUAGE.md section 2, read with every control node free to take any action whenever it runs. The
nodes are walked from the outputs back to what they need, so that signals die young (factors.py).
A network used as a layer decides by itself and independently of all else; what counts is only
whether it gives a value and what that costs, so it is one decision here, however large it is.
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from autodesign.dsl.check.example import Example, explain
from autodesign.dsl.check.factors import Branch, Condition, Derived, Factors, Test
from autodesign.dsl.spec import Analysis, Edge, Input, Nested, Node, Output, Presence, Step

ROWS = 8_192
"""The most combinations that one table may hold: 13 decisions that all depend on each other."""

WORK = 2_000_000
"""The most cells written in one analysis: about a second, and well under 100 MB."""

Bounds: TypeAlias = "tuple[int, int]"

_Steps: TypeAlias = Generator[str, None, Condition]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What can come of the steps of a node that runs, and the cost of each; None: it cannot."""

    present: Bounds | None
    null: Bounds | None


@dataclass(frozen=True, slots=True)
class Unused:
    """From `position` on, the alternatives of an edge (the default is the last) are never used.

    `holder` is the node or the output that the edge leads to.
    """

    holder: str
    edge: Edge
    position: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What deserves a warning.

    `never`: nodes that never run. `null`: outputs that can be null, each with decisions that make
    it so (None: none were found, which happens only if the analysis was `cut`). `absent`: outputs
    that are always null. `idle`: control nodes that run, but whose decisions change nothing.
    `silent`: nodes that may run, and never give a value because of a network in them.
    """

    never: tuple[str, ...]
    null: Mapping[str, Example | None]
    absent: tuple[str, ...]
    unused: tuple[Unused, ...]
    idle: tuple[str, ...]
    silent: frozenset[str]
    cut: bool


def outcomes(steps: Sequence[Step]) -> Outcomes:
    """The outcomes of a chain: a null on the way ends it, and what follows costs nothing."""
    reached: Bounds = (0, 0)
    null: Bounds | None = None
    for step in steps:
        if not isinstance(step, Nested):
            reached = _plus(reached, (step.cost, step.cost))
            continue
        inner = _inner(step.network.analysis)
        if inner.null is not None:
            null = _either(null, _plus(reached, inner.null))
        if inner.present is None:
            return Outcomes(None, null)
        reached = _plus(reached, inner.present)
    return Outcomes(reached, null)


def node_cost(steps: Sequence[Step]) -> Bounds:
    """`spec.Node.least` and `greatest`: the cost of a node whenever it runs."""
    found = outcomes(steps)
    present = found.present or found.null
    assert present is not None
    return _either(found.null, present)


def analyse(
    inputs: Sequence[Input],
    nodes: Sequence[Node],
    outputs: Sequence[Output],
    *,
    rows: int = ROWS,
    work: int = WORK,
) -> tuple[Analysis, Findings]:
    """The analysis of a network, and what to warn of.

    `nodes` follow all they depend on; control nodes send only control edges and are not controlled.
    Beyond `rows` or `work` the result is still true but not exact: `Analysis.exact` says so.
    """
    walk = _Walk({n.name: n for n in nodes}, Factors(rows, work), _uses(nodes, outputs))
    walk.known.update({i.name: True for i in inputs})
    all_present: Condition = True
    present: dict[str, Presence] = {}
    examples: dict[str, Example | None] = {}
    for output in outputs:
        there = walk.demand(walk.edge(output.name, output.edge))
        present[output.name] = _presence(there)
        if isinstance(there, Test):
            notes = walk.factors.notes(there, False)
            examples[output.name] = explain(inputs, nodes, output.edge, notes)
        all_present = walk.both(all_present, there)
    for node in nodes:
        walk.demand(walk.need(node.name))
    return walk.result(nodes, present, all_present), walk.findings(nodes, present, examples)


@dataclass(slots=True)
class _Walk:
    """The state of one analysis. `known` holds a result for each name that has been reached."""

    nodes: Mapping[str, Node]
    factors: Factors
    uses: Mapping[tuple[str, int], int]
    known: dict[str, Derived | bool] = field(default_factory=dict)
    runs: dict[str, Presence] = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    outer: bool = False

    def demand(self, wanted: _Steps) -> Condition:
        """Runs a generator that yields the names it needs first; a stack, so any depth will do."""
        stack, answer = [wanted], True
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

    def need(self, name: str) -> _Steps:
        yield name
        return True

    def node(self, node: Node) -> _Steps:
        fed: Condition = True
        for edge in node.inputs:
            fed = self.both(fed, (yield from self.edge(node.name, edge)))
        active: Condition = not node.controllers
        for control, action in node.controllers:
            yield control
            active = self.either(active, self.test(control, action + 1))
        tested = {v: self.uses[node.name, v] for v in range(1, 2 + len(node.targets))}
        found = self.factors.derive((fed, active), self.branches(node, tested), tested)
        self.known[node.name] = found
        ran = {all(held) for held in found.held}
        self.runs[node.name] = "sometimes" if len(ran) > 1 else "always" if ran.pop() else "never"
        return True

    def edge(self, holder: str, edge: Edge) -> _Steps:
        """Whether the edge carries a value, always true with a default."""
        there: Condition = False
        for position, source in enumerate(edge.sources):
            if there is True:
                self.unused.append(Unused(holder, edge, position))
            yield source
            there = self.either(there, self.test(source, 1))
        if edge.default is None:
            return there
        if there is True and not any(u.edge is edge for u in self.unused[-1:]):
            self.unused.append(Unused(holder, edge, len(edge.sources)))
        self.factors.drop(there)
        return True

    def branches(
        self, node: Node, tested: Mapping[int, int]
    ) -> Callable[[tuple[bool, ...]], list[Branch]]:
        found = outcomes(node.steps)
        self.outer |= any(
            isinstance(s, Nested) and not s.network.analysis.exact for s in node.steps
        )
        if found.present is None:
            self.silent.add(node.name)
        going: list[Branch] = []
        if found.null is not None:
            going.append(Branch(0, *found.null, (node.name, None)))
        if found.present is not None and node.kind == "control":
            going += _actions(node, found.present, tested)
        elif found.present is not None:
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

    def result(
        self, nodes: Sequence[Node], present: Mapping[str, Presence], all_present: Condition
    ) -> Analysis:
        when_present = self.factors.bounds(all_present, True)
        when_null = self.factors.bounds(all_present, False)
        least, greatest = _either(when_null, when_present or when_null or (0, 0))
        runs = {n.name: self.runs[n.name] for n in nodes}
        exact = not (self.factors.cut or self.outer)
        return Analysis(runs, present, least, greatest, exact, when_present, when_null)

    def findings(
        self,
        nodes: Sequence[Node],
        present: Mapping[str, Presence],
        examples: Mapping[str, Example | None],
    ) -> Findings:
        return Findings(
            never=tuple(n.name for n in nodes if self.runs[n.name] == "never"),
            null=examples,
            absent=tuple(name for name, how in present.items() if how == "never"),
            unused=tuple(self.unused),
            idle=tuple(n.name for n in nodes if self.idle(n)),
            silent=frozenset(self.silent),
            cut=self.factors.cut,
        )

    def idle(self, node: Node) -> bool:
        if node.kind != "control" or self.runs[node.name] == "never":
            return False
        return all(self.runs[t] == "never" for targets in node.targets for t in targets)


def _actions(node: Node, cost: Bounds, tested: Mapping[int, int]) -> list[Branch]:
    """One branch for each action; those that activate nothing do the same, so one stands for all."""
    found: dict[int, Branch] = {}
    for action in range(len(node.targets)):
        value = action + 1 if tested[action + 1] else 0
        found.setdefault(value, Branch(value, *cost, (node.name, action)))
    return list(found.values())


def _uses(nodes: Sequence[Node], outputs: Sequence[Output]) -> Counter[tuple[str, int]]:
    """How often each value of each node's signal will be tested."""
    edges = [e for n in nodes for e in n.inputs] + [o.edge for o in outputs]
    uses = Counter((source, 1) for edge in edges for source in edge.sources)
    uses.update((control, action + 1) for n in nodes for control, action in n.controllers)
    return uses


def _inner(analysis: Analysis) -> Outcomes:
    """The outcomes of a network as a layer."""
    if analysis.when_present is not None or analysis.when_null is not None:
        return Outcomes(analysis.when_present, analysis.when_null)
    bounds = (analysis.least, analysis.greatest)
    hows = set(analysis.present.values())
    return Outcomes(None if "never" in hows else bounds, None if hows <= {"always"} else bounds)


def _and(held: tuple[bool, ...]) -> list[Branch]:
    return [Branch(int(all(held)))]


def _or(held: tuple[bool, ...]) -> list[Branch]:
    return [Branch(int(any(held)))]


def _plus(a: Bounds, b: Bounds) -> Bounds:
    return a[0] + b[0], a[1] + b[1]


def _either(a: Bounds | None, b: Bounds) -> Bounds:
    return b if a is None else (min(a[0], b[0]), max(a[1], b[1]))


def _presence(there: Condition) -> Presence:
    return "sometimes" if isinstance(there, Test) else "always" if there else "never"
