"""The loss made from a metric: bits through a sigmoid, the value through an interpolation."""

import torch
from torch import Tensor, nn

from autodesign.dsl import formula
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.evaluate import Evaluator
from autodesign.interpreter.metric.interpolation import Interpolation
from autodesign.interpreter.metric.tensors import named


class UniLoss(nn.Module):
    """1 - the metric's value, differentiable in the scores (section 3, thesis eq. 3.5).

    Called with the metric's inputs in their order and its parameters by name; gives a 0-d tensor.
    `temperature` divides the comparisons, in the unit of the scores. Where the metric is undefined
    for a batch (no positives, say) the loss is 0 with a gradient of 0, and `skipped` counts it.
    Raises MetricError as the metric does.
    """

    def __init__(
        self, explicit: formula.Metric, interpolation: Interpolation, temperature: float
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
        batch = self.evaluator.batch(named(self.evaluator.metric, inputs), parameters)
        return self.interpolation(batch, self.temperature)

    def extra_repr(self) -> str:
        return f"{self.evaluator.metric.name}, temperature={self.temperature:g}"
