"""A metric that accumulates, for torchmetrics."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from autodesign.dsl import formula
from autodesign.interpreter.metric.evaluate import Evaluator
from autodesign.interpreter.metric.processes import check_rows
from autodesign.interpreter.metric.tensors import named

KEPT = "given_"


class Accumulated(Metric):
    """Keeps every input of every batch, and evaluates the metric on all of them together.

    Under several processes `compute` gathers the inputs of all. Raises MetricError AD472 for a
    metric with an input that is not given for each example.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    def __init__(self, definition: formula.Metric, parameters: Mapping[str, float]) -> None:
        super().__init__()
        self.definition, self.parameters_given = definition, dict(parameters)
        check_rows(definition)
        for one in definition.inputs:
            self.add_state(KEPT + one.name, default=[], dist_reduce_fx="cat")

    def update(self, *inputs: Tensor) -> None:
        """One batch of the metric's inputs, in their order."""
        Evaluator(self.definition).batch(named(self.definition, inputs), self.parameters_given)
        for one, given in zip(self.definition.inputs, inputs, strict=True):
            getattr(self, KEPT + one.name).append(given.detach())

    def compute(self) -> Tensor:
        """The value on all that was given, 0-d; nan where it is undefined."""
        together = [dim_zero_cat(getattr(self, KEPT + one.name)) for one in self.definition.inputs]
        with torch.no_grad():
            given = named(self.definition, together)
            return Evaluator(self.definition).batch(given, self.parameters_given).exact()
