"""The batched executor does what the reference says, on random networks."""

from agreement import case, checked, compare, compare_gradients, examples
from hypothesis import given, note, settings
from hypothesis import strategies as st
from random_networks import random_spec

NETWORKS = 2_000
SEEDS = st.integers(0, 2**32 - 1)
BATCH = st.integers(1, 5)
FORCED = st.sampled_from((0.0, 0.5, 1.0))


@settings(max_examples=NETWORKS, deadline=None, database=None)
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
