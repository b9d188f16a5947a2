"""Builds what a checked spec names: modules, optimisers, schedules, losses, metrics. Loads torch.

Each comes from the torch half of the module that declares it (README.md), under its own name.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal, cast

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from autodesign.dsl import spec
from autodesign.stdlib.library import standard
from autodesign.stdlib.training.length import Length

OnTensors = Callable[..., Tensor]


def layer(layer: spec.Layer) -> nn.Module:
    """A fresh module that takes one tensor [batch, *shape] for each of the layer's sources.

    A layer without sources gives [1, *shape], to be broadcast to the batch.
    """
    return cast(nn.Module, _supplied(layer.call)(**layer.call.args))


def optimizer(call: spec.Call, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """An optimiser of torch.optim over the parameters."""
    return cast(Optimizer, _supplied(call)(parameters, **call.args))


def schedule(
    call: spec.Call, optimizer: Optimizer, *, epochs: int, steps_per_epoch: int
) -> tuple[LRScheduler, Literal["epoch", "step"]]:
    """A learning rate schedule, and whether it is to be stepped after each epoch or each step.

    `epochs` and `steps_per_epoch` fill in what the schedule is not told of the run's length.
    """
    made = _supplied(call)(optimizer, Length(epochs, steps_per_epoch), **call.args)
    return cast(tuple[LRScheduler, Literal["epoch", "step"]], made)


def loss(call: spec.Call) -> OnTensors:
    """A loss: takes the tensors it declares, gives a 0-d tensor that carries gradients."""
    return cast(OnTensors, _supplied(call)(**call.args))


def metric(call: spec.Call) -> OnTensors:
    """A metric: takes the tensors it declares, gives a 0-d tensor; NaN where it is undefined."""
    return cast(OnTensors, _supplied(call)(**call.args))


def operation(call: spec.Call) -> Callable[..., Tensor]:
    """An operation of a pipeline, which takes its inputs by keyword, or a placement (README.md)."""
    return cast(Callable[..., Tensor], _supplied(call)(**call.args))


def recipe(call: spec.Call) -> Any:
    """A recipe of adversarial training: losses of scores, see `stdlib/growth/recipes_torch.py`."""
    return _supplied(call)(**call.args)


def detector(call: spec.Call) -> nn.Module:
    """A fresh detector; the operations `detection` and `detections` know what it takes."""
    return cast(nn.Module, _supplied(call)(**call.args))


def criterion(call: spec.Call) -> Any:
    """A criterion of a search: one of images (`OfImages`) or of fresh networks (`Untrained`)."""
    return _supplied(call)(**call.args)


def extractor(call: spec.Call) -> nn.Module:
    """What gives features [n, d] and scores [n, classes] or None for images [n, c, h, w] in 0..1.

    Raises Misfit where its weights are not what they should be.
    """
    return cast(nn.Module, _supplied(call)(**call.args))


def _supplied(call: spec.Call) -> Callable[..., Any]:
    supplied: Callable[..., Any] = getattr(standard().half(call.module, "_torch"), call.name)
    return supplied
