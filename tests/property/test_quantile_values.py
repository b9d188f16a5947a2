"""Random metrics in the quantile reading: exact at every vertex, and its gradient is its slope."""

import torch
from examples import many
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from metric_programs import by_reference, derived, equal, far, random_bits, written

from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.interpreter.metric.quantile import QUANTILE

SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = st.integers(1, 5)
CLASSES = st.integers(2, 3)
VERTEX = 1e-9
"""What a sum of logarithms leaves of a product"""
STEP, SLOPE = 1e-6, 1e-4
"""Of finite differences in float64: relative, and to the largest entry"""

properties = settings(max_examples=many(250), deadline=None, database=None)


@properties
@given(SEEDS, EXAMPLES, CLASSES)
def test_quantile_equals_metric_at_vertices(seed: int, n: int, k: int) -> None:
    """Also at bits that no scores could have."""
    writer, metric = written(seed)
    tensors = writer.tensors(n, k)
    explicit = derived(metric)
    batch = Evaluator(explicit).batch(tensors)
    bits = random_bits({name: len(c) for name, c in batch.comparisons().items()}, seed, 3)
    soft = batch.plugin(far(bits), rules=QUANTILE).expand(3)
    for anchor in range(3):
        expected = by_reference(explicit, tensors, {name: b[anchor] for name, b in bits.items()})
        assert equal(float(soft[anchor]), expected, VERTEX)


@properties
@given(SEEDS, EXAMPLES, CLASSES)
def test_gradient_of_quantile_is_its_slope(seed: int, n: int, k: int) -> None:
    """Along a random direction, by central differences."""
    writer, metric = written(seed)
    batch = Evaluator(derived(metric)).batch(writer.tensors(n, k))
    generator = torch.Generator().manual_seed(seed)
    at, along = (_random(batch, generator) for _ in range(2))
    leaves = {name: c.clone().requires_grad_() for name, c in at.items()}
    value = batch.plugin(leaves, rules=QUANTILE)
    assume(not value.isnan() and value.requires_grad)
    ahead, behind = (
        batch.plugin({name: c + sign * STEP * along[name] for name, c in at.items()}, 1, QUANTILE)
        for sign in (1, -1)
    )
    grads = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
    found = sum(
        float((grad * along[name]).sum())
        for name, grad in zip(leaves, grads, strict=True)
        if grad is not None
    )
    assert equal(found, float(ahead - behind) / (2 * STEP), SLOPE)


def _random(batch: Batch, generator: torch.Generator) -> dict[str, torch.Tensor]:
    return {
        name: torch.randn(len(c), generator=generator, dtype=torch.float64)
        for name, c in batch.comparisons().items()
    }
