"""Layers of growing networks as modules (Karras et al. 2018, sections 3 and 4)."""

from math import prod, sqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EqualizedConv2d(nn.Module):
    """A convolution by `weight * gain / sqrt(fan_in)`, `weight` ~ N(0, 1)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = "same",
        bias: bool = True,
        gain: float = sqrt(2),
    ) -> None:
        super().__init__()
        kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, *kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.scale = gain / sqrt(in_channels * prod(kernel))
        self.stride, self.padding = stride, _symmetric(padding, kernel)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)

    def extra_repr(self) -> str:
        out, into, *kernel = self.weight.shape
        return f"{into}, {out}, kernel_size={tuple(kernel)}, padding={self.padding}"


class EqualizedLinear(nn.Module):
    """A linear map by `weight * gain / sqrt(in_features)`, `weight` ~ N(0, 1)."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, gain: float = sqrt(2)
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None
        self.scale = gain / sqrt(in_features)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.scale, self.bias)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}"


class PixelNorm(nn.Module):
    def __init__(self, eps: float = 1e-8) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + self.eps)


class MinibatchStdDev(nn.Module):
    """[n, c, h, w] -> [n, c + 1, h, w]"""

    def __init__(self, group_size: int = 4) -> None:
        super().__init__()
        self.group_size = group_size

    def forward(self, x: Tensor) -> Tensor:
        n, _, height, width = x.shape
        size = next(k for k in range(min(self.group_size, max(n, 1)), 0, -1) if n % k == 0)
        groups = x.reshape(-1, size, *x.shape[1:])
        # `var` along a dimension that is not the last one is slow on the CPU
        apart = groups - groups.mean(1, keepdim=True)
        spread = (apart.square().mean(1) + 1e-8).sqrt().flatten(1).mean(1)
        channel = spread.repeat_interleave(size).view(n, 1, 1, 1).expand(n, 1, height, width)
        return torch.cat([x, channel], 1)

    def extra_repr(self) -> str:
        return f"group_size={self.group_size}"


class FadeIn(nn.Module):
    """(1 - alpha) * old + alpha * new: the one or the other to the bit where alpha is 0 or 1."""

    alpha: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("alpha", torch.zeros(()))

    def forward(self, old: Tensor, new: Tensor) -> Tensor:
        return torch.lerp(old, new, self.alpha)


def _symmetric(padding: Any, kernel: tuple[int, int]) -> Any:
    """ "same" as numbers where both sides get as many: torch then pads nothing by itself."""
    if padding == "same" and all(k % 2 for k in kernel):
        return (kernel[0] // 2, kernel[1] // 2)
    return padding
