"""Inverse distance weighting from the sides of comparisons: equal to anchors written out."""

import pytest
import torch
from hypothesis import given as drawn_from
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor

import autodesign as ad
from autodesign.interpreter.metric import blocksums, idw, pairs
from autodesign.interpreter.metric.anchors import Draw
from autodesign.interpreter.metric.blockanchors import Anchors, Drawing
from autodesign.interpreter.metric.idwpairs import Counted, _Weighted, counted

LIBRARY = {
    "AveragePrecision": lambda n: (scores(n), flags(n)),
    "RocAuc": lambda n: (scores(n), flags(n)),
    "PrecisionAt": lambda n: (scores(3, n), flags(3, n)),
    "MeanAveragePrecision": lambda n: (scores(n, 3), flags(n, 3)),
    "ReciprocalRank": lambda n: (scores(3, n), flags(3, n)),
    "Accuracy": lambda n: (scores(n, 4), torch.randint(4, (n,))),
}


def scores(*sizes: int) -> Tensor:
    return (3 * torch.randn(sizes, dtype=torch.float64)).requires_grad_()


def flags(*sizes: int) -> Tensor:
    return torch.rand(sizes) < 0.4


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def written_out(given: Counted, anchors: Anchors) -> tuple[Tensor, Tensor, Draw]:
    """The soft bits, where there are comparisons at all, and the same anchors bit by bit."""
    shape = given.soft.shape
    size = torch.Size(shape).numel()
    there = torch.ones(size, dtype=torch.bool)
    if given.without is not None:
        there[given.without.flat(shape)] = False
    columns, rows = shape[-1], size // shape[-1]
    flat = torch.arange(size)
    where = given.slabs.places()[flat % columns] * rows + flat // columns  # as anchors have them
    words = [word.view(-1)[where[there]].view(torch.uint16).long() for word in anchors.words]
    number = torch.full((len(given.slabs.order) * rows,), -1)
    number[where[there]] = torch.arange(int(there.sum()))

    flips, many = anchors.flips, anchors.many
    places = torch.full((many.good + many.near, len(flips.anchors)), -1)
    places[flips.anchors - 1, torch.arange(len(flips.anchors))] = number[flips.at]
    assert ((flips.anchors > many.good) == flips.near).all() and (number[flips.at] >= 0).all()
    draw = Draw(
        (given.ideal.difference > 0).reshape(-1)[there],
        (given.soft.difference > 0).reshape(-1)[there],
        places[: many.good],
        places[many.good :],
        torch.stack([byte for w in words for byte in (w & 255, w >> 8)]).to(torch.uint8)
        if words
        else torch.zeros(0, int(there.sum()), dtype=torch.uint8),
        many.bad,
    )
    return given.soft.difference.reshape(-1)[there].double().sigmoid(), there, draw


@settings(max_examples=25, deadline=None)
@drawn_from(
    name=st.sampled_from(sorted(LIBRARY)),
    n=st.integers(2, 40),
    seed=st.integers(0, 2**20),
    many=st.builds(
        Drawing,
        good=st.integers(0, 4),
        bad=st.integers(0, 16),
        near=st.integers(0, 4),
        flips=st.integers(1, 3),
        power=st.sampled_from([1.0, 2.0]),
    ),
    block=st.sampled_from([1, 50, 1 << 17]),
    few=st.sampled_from([0, 1 << 15]),
)
def test_value_and_gradient_are_those_of_anchors_written_out(
    name: str, n: int, seed: int, many: Drawing, block: int, few: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "BLOCK", block)
        for module in (pairs, blocksums):
            patch.setattr(module, "FEW", few)
        patch.setattr(blocksums, "KEPT", 0 if few else 1 << 21)
        torch.manual_seed(seed)
        metric = ad.metric(f"std.metrics.{name}")
        inputs = LIBRARY[name](n)
        names = [one.name for one in metric.explicit.inputs]
        batch = metric._derived.batch(dict(zip(names, inputs, strict=True)))
        given = counted(batch, 1.0)
        anchors = given and given.comparisons and given.drawn(many, generator(seed))
        if not anchors:  # then they are written out anyway
            assert given is None or not given.comparisons or name == "MeanAveragePrecision" or n < 5
            return
        kept: list[idw.Surface] = []
        value = _Weighted.apply(given.soft.above, given.soft.below, given, anchors, many, kept)

        u, _, draw = written_out(given, anchors)
        (family,) = batch.comparisons()
        values = batch.value({family: draw.bits()})
        torch.testing.assert_close(kept[0].values, values, rtol=0, atol=1e-12, equal_nan=True)
        squared = (u - draw.bits().double()).square().sum(1)
        weights = idw.inverse_distance_weights(squared, values.isfinite(), many.power)
        expected = (weights * values.nan_to_num()).sum()
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-12, equal_nan=True)
        gradient, exact = (
            torch.autograd.grad(x, inputs[0], retain_graph=True, allow_unused=True)[0]
            for x in (value, expected)
        )
        assert gradient.isfinite().all()
        assert float((gradient - exact).norm()) <= 1e-8 * float(exact.norm()) + 1e-12
