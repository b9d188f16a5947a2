"""The training-free criteria against their definitions: one example, one unit at a time."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from autodesign.stdlib.criteria.untrained_torch import (
    LinearRegions,
    NtkCondition,
    TeNas,
    along_lines,
    condition,
    distinct,
    patterns,
    started,
    tangent_kernel,
)


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 8),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.5),
        nn.Linear(8, 3),
    )


def images(n: int, seed: int = 0) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def slow_kernel(network: nn.Module, inputs: Tensor) -> Tensor:
    """The explicit Jacobian of each example on its own, in float64."""
    names = [name for name, _ in network.named_parameters()]
    rows = []
    for one in inputs:
        jacobians = torch.autograd.functional.jacobian(
            lambda *weights, one=one: functional_call(
                network, dict(zip(names, weights, strict=True)), (one[None],)
            )[0],
            tuple(network.parameters()),
        )
        rows.append(torch.cat([j.flatten(1) for j in jacobians], 1))  # [classes, weights]
    return torch.stack([torch.stack([(a * b).sum() for b in rows]) for a in rows])


@pytest.mark.parametrize("init", ["kaiming", "own"])
def test_the_kernel_is_that_of_explicit_jacobians(init: str) -> None:
    torch.manual_seed(0)
    network = started(convolutional(), init, images(12)).double()
    inputs = images(6).double()
    expected = slow_kernel(network, inputs)
    assert torch.allclose(tangent_kernel(network, inputs), expected, rtol=1e-9)
    values = torch.linalg.eigvals(expected).real
    assert condition(expected) == pytest.approx(float(values.max() / values.min()), rel=1e-6)


def test_ntk_condition_is_the_mean_over_fresh_networks_of_its_seed() -> None:
    inputs = images(6)
    expected = []
    for seed in (5, 6, 7):
        torch.manual_seed(seed)
        network = started(convolutional(), "kaiming", inputs).double()
        expected.append(condition(slow_kernel(network, inputs.double())))
    found = NtkCondition(6, 3, "kaiming")(convolutional, inputs, 5)
    assert found == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_a_linear_model_has_the_condition_of_its_inputs() -> None:
    """f(x) = W x + b: the kernel is (x_i . x_j + 1) times the number of outputs."""
    inputs = images(5)
    flat = inputs.flatten(1).double()
    expected = torch.linalg.cond(flat @ flat.T + 1)
    make = lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 3))  # noqa: E731
    assert NtkCondition(5, 2, "own")(make, inputs, 0) == pytest.approx(float(expected), rel=1e-6)


def test_two_equal_images_leave_the_kernel_singular() -> None:
    inputs = images(4).repeat(2, 1, 1, 1)
    found = NtkCondition(8, 1, "own")(convolutional, inputs, 0)
    assert found > 1e10


def test_a_network_without_gradients_has_no_condition() -> None:
    assert math.isnan(NtkCondition(4, 1, "own")(dead, images(4), 0))


def dead() -> nn.Module:
    made = nn.Sequential(nn.Flatten(), nn.Linear(64, 2), nn.ReLU())
    nn.init.constant_(made[1].bias, -1000)
    return made


# --- linear regions -------------------------------------------------------------------------------


def slow_patterns(network: nn.Module, inputs: Tensor) -> list[tuple[bool, ...]]:
    """One image at a time, layer by layer."""
    rows = []
    for one in inputs:
        value, row = one[None], []
        for layer in network:
            if isinstance(layer, nn.ReLU | nn.LeakyReLU):
                row += [bool(v > 0) for v in value.flatten()]
            value = layer(value)
        rows.append(tuple(row))
    return rows


def test_patterns_are_those_of_one_image_at_a_time() -> None:
    torch.manual_seed(1)
    network, inputs = started(convolutional(), "own", images(20)), images(20)
    with torch.no_grad():
        expected = slow_patterns(network, inputs)
    assert [tuple(row) for row in patterns(network, inputs).tolist()] == expected


def test_distinct_patterns_are_counted_as_brute_force_does() -> None:
    torch.manual_seed(2)
    network = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU())
    inputs = torch.randn(700, 2)
    with torch.no_grad():
        expected = len(set(slow_patterns(network, inputs)))
    assert 1 < expected < 700
    assert distinct(network, inputs) == expected


def test_regions_along_a_line_are_its_crossings_of_hyperplanes() -> None:
    """One layer of units: a line crosses the hyperplane of each whose sign differs at its ends."""
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(4, 50), nn.ReLU())
    starts, ends = torch.randn(7, 4), torch.randn(7, 4)
    with torch.no_grad():
        turned = (network[0](starts) > 0) != (network[0](ends) > 0)
    expected = 1 + turned.sum(1).double().mean()
    assert along_lines(network, starts, ends, 9) == pytest.approx(float(expected), abs=1e-12)


def test_regions_along_a_line_are_found_by_brute_force() -> None:
    """Two layers: as many as the different patterns met one after the other on a fine grid."""
    torch.manual_seed(5)
    network = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU())
    starts, ends = torch.randn(3, 2), torch.randn(3, 2)
    regions = []
    for a, b in zip(starts, ends, strict=True):
        line = torch.stack([torch.lerp(a, b, t) for t in torch.linspace(0, 1, 4001)])
        with torch.no_grad():
            met = slow_patterns(network, line)
        regions.append(1 + sum(p != q for p, q in pairwise(met)))
    expected = sum(regions) / 3
    assert expected > 3
    assert along_lines(network, starts, ends, 4001) == pytest.approx(expected)


def test_a_network_without_kinks_is_one_region() -> None:
    make = lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 3))  # noqa: E731
    assert LinearRegions(8, "lines", 5, 2, "own")(make, images(8), 0) == 1
    assert LinearRegions(8, "images", 5, 2, "own")(make, images(8), 0) == 1


def test_te_nas_is_the_difference_of_the_logarithms_for_one_network() -> None:
    inputs = images(16)
    kernel = NtkCondition(8, 1, "kaiming")(convolutional, inputs, 3)
    regions = LinearRegions(16, "lines", 9, 1, "kaiming")(convolutional, inputs, 3)
    both = TeNas(8, 16, "lines", 9, 1, "kaiming")(convolutional, inputs, 3)
    assert both == pytest.approx(math.log(kernel) - math.log(regions), rel=1e-9)


def test_what_is_looked_at_leaves_random_numbers_as_they_were() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    found = NtkCondition(4, 2, "kaiming")(convolutional, images(4), 9)
    assert torch.equal(torch.rand(3), expected)
    assert found == NtkCondition(4, 2, "kaiming")(convolutional, images(4), 9)
