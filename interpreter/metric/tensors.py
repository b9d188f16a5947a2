"""The tensors of a call, by the names of a metric's inputs."""

from collections.abc import Sequence

import torch
from torch import Tensor

from autodesign.dsl import formula
from autodesign.interpreter.metric.errors import MetricError


def named(metric: formula.Metric, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
    """Inputs in their order, by name. Raises MetricError AD474 where their number is wrong."""
    names = [one.name for one in metric.inputs]
    if len(inputs) != len(names):
        raise MetricError(
            "AD474",
            f"`{metric.name}` takes {len(names)} tensors, and is given {len(inputs)}",
            metric.span,
            help=f"give it {', '.join(names)}",
        )
    return dict(zip(names, inputs, strict=True))


def without_scores(metric: formula.Metric, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
    """As `named`; scores may be left out where all their sizes are known from other inputs.

    A value of bits needs no scores, but for their sizes.
    """
    data = [one for one in metric.inputs if one.kind != "scores"]
    if len(inputs) != len(data) or len(data) == len(metric.inputs):
        return named(metric, inputs)
    sizes = {
        dim: size
        for one, given in zip(data, inputs, strict=True)
        for dim, size in zip(one.dims, given.shape, strict=False)
    }
    found = dict(zip((one.name for one in data), inputs, strict=True))
    for one in metric.inputs:
        if one.kind == "scores":
            unknown = [dim for dim in one.dims if dim not in sizes]
            if unknown:
                raise MetricError(
                    "AD474",
                    f"the size of `{unknown[0]}` is not known without `{one.name}`",
                    metric.span,
                    help=f"give all tensors: {', '.join(i.name for i in metric.inputs)}",
                )
            device = inputs[0].device if inputs else None
            found[one.name] = torch.zeros([sizes[dim] for dim in one.dims], device=device)
    return found
