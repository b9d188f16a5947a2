"""The losses of torch.nn, as functions of their arguments that give functions of tensors.

All take the mean over the batch. Inputs and targets of one number for each example may differ by
dimensions of size 1, which torch would broadcast to a matrix.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
Weights = tuple[float, ...] | None


def CrossEntropyLoss(weight: Weights, ignore_index: int, label_smoothing: float) -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target.long(),
            _by_class(weight, input),
            ignore_index=ignore_index,
            label_smoothing=label_smoothing,
        )

    return loss


def NLLLoss(weight: Weights, ignore_index: int) -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        weights = _by_class(weight, input)
        return F.nll_loss(input, target.long(), weights, ignore_index=ignore_index)

    return loss


def MultiMarginLoss(p: int, margin: float, weight: Weights) -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        weights = _by_class(weight, input)
        return F.multi_margin_loss(input, target.long(), p, margin, weights)

    return loss


def BCEWithLogitsLoss(pos_weight: float | None) -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        weight = None if pos_weight is None else input.new_tensor(pos_weight)
        return F.binary_cross_entropy_with_logits(input, _like(input, target), pos_weight=weight)

    return loss


def BCELoss() -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, _like(input, target))

    return loss


def SoftMarginLoss() -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, 2 * _like(input, target) - 1)

    return loss


def MSELoss() -> Loss:
    return lambda input, target: F.mse_loss(input, _like(input, target))


def L1Loss() -> Loss:
    return lambda input, target: F.l1_loss(input, _like(input, target))


def SmoothL1Loss(beta: float) -> Loss:
    return lambda input, target: F.smooth_l1_loss(input, _like(input, target), beta=beta)


def HuberLoss(delta: float) -> Loss:
    return lambda input, target: F.huber_loss(input, _like(input, target), delta=delta)


def PoissonNLLLoss(log_input: bool, full: bool, eps: float) -> Loss:
    def loss(input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(
            input, _like(input, target), log_input=log_input, full=full, eps=eps
        )

    return loss


def _by_class(weight: Weights, input: Tensor) -> Tensor | None:
    if weight is None:
        return None
    if len(weight) != input.shape[1]:
        raise ValueError(
            f"`weight` has {len(weight)} numbers, but there are {input.shape[1]} classes"
        )
    return input.new_tensor(weight)


def _like(input: Tensor, target: Tensor) -> Tensor:
    """The target as numbers in the input's shape."""
    if input.numel() != target.numel():
        raise ValueError(
            f"this loss compares element by element, but its input is {list(input.shape)} "
            f"and its target {list(target.shape)}"
        )
    return target.reshape(input.shape).to(input.dtype)
