"""Metrics as functions of tensors. They branch on no data, so `torch.vmap` maps them over bags.

NaN stands for "undefined for these examples": the quotient of nothing by nothing.
"""

from collections.abc import Callable

from torch import Tensor

Metric = Callable[[Tensor, Tensor], Tensor]


def Accuracy() -> Metric:
    return lambda s, y: (s.argmax(1) == y).sum() / y.numel()


def F1() -> Metric:
    def f1(s: Tensor, y: Tensor) -> Tensor:
        predicted, positive = _predicted(s), y > 0
        # the denominator is 2 tp + fp + fn, counted as predicted + positive
        return 2 * _count(predicted & positive) / (_count(predicted) + _count(positive))

    return f1


def Precision() -> Metric:
    def precision(s: Tensor, y: Tensor) -> Tensor:
        predicted = _predicted(s)
        return _count(predicted & (y > 0)) / _count(predicted)

    return precision


def Recall() -> Metric:
    def recall(s: Tensor, y: Tensor) -> Tensor:
        positive = y > 0
        return _count(_predicted(s) & positive) / _count(positive)

    return recall


def _predicted(s: Tensor) -> Tensor:
    """Which examples [n] are taken for class 1: a tie goes to class 0."""
    if s.dim() == 2 and s.shape[1] == 2:
        return s[:, 1] > s[:, 0]
    return s.flatten() > 0


def _count(flags: Tensor) -> Tensor:
    return flags.sum()
