"""What holds for every network, whatever its weights: each test states one law of the language
(LANGUAGE.md section 2) in its name."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import torch
from agreement import VALUES, Case, case, checked, close
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from random_networks import random_spec

from autodesign.dsl import spec
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.result import Result

SEEDS = st.integers(0, 2**32 - 1)
some = settings(max_examples=150, deadline=None, database=None)


def random_case(seed: int, batch: int, forced: float = 0.5) -> Case:
    text = random_spec(seed)
    note(text)
    return case(checked(text), seed, batch, forced)


def ran(out: Result, name: str) -> torch.Tensor:
    return out.executed[name]


@torch.no_grad()
def run(case: Case) -> Result:
    return case.net(**case.inputs, decisions=case.decisions)


def present(network: spec.Network, out: Result, name: str) -> torch.Tensor:
    """Where a value is not null, judged from the outside. Needs a network without nested ones."""
    inputs = [i.name for i in network.inputs]
    return torch.ones_like(out.cost, dtype=torch.bool) if name in inputs else ran(out, name)


def there(network: spec.Network, out: Result, edge: spec.Edge) -> torch.Tensor:
    if edge.default is not None:
        return torch.ones_like(out.cost, dtype=torch.bool)
    return torch.stack([present(network, out, source) for source in edge.sources]).any(0)


def flat(network: spec.Network) -> bool:
    return all(isinstance(step, spec.Layer) for node in network.nodes for step in node.steps)


@some
@given(SEEDS)
def test_a_node_runs_iff_it_is_activated_and_no_argument_is_null(seed: int) -> None:
    given_case = random_case(seed, batch=6)
    network, out = given_case.net.network, run(given_case)
    assume(flat(network))
    for node in network.nodes:
        wanted = torch.ones(6, dtype=torch.bool)
        if node.controllers:
            wanted = torch.stack([out.decisions[q] == a for q, a in node.controllers]).any(0)
        for edge in node.inputs:
            wanted = wanted & there(network, out, edge)
        assert torch.equal(ran(out, node.name), wanted), node.name


@some
@given(SEEDS)
def test_null_propagates(seed: int) -> None:
    """A node one of whose arguments is null does not run, and an output with no value is zero."""
    given_case = random_case(seed, batch=6)
    network, out = given_case.net.network, run(given_case)
    assume(flat(network))
    for node in network.nodes:
        for edge in node.inputs:
            assert not (ran(out, node.name) & ~there(network, out, edge)).any()
    for output in network.outputs:
        assert torch.equal(out.present[output.name], there(network, out, output.edge))
        assert not out[output.name][~out.present[output.name]].any()


@some
@given(SEEDS)
def test_default_stops_null(seed: int) -> None:
    """With a default on each edge, every node that is not controlled runs for every example."""
    given_case = random_case(seed, batch=4)
    network = defaulted(given_case.net.network, lambda _: True)
    out = run(rebuilt(given_case, network))
    for node in network.nodes:
        assert node.controllers or ran(out, node.name).all()
    assert all(out.present[output.name].all() for output in network.outputs)


@some
@given(SEEDS, st.randoms(use_true_random=False))
def test_adding_a_default_never_skips_more_nodes(seed: int, random: Random) -> None:
    before = random_case(seed, batch=6, forced=1.0)
    network = defaulted(before.net.network, lambda _: random.random() < 0.3)
    one, other = run(before), run(rebuilt(before, network))
    for name in before.net.names.nodes:
        assert not (ran(one, name) & ~ran(other, name)).any(), name
    assert (one.cost <= other.cost).all()


@some
@given(SEEDS)
def test_a_skipped_control_activates_nothing(seed: int) -> None:
    out = run(given_case := random_case(seed, batch=6))
    for node in given_case.net.network.nodes:
        if node.controllers:
            active = [ran(out, q) & (out.decisions[q] == a) for q, a in node.controllers]
            assert not (ran(out, node.name) & ~torch.stack(active).any(0)).any()
    for name, actions in out.decisions.items():
        assert not ((actions >= 0) & ~ran(out, name)).any()
        assert not out.scores[name][actions < 0].any()


@some
@given(SEEDS)
def test_a_tie_takes_the_first_edge(seed: int) -> None:
    """All scores are equal where all weights are zero."""
    given_case = random_case(seed, batch=3, forced=0.0)
    for parameter in given_case.net.parameters():
        torch.nn.init.zeros_(parameter)
    for actions in run(given_case).decisions.values():
        assert set(actions.tolist()) <= {0, -1}


@some
@given(SEEDS, st.randoms(use_true_random=False))
def test_batching_does_not_change_an_example(seed: int, random: Random) -> None:
    """Not its neighbours, not their number, not its place among them."""
    whole = random_case(seed, batch=7)
    out = run(whole)
    chosen = random.sample(range(7), random.choice((1, 2, 5)))
    some_of = run(part(whole, chosen))
    assert torch.equal(out.cost[chosen], some_of.cost)
    for name, value in some_of.items():
        close(value, out[name][chosen], VALUES)
        assert torch.equal(some_of.present[name], out.present[name][chosen])
    for name, executed in some_of.executed.items():
        assert torch.equal(executed, out.executed[name][chosen])
    for name, actions in some_of.decisions.items():
        assert torch.equal(actions, out.decisions[name][chosen])


def part(case: Case, rows: list[int]) -> Case:
    inputs = {name: value[rows] for name, value in case.inputs.items()}
    return Case(case.net, inputs, {name: a[rows] for name, a in case.decisions.items()})


def defaulted(network: spec.Network, pick: Callable[[spec.Edge], bool]) -> spec.Network:
    """With the default 0 on those edges, of nodes and outputs, that `pick` picks and have none."""

    def edge(old: spec.Edge) -> spec.Edge:
        return replace(old, default=0.0) if old.default is None and pick(old) else old

    nodes = [replace(node, inputs=tuple(map(edge, node.inputs))) for node in network.nodes]
    outputs = [replace(output, edge=edge(output.edge)) for output in network.outputs]
    return replace(network, nodes=tuple(nodes), outputs=tuple(outputs))


def rebuilt(case: Case, network: spec.Network) -> Case:
    """The same weights, inputs and decisions for a network with other edges."""
    net = DynamicNetwork(network).double()
    net.load_state_dict(case.net.state_dict())
    return Case(net, case.inputs, case.decisions)
