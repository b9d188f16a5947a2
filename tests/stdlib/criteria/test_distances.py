"""Criteria of images against torchmetrics, torch-fidelity, or their definition written out.

All are compared on the same features, to 1e-6 relative where both compute in float64.
"""

import math

import numpy
import pytest
import scipy.linalg
import scipy.ndimage
import torch
from torch import Tensor
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from autodesign.stdlib.criteria.distances_torch import (
    FrechetDistance,
    InceptionScore,
    KernelDistance,
    SlicedWasserstein,
    moments,
    projection,
)
from autodesign.stdlib.criteria.pyramid_torch import (
    Patches,
    larger,
    pyramid,
    smaller,
    standardised,
)
from autodesign.stdlib.criteria.seen_torch import Seen


def features(n: int, d: int, seed: int, shift: float = 0.0) -> Tensor:
    """Correlated and skewed, as features after a ReLU are."""
    random = torch.Generator().manual_seed(seed)
    mixed = torch.randn(n, d, generator=random) @ torch.randn(d, d, generator=random) / d**0.5
    return mixed.relu() + shift


def frechet(made: Tensor, real: Tensor, directions: int | None = None) -> float:
    criterion = FrechetDistance(directions)
    return criterion(Seen(made), criterion.reference(Seen(real)))


@pytest.mark.parametrize(("n", "d"), [(500, 40), (30, 40), (5000, 8)])
def test_frechet_distance_is_that_of_torchmetrics(n: int, d: int) -> None:
    made, real = features(n, d, 0, 0.1), features(n, d, 1)
    (m1, c1), (m2, c2) = ((x.double().mean(0), x.double().T.cov()) for x in (made, real))
    # of 30 images the covariance is singular, where torchmetrics' eigenvalues are rounded
    assert frechet(made, real) == pytest.approx(float(_compute_fid(m1, c1, m2, c2)), rel=1e-6)


def test_frechet_distance_is_that_of_torch_fidelity() -> None:
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    made, real = features(400, 30, 2, 0.3), features(400, 30, 3)
    there = [fid.fid_features_to_statistics(x.double()) for x in (made, real)]
    theirs = fid.fid_statistics_to_metric(*there, verbose=False)[fid.KEY_METRIC_FID]
    assert frechet(made, real) == pytest.approx(theirs, rel=1e-6)


def test_frechet_distance_follows_its_definition() -> None:
    made, real = features(300, 20, 4).double().numpy(), features(300, 20, 5, 0.2).double().numpy()
    c1, c2 = numpy.cov(made, rowvar=False), numpy.cov(real, rowvar=False)
    apart = ((made.mean(0) - real.mean(0)) ** 2).sum()
    expected = apart + numpy.trace(c1 + c2 - 2 * scipy.linalg.sqrtm(c1 @ c2).real)
    ours = frechet(torch.from_numpy(made), torch.from_numpy(real))
    assert ours == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_normal_distributions_on_a_line() -> None:
    """In one dimension it is (m1 - m2)^2 + (s1 - s2)^2."""
    made, real = features(1000, 1, 6, 2.0).double(), features(1000, 1, 7).double()
    expected = (made.mean() - real.mean()) ** 2 + (made.std() - real.std()) ** 2
    assert frechet(made, real) == pytest.approx(float(expected), rel=1e-9)


def test_a_projection_is_applied_to_both() -> None:
    made, real = features(200, 20, 8, 0.1).double(), features(200, 20, 9).double()
    directions = projection(20, 5)
    assert torch.allclose(directions.T @ directions, torch.eye(5, dtype=torch.float64))
    projected = frechet(made @ directions, real @ directions)
    assert frechet(made, real, 5) == pytest.approx(projected, rel=1e-9)


def test_all_directions_leave_the_distance_as_it_is() -> None:
    made, real = features(200, 12, 10, 0.1), features(200, 12, 11)
    assert frechet(made, real, 12) == pytest.approx(frechet(made, real), rel=1e-9)


def test_moments_do_not_suffer_from_a_large_mean() -> None:
    """Accumulated as sums of squares in float32 nothing would be left of a variance of 1."""
    rows = torch.randn(9000, 3, generator=torch.Generator().manual_seed(0)) + 1e4
    mean, covariance = moments(rows)
    assert torch.allclose(mean, rows.double().mean(0), rtol=1e-12)
    assert torch.allclose(covariance, rows.double().T.cov(), rtol=1e-9)


