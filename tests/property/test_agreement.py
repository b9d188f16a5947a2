"""The batched executor does what the reference says, on random networks."""

import torch
from agreement import VALUES, case, checked, compare, compare_gradients, examples
from examples import many
from hypothesis import given, note, settings
from hypothesis import strategies as st
from random_networks import random_spec

NETWORKS = 2_000
AGAIN = 300
SEEDS = st.integers(0, 2**32 - 1)
BATCH = st.integers(1, 5)
FORCED = st.sampled_from((0.0, 0.5, 1.0))


@settings(max_examples=many(NETWORKS), deadline=None, database=None)
@given(SEEDS, BATCH, FORCED)
def test_executor_agrees_with_the_reference(seed: int, batch: int, forced: float) -> None:
    """In outputs, presence, executed nodes, decisions and cost exactly, in gradients to 1e-9."""
    text = random_spec(seed)
    note(text)
    given_case = case(checked(text), seed, batch, forced)
    out = given_case.net(**given_case.inputs, decisions=given_case.decisions)
    expected = examples(given_case)
    compare(given_case, out, expected)
    compare_gradients(given_case, out, expected)


@settings(max_examples=AGAIN, deadline=None, database=None)
@given(SEEDS, BATCH, FORCED)
def test_a_batch_run_again_is_as_if_run_afresh(seed: int, batch: int, forced: float) -> None:
    """With other decisions for some control nodes: what is kept of the first run is the same."""
    given_case = case(checked(random_spec(seed)), seed, batch, forced)
    net, inputs = given_case.net, given_case.inputs
    first = net(**inputs, decisions=given_case.decisions, keep=True)
    others = {
        name: torch.where(taken < 0, taken, torch.randint(net.names.controls[name], (batch,)))
        if torch.rand(()) < forced
        else taken
        for name, taken in first.decisions.items()
    }
    again = net(**inputs, decisions=others, after=first)
    fresh = net(**inputs, decisions=others)
    assert torch.equal(again.cost, fresh.cost)
    for part in ("present", "executed", "decisions"):
        one, other = getattr(again, part), getattr(fresh, part)
        assert all(torch.equal(one[name], other[name]) for name in other), part
    for name in fresh:
        torch.testing.assert_close(again[name], fresh[name], rtol=VALUES, atol=VALUES)
