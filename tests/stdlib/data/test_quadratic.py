"""The noisy quadratic is the one that its papers define."""

from collections.abc import Callable

import torch

from autodesign.stdlib.data.reading.examples import Splits

Load = Callable[[str], Splits]


def test_curvature_falls_as_the_inverse_and_noise_grows_with_it(read: Load) -> None:
    splits = read("NoisyQuadratic(size=20, count=10_000)")
    looks = splits.train.batch(torch.arange(len(splits.train)))
    assert torch.allclose(looks["curvature"], 1 / torch.arange(1, 21).float())
    variance = looks["target"].var(0)
    expected = torch.arange(1, 21).float()
    # the variance of n looks deviates by its sqrt(2 / n) part, here 1.6 %: five of those
    assert ((variance - expected).abs() / expected).max() < 0.08
    assert looks["target"].mean(0).abs().div(expected.sqrt()).max() < 0.06


def test_the_seed_alone_decides(read: Load) -> None:
    rows = torch.arange(8)
    one, same, other = (
        read(f"NoisyQuadratic(size=5, count=50, seed={seed})").train.batch(rows)["target"]
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)
