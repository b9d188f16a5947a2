"""What a metric is given, checked before anything is computed (AD460 to AD464)."""

from collections.abc import Mapping
from math import isfinite, nan
from typing import NoReturn

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.frames import Data

_HOLDS = {
    "scores": "scores",
    "real": "numbers",
    "point": "points",
    "label": "labels",
    "flag": "flags",
}
_WHAT = {
    "scores": "numbers",
    "real": "numbers",
    "point": "numbers",
    "label": "whole numbers",
    "flag": "truths, or 0 and 1",
}


def checked(
    metric: f.Metric, tensors: Mapping[str, Tensor], parameters: Mapping[str, float] | None
) -> Data:
    """The tensors of one batch by the names of the inputs; MetricError where they do not fit."""
    _named(metric, tensors)
    sizes: dict[str, int] = {}
    for one in metric.inputs:
        _shaped(metric, one, tensors[one.name], sizes)
    devices = {tensors[one.name].device for one in metric.inputs}
    if len(devices) > 1:
        _refuse(
            metric,
            "AD460",
            f"`{metric.name}` is given tensors on several devices",
            ", ".join(f"{one.name} on {tensors[one.name].device}" for one in metric.inputs),
            "move them to one device",
        )
    typed = {one.name: _typed(metric, one, tensors[one.name]) for one in metric.inputs}
    for one in metric.inputs:
        _valued(metric, one, typed[one.name], sizes)
    device = next(iter(devices), torch.device("cpu"))
    return Data(typed, sizes, _parameters(metric, parameters or {}), device)


def _refuse(metric: f.Metric, code: str, message: str, note: str, help: str) -> NoReturn:
    raise MetricError(code, message, metric.span, notes=(note,) if note else (), help=help)


def _named(metric: f.Metric, tensors: Mapping[str, Tensor]) -> None:
    names = [one.name for one in metric.inputs]
    wrong = [n for n in names if not isinstance(tensors.get(n), Tensor)]
    extra = [name for name in tensors if name not in names]
    if wrong or extra:
        note = f"no tensor is given for {', '.join(wrong)}" if wrong else ""
        _refuse(
            metric,
            "AD460",
            f"`{metric.name}` takes the tensors {', '.join(names)}",
            note or f"it does not know {', '.join(extra)}",
            "give one tensor for each",
        )


def _parameters(metric: f.Metric, given: Mapping[str, float]) -> dict[str, float]:
    values = dict(metric.parameters) | dict(given)
    missing = [name for name, value in values.items() if value is None]
    extra = [name for name in given if name not in metric.parameters]
    if missing or extra:
        note = f"no value is given for {', '.join(missing)}" if missing else ""
        _refuse(
            metric,
            "AD460",
            f"`{metric.name}` takes the parameters {', '.join(metric.parameters) or '(none)'}",
            note or f"it does not know {', '.join(extra)}",
            "give each a number",
        )
    return {name: _finite(metric, name, value) for name, value in values.items()}


def _finite(metric: f.Metric, name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError, RuntimeError):
        number = nan
    if not isfinite(number):
        _refuse(
            metric,
            "AD460",
            f"the parameter `{name}` of `{metric.name}` is a number",
            f"it is given {value!r}"[:80],
            "give it a finite number",
        )
    return number


def _shaped(metric: f.Metric, one: f.Input, tensor: Tensor, sizes: dict[str, int]) -> None:
    """Rank and sizes; binds dimensions that were not bound before."""
    declared = [*one.dims, "2"] if one.kind == "point" else [*one.dims]
    shape = list(tensor.shape)
    fits = len(shape) == len(declared) and (one.kind != "point" or shape[-1] == 2)
    bound = {dim: size for dim, size in sizes.items() if dim in one.dims}
    for dim, size in zip(one.dims, shape, strict=False):
        fits = fits and sizes.setdefault(dim, size) == size
    if not fits:
        known = ", ".join(f"{dim} = {size}" for dim, size in bound.items())
        _refuse(
            metric,
            "AD461",
            f"`{one.name}` is [{', '.join(map(str, shape))}], not [{', '.join(declared)}]",
            f"by the inputs before it {known}" if known else "",
            f"give {one.name} as [{', '.join(declared)}]",
        )
    if 0 in shape:
        _refuse(
            metric,
            "AD464",
            f"`{one.name}` is empty: [{', '.join(map(str, shape))}]",
            "",
            f"give `{metric.name}` a batch of at least one example",
        )


def _typed(metric: f.Metric, one: f.Input, tensor: Tensor) -> Tensor:
    """Flags as bool, labels as int64, other numbers in a floating type of at least 32 bits."""
    fits = not tensor.is_complex() and tensor.device.type != "meta"
    if tensor.layout != torch.strided:
        _refuse(
            metric,
            "AD463",
            f"`{one.name}` is a sparse tensor",
            "",
            f"give it as a dense one: `{one.name}.to_dense()`",
        )
    if one.kind == "label":
        fits = fits and not tensor.is_floating_point() and tensor.dtype != torch.bool
    if one.kind == "scores":
        fits = fits and tensor.is_floating_point()
    if not fits:
        _refuse(
            metric,
            "AD463",
            f"`{one.name}` holds {_HOLDS[one.kind]} and cannot be {str(tensor.dtype)[6:]}",
            "",
            f"give {_WHAT[one.kind]}",
        )
    if one.kind == "label":
        return tensor.long()
    if one.kind == "flag":
        return tensor if tensor.dtype == torch.bool else _flags(metric, one, tensor)
    small = tensor.dtype in (torch.float16, torch.bfloat16) or not tensor.is_floating_point()
    return tensor.float() if small else tensor


def _flags(metric: f.Metric, one: f.Input, tensor: Tensor) -> Tensor:
    found = tensor == 1
    if not bool((found | (tensor == 0)).all()):
        _refuse(
            metric,
            "AD463",
            f"`{one.name}` holds more than 0 and 1",
            "it is a flag",
            "give truths, or 0 and 1",
        )
    return found


def _valued(metric: f.Metric, one: f.Input, tensor: Tensor, sizes: Mapping[str, int]) -> None:
    if tensor.is_floating_point() and not isfinite(tensor.detach().sum().item()):
        bad = int((~tensor.detach().isfinite()).sum())
        if bad:
            _refuse(
                metric,
                "AD462",
                f"`{one.name}` holds {bad:,} values that are NaN or infinite",
                f"of {tensor.numel():,}",
                "look where they come from: often a learning rate that is too high",
            )
    classes = sizes.get(one.classes) if one.classes else None
    if classes is not None:
        least, greatest = int(tensor.min()), int(tensor.max())
        if least < 0 or greatest >= classes:
            wrong = least if least < 0 else greatest
            _refuse(
                metric,
                "AD463",
                f"`{one.name}` holds the label {wrong}",
                f"there are {classes} classes, so labels are 0 to {classes - 1}",
                "leave out examples without a label, or give the scores a column for it",
            )
