"""`explicit(text)` gives the derived form of a metric as text; `agree(text)` compares values."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autodesign.dsl.derive import derive, to_text
from autodesign.dsl.formula import Input, Metric
from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.reference import Reference
from autodesign.stdlib.library import standard

SIZES = {"n": 4, "k": 3, "m": 4, "q": 2, "r": 3, "c": 4}


def read(text: str) -> Metric:
    metric, found = load_metric(text, standard())
    assert metric is not None, found
    return metric


@pytest.fixture
def explicit() -> Callable[[str], str]:
    def run(text: str) -> str:
        derived = derive(read(text)).metric
        shown = to_text(derived)
        assert read(shown) == derived
        assert derive(derived).metric == derived
        return shown

    return run


def tensors(metric: Metric, seed: int, ties: bool = False) -> dict[str, Tensor]:
    """A batch, without ties unless told; numbers are whole 64ths, so all arithmetic is exact."""
    torch.manual_seed(seed)
    batch = {one.name: _tensor(one) for one in metric.inputs}
    scores = [one.name for one in metric.inputs if one.kind == "scores"]
    if ties:
        return batch | {name: (batch[name] / 2).round() / 2 for name in scores}
    return batch | {name: batch[name] + number / 64 for number, name in enumerate(scores)}


def _tensor(one: Input) -> Tensor:
    shape = [SIZES[dim] for dim in one.dims]
    if one.kind == "scores":
        count = math.prod(shape)
        return (torch.randperm(count).double() - count // 2 + 0.25).reshape(shape)
    if one.kind == "label":
        return torch.randint(SIZES[one.classes or "k"], shape)
    if one.kind == "flag":
        return torch.rand(shape) < 0.5
    if one.kind == "point":
        return torch.randint(8, [*shape, 2]).double() / 2
    return torch.randint(1, 9, shape).double() / 2


@pytest.fixture
def agree() -> Callable[..., None]:
    """Definition and derived form have the same value on a few batches."""

    def run(text: str, ties: bool = False) -> None:
        metric = read(text)
        derived = derive(metric).metric
        for seed in range(5):
            batch = tensors(metric, seed, ties)
            compared = Reference(derived, batch)
            bits = {
                family.binary: {row: bool(c and c > 0) for row, c in found.items()}
                for family in derived.families
                for found in [compared.comparisons(family)]
            }
            value = Reference(derived, batch, bits=bits).value()
            assert value == pytest.approx(Reference(metric, batch).value(), rel=1e-12, nan_ok=True)

    return run
