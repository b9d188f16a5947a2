"""What the checker works out over all decisions, against trying every decision."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from autodesign.dsl.check import presence
from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import Call, Edge, Input, Layer, Nested, Network, Node, Output, Step

HERE = Span(Source("test", ""), 0, 0)
SHAPE = (1,)
X = Input("x", "vector", SHAPE)
MOST_RUNS = 500
"""Networks with more paths of decisions than this are not tried."""


# --- networks, written short ----------------------------------------------------------------------


def edge(*sources: str, default: float | None = None) -> Edge:
    return Edge(sources, default, SHAPE, HERE)


def layer(cost: int) -> Layer:
    return Layer(Call("layer", "Linear", "std.layers", {}, HERE), (SHAPE,), SHAPE, cost)


def function(
    name: str,
    *inputs: Edge | str,
    cost: int = 0,
    steps: Sequence[Step] | None = None,
    targets: Sequence[Sequence[str]] = (),
) -> Node:
    edges = tuple(edge(i) if isinstance(i, str) else i for i in inputs)
    steps = (layer(cost),) if steps is None else tuple(steps)
    kind = "control" if targets else "regular" if edges else "dummy"
    least, greatest = presence.node_cost(steps)
    to = tuple(map(tuple, targets))
    return Node(name, kind, edges, steps, SHAPE, to, (), least, greatest, HERE)


def network(*nodes: Node, **outputs: Edge | str) -> Network:
    """A network whose control edges are completed from the targets of its control nodes."""
    complete = []
    for n in nodes:
        by = tuple(
            (q.name, action)
            for q in nodes
            for action, targets in enumerate(q.targets)
            if n.name in targets
        )
        complete.append(Node(n.name, n.kind, n.inputs, n.steps, SHAPE, n.targets, by, 0, 0, HERE))
    out = tuple(Output(k, edge(v) if isinstance(v, str) else v) for k, v in outputs.items())
    analysis, _ = presence.analyse([X], complete, out)
    return Network("Net", (X,), tuple(complete), out, analysis, HERE)


# --- the slow reference: every decision is tried --------------------------------------------------

Choose = Callable[[int], int]


@dataclass
class Run:
    """One example run through a network"""

    present: dict[str, bool]
    ran: set[str]
    actions: dict[str, int]
    values: dict[str, bool]
    cost: int


def run(net: Network, choose: Choose) -> Run:
    values, ran, actions, cost = {"x": True}, set(), {}, 0

    def carries(e: Edge) -> bool:
        return e.default is not None or any(values[s] for s in e.sources)

    for node in net.nodes:
        active = not node.controllers or any(actions.get(q) == a for q, a in node.controllers)
        values[node.name] = False
        if not active or not all(map(carries, node.inputs)):
            continue
        ran.add(node.name)
        there = True
        for step in node.steps:
            if isinstance(step, Layer):
                cost += step.cost
                continue
            inside = run(step.network, choose)
            cost += inside.cost
            there = all(inside.present.values())
            if not there:
                break
        values[node.name] = there
        if there and node.kind == "control":
            actions[node.name] = choose(len(node.targets))
    present = {o.name: carries(o.edge) for o in net.outputs}
    return Run(present, ran, actions, values, cost)


def every_run(net: Network) -> list[Run]:
    runs = list(islice(_runs(net), MOST_RUNS + 1))
    assume(len(runs) <= MOST_RUNS)
    return runs


def _runs(net: Network) -> Iterator[Run]:
    script: list[list[int]] = []
    while True:
        position = -1

        def choose(number: int) -> int:
            nonlocal position
            position += 1
            if position == len(script):
                script.append([0, number])
            return script[position][0]

        yield run(net, choose)
        del script[position + 1 :]
        while script and script[-1][0] == script[-1][1] - 1:
            script.pop()
        if not script:
            return
        script[-1][0] += 1


def how_often(truths: Sequence[bool]) -> str:
    return "always" if all(truths) else "sometimes" if any(truths) else "never"


def bounds(costs: list[int]) -> tuple[int, int] | None:
    return (min(costs), max(costs)) if costs else None


# --- random networks ------------------------------------------------------------------------------


@st.composite
def networks(draw: st.DrawFn, depth: int = 2, most_controls: int = 5) -> Network:
    """Functions, control nodes, coalescing, defaults, dummies, groups and nested networks."""
    nodes: list[Node] = []
    data, regular = ["x"], []
    inner = [draw(networks(depth - 1, 2))] if depth and draw(st.booleans()) else []

    def edges(least: int) -> list[Edge]:
        one = st.lists(st.sampled_from(data[-6:]), min_size=1, max_size=3, unique=True)
        many = draw(st.lists(one, min_size=least, max_size=2))
        return [edge(*e, default=draw(st.sampled_from([None, None, None, 0.0]))) for e in many]

    def steps() -> list[Step]:
        found: list[Step] = [layer(draw(st.integers(0, 20)))]
        for _ in inner[: draw(st.integers(0, 3)) // 2]:
            found.insert(draw(st.integers(0, 1)), Nested("Inner", inner[0], SHAPE))
        return found

    for i in range(draw(st.integers(1, most_controls))):
        nodes.append(function(f"Q{i}", *edges(1), steps=steps(), targets=[()]))
        for j in range(draw(st.integers(1, 3))):
            nodes.append(function(f"N{i}{j}", *edges(0), steps=steps()))
            regular.append(nodes[-1].name)
        data += regular[-j - 1 :]
    nodes = [
        _with_targets(draw, n, nodes[i + 1 :]) if n.targets else n for i, n in enumerate(nodes)
    ]
    count = 1 if depth < 2 else draw(st.integers(1, 2))
    outputs = {
        f"y{i}": edge(*draw(st.lists(st.sampled_from(regular), min_size=1, max_size=2)))
        for i in range(count)
    }
    return network(*nodes, **outputs)


def _with_targets(draw: st.DrawFn, control: Node, later: Sequence[Node]) -> Node:
    """Groups of later nodes, each activated by one action at most."""
    names = [n.name for n in later if n.kind != "control"][:5]
    wanted = draw(st.lists(st.sampled_from(names), max_size=4, unique=True)) if names else []
    groups: list[list[str]] = [[] for _ in range(draw(st.integers(1, 3)))]
    for name in wanted:
        groups[draw(st.integers(0, len(groups) - 1))].append(name)
    return function(control.name, *control.inputs, steps=control.steps, targets=groups)


few = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
BY_DIAGRAMS = {"rows": 1}
"""A limit at which every table is given up, so that decision diagrams do all of the work."""


@few
@given(networks())
def test_analysis_equals_trying_every_decision(net: Network) -> None:
    runs = every_run(net)
    whole = [all(r.present.values()) for r in runs]
    for limits in ({}, BY_DIAGRAMS):
        found, _ = presence.analyse(net.inputs, net.nodes, net.outputs, **limits)
        assert found.exact
        for n in net.nodes:
            assert found.runs[n.name] == how_often([n.name in r.ran for r in runs])
        for o in net.outputs:
            assert found.present[o.name] == how_often([r.present[o.name] for r in runs])
        assert (found.least, found.greatest) == bounds([r.cost for r in runs])
        with_all = [r.cost for r, w in zip(runs, whole, strict=True) if w]
        without = [r.cost for r, w in zip(runs, whole, strict=True) if not w]
        assert found.when_present == bounds(with_all)
        assert found.when_null == bounds(without)


@few
@given(networks(), st.sampled_from([{}, BY_DIAGRAMS]))
def test_an_example_makes_its_output_null_whatever_else_is_decided(
    net: Network, limits: dict[str, int]
) -> None:
    _, findings = presence.analyse(net.inputs, net.nodes, net.outputs, **limits)
    assert set(findings.null) == {k for k, v in net.analysis.present.items() if v == "sometimes"}
    for output, example in findings.null.items():
        assert example is not None
        agreeing = [
            r
            for r in every_run(net)
            if all(r.actions.get(q, a) == a for q, a in example.actions.items())
            and not any(n in r.ran and r.values[n] for n in example.nulls)
        ]
        assert agreeing
        assert not any(r.present[output] for r in agreeing)


@few
@given(networks(), st.integers(1, 12), st.integers(0, 300), st.integers(0, 200))
def test_a_cut_analysis_is_still_true(net: Network, rows: int, work: int, room: int) -> None:
    runs = every_run(net)
    found, findings = presence.analyse(
        net.inputs, net.nodes, net.outputs, rows=rows, work=work, room=room
    )
    assert found.exact is not findings.cut
    assert found.least <= min(r.cost for r in runs)
    assert found.greatest >= max(r.cost for r in runs)
    for name, how in found.runs.items():
        assert how in ("sometimes", how_often([name in r.ran for r in runs]))
    for name, how in found.present.items():
        assert how in ("sometimes", how_often([r.present[name] for r in runs]))
    for r in runs:
        within = found.when_present if all(r.present.values()) else found.when_null
        assert within is not None
        assert within[0] <= r.cost <= within[1]
    for output, example in findings.null.items():
        assert example is None or not all(r.present[output] for r in runs)


@few
@given(networks(), st.sampled_from([{}, BY_DIAGRAMS]))
def test_an_alternative_called_unused_is_never_reached(
    net: Network, limits: dict[str, int]
) -> None:
    _, findings = presence.analyse(net.inputs, net.nodes, net.outputs, **limits)
    called = {id(u.edge): u.position for u in findings.unused}
    runs = every_run(net)
    for e in [e for n in net.nodes for e in n.inputs] + [o.edge for o in net.outputs]:
        after = len(e.sources) + (e.default is not None)
        always = [
            p for p in range(1, after) if all(any(r.values[s] for s in e.sources[:p]) for r in runs)
        ]
        assert called.get(id(e)) == (always[0] if always else None)


def wired_at_random(controls: int, seed: int) -> Network:
    """Each control node and the two nodes it chooses between read any nodes before them."""
    draw, data, nodes = Random(seed), ["x"], []

    def some_edge() -> Edge:
        sources = draw.sample(data, min(len(data), draw.choice([1, 1, 2])))
        return edge(*sources, default=0.0 if draw.random() < 0.3 else None)

    for i in range(controls):
        pair = [f"A{i}", f"B{i}"]
        nodes.append(function(f"Q{i}", some_edge(), cost=1, targets=[[p] for p in pair]))
        for name in pair:
            edges = [some_edge() for _ in range(draw.choice([1, 2]))]
            nodes.append(function(name, *edges, cost=draw.randrange(9)))
        data += pair
    return network(*nodes, y=edge(*data[-4:]))


@pytest.mark.parametrize("seed", range(4))
def test_forty_control_nodes_wired_at_random_are_exact(seed: int) -> None:
    net = wired_at_random(40, seed)
    assert net.analysis.exact
    draw = Random(seed)
    for _ in range(200):
        r = run(net, draw.randrange)
        assert net.analysis.least <= r.cost <= net.analysis.greatest
        assert not any(net.analysis.runs[name] == "never" for name in r.ran)
        assert all(name in r.ran for name, how in net.analysis.runs.items() if how == "always")


@pytest.mark.parametrize("seed", range(2))
def test_networks_too_entangled_are_cut_and_stay_within_their_room(seed: int) -> None:
    net = wired_at_random(60, seed)
    limits = {"rows": 8, "work": 2_000, "room": 2_000}
    tracemalloc.start()
    found, findings = presence.analyse(net.inputs, net.nodes, net.outputs, **limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert findings.cut
    assert not found.exact
    assert peak < 5e6  # 2,000 entries of a few hundred bytes, and the network's own names
    draw = Random(seed)
    for _ in range(200):
        r = run(net, draw.randrange)
        assert found.least <= r.cost <= found.greatest
        assert not any(found.runs[name] == "never" for name in r.ran)
        assert all(name in r.ran for name, how in found.runs.items() if how == "always")
