"""What the checker says of all decisions holds for each of them, and is reached by some."""

import torch
from agreement import checked
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from random_networks import random_spec

from autodesign.interpreter.network.module import DynamicNetwork

SEEDS = st.integers(0, 2**32 - 1)
MOST = 512
"""Combinations of decisions that are all tried."""


def observed(seen: torch.Tensor) -> str:
    return "always" if seen.all() else "sometimes" if seen.any() else "never"


@settings(max_examples=150, deadline=None, database=None)
@given(SEEDS)
def test_analysis_is_what_all_decisions_show(seed: int) -> None:
    text = random_spec(seed)
    note(text)
    network = checked(text)
    net = DynamicNetwork(network)
    ranges = [torch.arange(actions) for actions in net.names.controls.values()]
    combinations = torch.cartesian_prod(*ranges).reshape(-1, len(ranges)) if ranges else None
    batch = 1 if combinations is None else len(combinations)
    assume(batch <= MOST)
    decisions = {name: combinations[:, i] for i, name in enumerate(net.names.controls) if batch > 1}
    with torch.no_grad():
        inputs = {i.name: torch.zeros(batch, *i.shape) for i in network.inputs}
        out = net(**inputs, decisions=decisions)
    assert network.analysis.exact
    assert network.analysis.least == out.cost.min()
    assert network.analysis.greatest == out.cost.max()
    for node in network.nodes:
        assert network.analysis.runs[node.name] == observed(out.executed[node.name]), node.name
    for name, shown in network.analysis.present.items():
        assert shown == observed(out.present[name]), name
