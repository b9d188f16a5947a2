"""A learned tensor as a module without inputs."""

import torch
from torch import Tensor, nn


class Parameter(nn.Module):
    """Gives [1, *shape], to be broadcast to the batch."""

    def __init__(self, shape: tuple[int, ...], init: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.full((1, *shape), float(init)))

    def forward(self) -> Tensor:
        return self.value

    def extra_repr(self) -> str:
        return f"shape={list(self.value.shape[1:])}"
