"""The loss made from a metric: bits through a sigmoid, the value through an interpolation."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autodesign.dsl import formula
from autodesign.interpreter.metric.diagnosis import diagnosis
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.evaluate import Evaluator
from autodesign.interpreter.metric.interpolation import Interpolation
from autodesign.interpreter.metric.processes import (
    check_rows,
    gathered,
    process_count,
    same_random,
)
from autodesign.interpreter.metric.tensors import named


class UniLoss(nn.Module):
    """1 - the metric's value, differentiable in the scores (section 3, thesis eq. 3.5).

    Called with the metric's inputs in their order and its parameters by name; gives a 0-d tensor.
    `temperature` divides the comparisons, in the unit of the scores. Where the metric is undefined
    for a batch (no positives, say) the loss is 0 with a gradient of 0, and `skipped` counts it.
    With `gather` the batch is that of all processes of `group` together (see processes.py).
    Raises MetricError as the metric does.
    """

    def __init__(
        self,
        explicit: formula.Metric,
        interpolation: Interpolation,
        temperature: float,
        gather: bool = False,
        group: Any = None,
    ) -> None:
        super().__init__()
        if not temperature > 0:
            raise MetricError(
                "AD471",
                f"the temperature is {temperature}",
                help="it divides the comparisons: give a number above 0, such as 1",
            )
        self.evaluator, self.interpolation = Evaluator(explicit), interpolation
        self.temperature, self.skipped = temperature, 0
        self.gather, self.group = gather, group

    def forward(self, *inputs: Tensor, **parameters: float) -> Tensor:
        value = self.value(*inputs, **parameters)
        if bool(value.isfinite()):
            return 1 - value
        self.skipped += 1
        declared = self.evaluator.metric.inputs
        scores = [t for one, t in zip(declared, inputs, strict=True) if one.kind == "scores"]
        return torch.stack([one.sum() for one in scores]).sum() * 0 + 0.0  # not -0

    def value(self, *inputs: Tensor, **parameters: float) -> Tensor:
        """The interpolated value, 0-d; nan where the metric is undefined."""
        named(self.evaluator.metric, inputs)
        if not self.gather or process_count(self.group) == 1:
            return self._value(inputs, parameters)
        check_rows(self.evaluator.metric)
        together = gathered(inputs, self.group)
        with same_random(inputs[0], self.group):
            return self._value(together, parameters)

    def _value(self, inputs: Sequence[Tensor], parameters: Mapping[str, float]) -> Tensor:
        batch = self.evaluator.batch(named(self.evaluator.metric, inputs), parameters)
        return self.interpolation(batch, self.temperature)

    def diagnosis(self, *inputs: Tensor, **parameters: float) -> dict[str, float]:
        """How the loss does at this batch, for a log: see `diagnosis.py`; {} where it is undefined.

        It takes about two calls of the loss, changes no gradient, and never gathers.
        """
        kinds = [one.kind for one in self.evaluator.metric.inputs]
        given = [
            t.detach().requires_grad_(k == "scores") for k, t in zip(kinds, inputs, strict=True)
        ]
        with torch.enable_grad():
            value = self._value(given, parameters)
            if not bool(value.isfinite()):
                return {}
            scores = [one for one in given if one.requires_grad]
            found = iter(torch.autograd.grad(-value, scores, materialize_grads=True))
        gradients = [next(found) if one.requires_grad else None for one in given]
        return self.diagnosed(given, parameters, gradients)

    def diagnosed(
        self,
        inputs: Sequence[Tensor],
        parameters: Mapping[str, float],
        gradients: Sequence[Tensor | None],
    ) -> dict[str, float]:
        """The same just after a call, where the loss's gradients in the inputs are known."""
        return diagnosis(
            self.evaluator, self.interpolation, self.temperature, inputs, parameters, gradients
        )

    def extra_repr(self) -> str:
        return f"{self.evaluator.metric.name}, temperature={self.temperature:g}"