def kernel(made: Tensor, real: Tensor, subsets: int | None, size: int) -> float:
    criterion = KernelDistance(subsets, size)
    return criterion(Seen(made), criterion.reference(Seen(real)))


def test_kernel_distance_is_that_of_torchmetrics() -> None:
    made, real = features(300, 24, 12, 0.1), features(300, 24, 13)
    expected = float(poly_mmd(real.double(), made.double()))
    assert kernel(made, real, None, 1000) == pytest.approx(expected, rel=1e-9)
    assert kernel(made, real, 3, 300) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_is_that_of_torch_fidelity() -> None:
    kid = pytest.importorskip("torch_fidelity.metric_kid")
    made, real = features(150, 24, 14, 0.1), features(150, 24, 15)
    options = {"kid_subsets": 1, "kid_subset_size": 150, "verbose": False}
    theirs = kid.kid_features_to_metric(made.double(), real.double(), **options)
    expected = theirs[kid.KEY_METRIC_KID_MEAN]
    assert kernel(made, real, None, 1000) == pytest.approx(expected, rel=1e-6)


def test_kernel_distance_follows_its_definition_with_unequal_numbers() -> None:
    from autodesign.stdlib.criteria.distances_torch import discrepancy

    x, y = features(7, 4, 16).double(), features(5, 4, 17).double()
    k = lambda a, b: float((a @ b / 4 + 1) ** 3)  # noqa: E731
    pairs = lambda z: [k(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]  # noqa: E731
    between = [k(a, b) for a in x for b in y]
    means = [sum(v) / len(v) for v in (pairs(x), pairs(y), between)]
    assert discrepancy(x, y) == pytest.approx(means[0] + means[1] - 2 * means[2], rel=1e-9)


def test_kernel_distance_of_one_distribution_is_zero_on_average() -> None:
    """Unbiased: the mean of 200 estimates from 10 images lies within 4 deviations of 0."""
    values = [
        kernel(features(10, 4, 2 * i), features(10, 4, 2 * i), None, 10)
        for i in range(3)  # one set twice is no independent pair, and gives less than 0
    ]
    assert max(values) < 0
    values = [kernel(sample(i), sample(1000 + i), None, 10) for i in range(200)]
    spread = numpy.std(values) / math.sqrt(len(values))
    assert abs(numpy.mean(values)) < 4 * spread


def sample(seed: int) -> Tensor:
    return torch.randn(10, 4, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("splits", [1, 3, 10])
def test_inception_score_is_that_of_torch_fidelity(splits: int) -> None:
    isc = pytest.importorskip("torch_fidelity.metric_isc")
    scores = 3 * features(101, 10, 18)
    theirs = isc.isc_features_to_metric(scores, splits, shuffle=False)[isc.KEY_METRIC_ISC_MEAN]
    ours = InceptionScore(splits)(Seen(scores, scores), {})
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_inception_score_is_the_number_of_classes_where_each_image_is_sure_of_its_own() -> None:
    scores = 1000 * torch.eye(7).repeat(4, 1)
    assert InceptionScore(1)(Seen(scores, scores), {}) == pytest.approx(7)
    assert InceptionScore(1)(Seen(scores, scores[:1].repeat(9, 1)), {}) == pytest.approx(1)


# --- sliced Wasserstein distance ------------------------------------------------------------------


def sliced(made: Tensor, real: Tensor, patches: int, directions: int) -> float:
    criterion = SlicedWasserstein(patches, directions)
    found = [Seen(criterion.looks(images)[0]) for images in (made, real)]
    return criterion(found[0], criterion.reference(found[1]))


FILTER = numpy.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def slow_sliced(made: Tensor, real: Tensor, patches: int, directions: int) -> float:
    """Karras et al. 2018 written out in numpy and scipy, with the places and directions of ours."""
    values = []
    for a, b in zip(slow_pyramid(made), slow_pyramid(real), strict=True):
        flat = [slow_descriptors(level, patches) for level in (a, b)]
        random = torch.Generator().manual_seed(1)
        drawn = torch.randn(flat[0].shape[1], directions, generator=random).double().numpy()
        along = []
        for i in range(directions):
            direction = drawn[:, i] / numpy.sqrt((drawn[:, i] ** 2).sum())
            some, others = (sorted(x @ direction) for x in flat)
            along.append(numpy.mean([abs(p - q) for p, q in zip(some, others, strict=True)]))
        values.append(numpy.mean(along))
    return 1000 * float(numpy.mean(values))


def slow_pyramid(images: Tensor) -> list[numpy.ndarray]:
    smooth = lambda x: scipy.ndimage.convolve(x, FILTER[None, None], mode="mirror")  # noqa: E731
    levels, now = [], images.double().numpy()
    while now.shape[2] > 16:
        coarser = smooth(now)[:, :, ::2, ::2]
        wide = numpy.zeros(now.shape)
        wide[:, :, ::2, ::2] = 4 * coarser
        levels.append(now - smooth(wide))
        now = coarser
    return [*levels, now]


def slow_descriptors(images: numpy.ndarray, patches: int) -> numpy.ndarray:
    n, channels, height, width = images.shape
    random = torch.Generator().manual_seed(0)
    tops = torch.randint(0, height - 6, (n, patches, 1, 1), generator=random)[..., 0, 0].tolist()
    lefts = torch.randint(0, width - 6, (n, patches, 1, 1), generator=random)[..., 0, 0].tolist()
    found = numpy.stack(
        [
            images[i, :, tops[i][j] : tops[i][j] + 7, lefts[i][j] : lefts[i][j] + 7]
            for i in range(n)
            for j in range(patches)
        ]
    )
    for channel in range(channels):
        found[:, channel] -= found[:, channel].mean()
        found[:, channel] /= found[:, channel].std()
    return found.reshape(len(found), -1)


@pytest.mark.parametrize(("size", "channels", "levels"), [(8, 1, 1), (16, 3, 1), (32, 3, 2)])
def test_sliced_wasserstein_follows_its_definition(size: int, channels: int, levels: int) -> None:
    random = torch.Generator().manual_seed(0)
    real = torch.rand(12, channels, size, size, generator=random)
    made = torch.rand(12, channels, size, size, generator=random) ** 3
    assert len(pyramid(real)) == levels
    ours = sliced(made, real, 4, 8)
    # ours is computed in float32, theirs in float64
    assert ours == pytest.approx(slow_sliced(made, real, 4, 8), rel=1e-4)


def test_a_laplacian_pyramid_adds_up_to_its_image() -> None:
    image = torch.rand(2, 1, 64, 64, dtype=torch.float64)
    finest, middle, coarsest = pyramid(image)
    assert torch.allclose(finest + larger(middle + larger(coarsest)), image)
    assert torch.allclose(coarsest, smaller(smaller(image)))


def test_sliced_wasserstein_of_the_same_images_is_zero() -> None:
    images = torch.rand(10, 1, 16, 16)
    assert sliced(images, images, 4, 8) == 0


def test_descriptors_have_mean_zero_and_deviation_one_in_each_channel() -> None:
    patches, _ = Patches(5)(torch.rand(20, 3, 32, 32))
    assert patches.shape == (20, 2, 5, 3, 7, 7)
    found = standardised(patches[:, 1]).reshape(100, 3, 49)
    assert found.mean((0, 2)).abs().max() < 1e-5
    assert (found.std((0, 2), correction=0) - 1).abs().max() < 1e-5


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_has_no_distance(value: float) -> None:
    real, made = features(50, 6, 20), features(50, 6, 21)
    made[3, 2] = value
    assert math.isnan(frechet(made, real))
    assert not math.isfinite(kernel(made, real, None, 10))
    assert not math.isfinite(InceptionScore(2)(Seen(made, made), {}))
    images = torch.full((4, 1, 8, 8), value)
    assert math.isnan(sliced(images, torch.rand(4, 1, 8, 8), 2, 2))


def test_images_that_are_all_the_same_grey_have_a_sliced_wasserstein_distance() -> None:
    grey = torch.full((6, 1, 8, 8), 0.5)
    assert sliced(grey, torch.rand(6, 1, 8, 8), 4, 8) > 100


def test_images_smaller_than_a_patch_are_one() -> None:
    random = torch.Generator().manual_seed(0)
    made, real = torch.rand(2, 1_000, 1, 4, 4, generator=random)
    striped = made[:, :, :1].expand_as(made)
    assert Patches(2)(made)[0].shape == (1_000, 1, 2, 1, 4, 4)
    assert 0 < 2 * sliced(made, real, 1, 64) < sliced(striped, real, 1, 64)
