"""The language's own layers as modules."""

from functools import reduce
from operator import add as plus
from operator import mul as times

import torch
from torch import Tensor, nn


class add(nn.Module):
    def forward(self, *values: Tensor) -> Tensor:
        return reduce(plus, values)


class multiply(nn.Module):
    def forward(self, *values: Tensor) -> Tensor:
        return reduce(times, values)


class concat(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *values: Tensor) -> Tensor:
        return torch.cat(values, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class const(nn.Module):
    """Gives [1, *shape]: one example, to be broadcast to the batch. It moves with its network."""

    value: Tensor

    def __init__(self, value: float, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("value", torch.full((1, *shape), float(value)), persistent=False)

    def forward(self) -> Tensor:
        return self.value

    def extra_repr(self) -> str:
        return f"shape={list(self.value.shape[1:])}"
