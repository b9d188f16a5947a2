"""Random metrics mean the same however they are read: one row at a time, on tensors, by their
explicit form, and at the vertices of the plugin reading; and the plugin's gradient is its slope."""

import torch
from examples import many
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_programs import by_reference, derived, equal, far, random_bits, written

from autodesign.interpreter.metric.evaluate import Evaluator
from autodesign.interpreter.metric.reference import Reference

METRICS = 1_000
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = st.integers(1, 5)
CLASSES = st.integers(2, 3)

ROUNDING = 1e-12
"""Relative: both do the same arithmetic in float64, but sum in another order."""
VERTEX = 1e-9
"""What a sum of logarithms leaves of a product."""
STEP, SLOPE = 1e-6, 1e-4
"""Of finite differences in float64: relative, and to the largest entry."""

properties = settings(max_examples=many(METRICS), deadline=None, database=None)
fewer = settings(max_examples=many(METRICS // 4), deadline=None, database=None)


@properties
@given(SEEDS, EXAMPLES, CLASSES)
def test_exact_value_equals_reference(seed: int, n: int, k: int) -> None:
    writer, metric = written(seed)
    tensors = writer.tensors(n, k)
    found = Evaluator(metric).batch(tensors).exact()
    assert found.shape == ()
    assert equal(float(found), Reference(metric, tensors).value(), ROUNDING)


@properties
@given(SEEDS, EXAMPLES, CLASSES)
def test_derived_value_equals_metric(seed: int, n: int, k: int) -> None:
    """value(binaries(comparisons)) is the definition, and so is the plugin at that vertex."""
    writer, metric = written(seed)
    tensors = writer.tensors(n, k)
    expected = Reference(metric, tensors).value()
    batch = Evaluator(derived(metric)).batch(tensors)
    bits = batch.binaries(batch.comparisons())
    assert equal(float(batch.value(bits)), expected, ROUNDING)
    assert equal(float(batch.plugin(far(bits))), expected, VERTEX)


@fewer
@given(SEEDS, EXAMPLES, CLASSES)
def test_anchors_are_valued_one_by_one(seed: int, n: int, k: int) -> None:
    """At bits that no scores could have: packed and single, exact, plugin and reference agree."""
    writer, metric = written(seed)
    tensors = writer.tensors(n, k)
    explicit = derived(metric)
    batch = Evaluator(explicit).batch(tensors)
    bits = random_bits({name: len(c) for name, c in batch.comparisons().items()}, seed, 3)
    packed, soft = batch.value(bits).expand(3), batch.plugin(far(bits)).expand(3)
    for anchor in range(3):
        expected = by_reference(explicit, tensors, {name: b[anchor] for name, b in bits.items()})
        assert equal(float(packed[anchor]), expected, ROUNDING)
        assert equal(float(soft[anchor]), expected, VERTEX)


@fewer
@given(SEEDS, EXAMPLES, CLASSES)
def test_gradient_of_plugin_is_its_slope(seed: int, n: int, k: int) -> None:
    """Along a random direction, by central differences."""
    writer, metric = written(seed)
    batch = Evaluator(derived(metric)).batch(writer.tensors(n, k))
    generator = torch.Generator().manual_seed(seed)
    at, along = (
        {
            name: torch.randn(len(c), generator=generator, dtype=torch.float64)
            for name, c in batch.comparisons().items()
        }
        for _ in range(2)
    )
    leaves = {name: c.clone().requires_grad_() for name, c in at.items()}
    value = batch.plugin(leaves)
    if bool(value.isnan()) or not value.requires_grad:
        return
    ahead, behind = (
        batch.plugin({name: c + sign * STEP * along[name] for name, c in at.items()})
        for sign in (1, -1)
    )
    given_by = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
    found = sum(
        float((grad * along[name]).sum())
        for name, grad in zip(leaves, given_by, strict=True)
        if grad is not None
    )
    assert equal(found, float(ahead - behind) / (2 * STEP), SLOPE)


@fewer
@given(SEEDS, st.integers(1, 9), CLASSES)
def test_surrogate_is_plugin_of_comparisons(seed: int, n: int, k: int) -> None:
    """The faster way, whose comparisons are not gathered, gives the same value and gradient."""
    writer, metric = written(seed)
    evaluator = Evaluator(derived(metric))
    tensors = writer.tensors(n, k)
    values, gradients = [], []
    for faster in (False, True):
        scores = tensors["s"].div(n).requires_grad_()
        batch = evaluator.batch(tensors | {"s": scores})
        value = batch.surrogate(2.0) if faster else batch.plugin(batch.comparisons(), 2.0)
        values.append(value.item())
        (grad,) = torch.autograd.grad(value + 0 * scores.sum(), scores)
        gradients.append(grad)
    assert equal(values[1], values[0], VERTEX)
    assert torch.allclose(*gradients, rtol=VERTEX, atol=VERTEX, equal_nan=True)
