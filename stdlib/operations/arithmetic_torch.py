"""Operations on tensors [batch, ...], named as the specs name them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Operation = Callable[..., Tensor]


def l1() -> Operation:
    return lambda a, b: (a - b).abs().mean()


def l2() -> Operation:
    return lambda a, b: (a - b).square().mean()


def mean() -> Operation:
    return lambda v: v.mean()


def sum() -> Operation:
    return lambda v: v.sum()


def max() -> Operation:
    return lambda v: v.max()


def exp() -> Operation:
    return lambda v: v.exp()


def log() -> Operation:
    return lambda v: v.log()


def positive() -> Operation:
    return lambda v: v.relu()


def zeros_like() -> Operation:
    def zeros(v: Tensor) -> Tensor:
        dtype = v.dtype if v.is_floating_point() else torch.get_default_dtype()
        return torch.zeros_like(v, dtype=dtype)

    return zeros


def normalise() -> Operation:
    def shares(v: Tensor) -> Tensor:
        total = v.sum()
        return v / torch.where(total == 0, torch.ones_like(total), total)

    return shares


def cross_entropy_each() -> Operation:
    return lambda scores, label: F.cross_entropy(scores, label.long(), reduction="none")


def channels() -> Operation:
    return lambda a, b: torch.cat((a, b), 1)
