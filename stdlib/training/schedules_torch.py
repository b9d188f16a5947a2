"""The schedules of torch.optim.lr_scheduler; some stretch over the whole run."""

from collections.abc import Callable
from typing import Any, Literal

from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from autodesign.stdlib.training.length import Length

Stepped = tuple[LRScheduler, Literal["epoch", "step"]]


def each_epoch(kind: Callable[..., LRScheduler]) -> Callable[..., Stepped]:
    """A schedule that moves after each epoch and does not depend on the run's length."""

    def schedule(optimizer: Optimizer, length: Length, **args: Any) -> Stepped:
        return kind(optimizer, **args), "epoch"

    return schedule


StepLR = each_epoch(lr_scheduler.StepLR)
MultiStepLR = each_epoch(lr_scheduler.MultiStepLR)
ExponentialLR = each_epoch(lr_scheduler.ExponentialLR)
CosineAnnealingWarmRestarts = each_epoch(lr_scheduler.CosineAnnealingWarmRestarts)
LinearLR = each_epoch(lr_scheduler.LinearLR)
ConstantLR = each_epoch(lr_scheduler.ConstantLR)
PolynomialLR = each_epoch(lr_scheduler.PolynomialLR)


def CosineAnnealingLR(
    optimizer: Optimizer, length: Length, T_max: int | None, eta_min: float
) -> Stepped:
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max or length.epochs, eta_min), "epoch"


def OneCycleLR(optimizer: Optimizer, length: Length, max_lr: float, **args: Any) -> Stepped:
    return lr_scheduler.OneCycleLR(optimizer, max_lr, total_steps=length.steps, **args), "step"
