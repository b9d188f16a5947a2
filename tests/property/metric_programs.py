"""Random metrics, checked and derived, for the properties of their readings."""

import math
from collections.abc import Mapping

import torch
from hypothesis import assume, note
from random_metrics import Writer
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.dsl.derive.derivation import derive
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.reference import Reference
from autodesign.stdlib.library import standard


def equal(found: float, expected: float, tolerance: float) -> bool:
    """Relative; undefined equals undefined."""
    if math.isnan(expected) or math.isnan(found):
        return math.isnan(expected) and math.isnan(found)
    return abs(found - expected) <= tolerance * max(1.0, abs(expected))


def written(seed: int) -> tuple[Writer, f.Metric]:
    writer = Writer(seed)
    text = writer.text()
    note(text)
    metric, diagnostics = load_metric(text, standard())
    assert metric is not None, [one.message for one in diagnostics]
    return writer, metric


def derived(metric: f.Metric) -> f.Metric:
    """The explicit form of a metric that has comparisons."""
    try:
        explicit = derive(metric).metric
    except SpecError as refused:
        assert {one.code for one in refused.diagnostics} == {"AD435"}  # no score in it
        assume(False)
    assume(explicit.families)
    return explicit


def far(bits: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Comparisons so far from 0 that the sigmoid is the bit."""
    return {name: torch.where(bit, 1e5, -1e5).double() for name, bit in bits.items()}


def random_bits(sizes: Mapping[str, int], seed: int, anchors: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(anchors, size, generator=generator) < 0.5 for name, size in sizes.items()
    }


def by_reference(
    explicit: f.Metric, tensors: Mapping[str, Tensor], bits: Mapping[str, Tensor]
) -> float:
    """The value of an explicit form at bits, one row at a time."""
    rows = Reference(explicit, tensors)
    told = {
        one.binary: dict(zip(rows.comparisons(one), bits[one.binary].tolist(), strict=True))
        for one in explicit.families
    }
    return Reference(explicit, tensors, bits=told).value()
