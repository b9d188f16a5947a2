"""Derived metrics mean what their definitions mean, on random metrics and tie-free scores."""

import math

from examples import many
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from random_metrics import Writer

from autodesign.dsl.derive import derive, to_text
from autodesign.dsl.formula import Metric
from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.reference import Reference
from autodesign.stdlib.library import standard

METRICS = 1_000  # issue "Must show", 1
SEEDS = st.integers(0, 2**32 - 1)
CLASSES = 3


def read(text: str) -> Metric:
    note(text)
    metric, found = load_metric(text, standard())
    assert metric is not None, found
    return metric


def explicit(metric: Metric) -> Metric:
    """The derived form; metrics whose value hangs on data alone are passed over."""
    derivation = derive(metric)
    assert {one.code for one in derivation.diagnostics} <= {"AD435"}
    assume(derivation.explicit is not None)
    return derivation.metric


@settings(max_examples=many(METRICS), deadline=None, database=None)
@given(SEEDS, st.integers(1, 5))
def test_derived_metric_equals_its_definition(seed: int, n: int) -> None:
    """value(binaries(comparisons)) is exactly the definition's value, both read slowly."""
    writer = Writer(seed)
    metric = read(writer.text())
    derived = explicit(metric)
    tensors = writer.tensors(n, CLASSES)
    compared = Reference(derived, tensors)
    bits = {
        family.binary: {
            row: c > 0 for row, c in compared.comparisons(family).items() if c is not None
        }
        for family in derived.families
    }
    note(to_text(derived))
    expected = Reference(metric, tensors).value()
    value = Reference(derived, tensors, bits=bits).value()
    assert value == expected or (math.isnan(value) and math.isnan(expected))


@settings(max_examples=many(METRICS), deadline=None, database=None)
@given(SEEDS)
def test_deriving_a_derived_metric_changes_nothing(seed: int) -> None:
    derived = explicit(read(Writer(seed).text()))
    assert derive(derived).metric == derived


@settings(max_examples=many(METRICS), deadline=None, database=None)
@given(SEEDS)
def test_metric_as_text_reads_back_equal(seed: int) -> None:
    """Definitions and what they are derived into, printed and read again."""
    metric = read(Writer(seed).text())
    assert read(to_text(metric)) == metric
    derived = explicit(metric)
    assert read(to_text(derived)) == derived
