"""Maxima over slices are torch's maxima."""

import pytest
import torch
from torch import Tensor, nn

from autodesign.stdlib.layers.pooling_torch import MaxPool2d


@pytest.mark.parametrize("size", [(8, 8), (7, 10), (3, 3), (28, 5)])
@pytest.mark.parametrize(
    "args", [{"stride": 2}, {"stride": 1}, {"stride": (3, 2)}, {}, {"padding": 1, "stride": 2}]
)
@pytest.mark.parametrize("kernel", [2, 3, (3, 2)])
def test_values_are_those_of_torch(
    size: tuple[int, int], kernel: int | tuple[int, int], args: dict[str, int]
) -> None:
    x = torch.randn(2, 3, *size)
    expected = nn.MaxPool2d(kernel, **args)(x)
    assert torch.equal(MaxPool2d(kernel, **args)(x), expected)
    assert torch.equal(MaxPool2d(kernel, **args)(x[0]), expected[0])


def test_what_is_not_a_number_stays_so() -> None:
    x = torch.randn(1, 2, 6, 6)
    x[0, 0, 2, 2], x[0, 1, 3, 3], x[0, 1] = float("nan"), float("inf"), float("-inf")
    found, expected = MaxPool2d(3, 2)(x), nn.MaxPool2d(3, 2)(x)
    assert torch.equal(found.isnan(), expected.isnan())
    assert torch.equal(found.nan_to_num(7), expected.nan_to_num(7))


def test_gradients_are_those_of_torch() -> None:
    """Also for equal elements, of which torch takes the first."""

    def gradient(pool: nn.Module) -> Tensor:
        x = torch.ones(1, 1, 4, 4, requires_grad=True)
        pool(x).sum().backward()
        assert x.grad is not None
        return x.grad

    assert torch.equal(gradient(MaxPool2d(2)), gradient(nn.MaxPool2d(2)))


def test_exports_as_torch_does() -> None:
    x = torch.randn(1, 2, 6, 6)
    assert torch.equal(torch.export.export(MaxPool2d(2), (x,)).module()(x), MaxPool2d(2)(x))
