"""A metric as Python sees it: its exact value, its derived parts, and the loss made from it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import Tensor

from autodesign.dsl import formula
from autodesign.dsl.derive import derive, to_text
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.interpreter.metric.interpolation import Bits, Interpolation
from autodesign.interpreter.metric.interpolations import interpolation
from autodesign.interpreter.metric.subset import partly
from autodesign.interpreter.metric.surrogate import UniLoss
from autodesign.interpreter.metric.tensors import named, without_scores

if TYPE_CHECKING:
    from autodesign.interpreter.metric.torchmetric import Accumulated


class Metric:
    """Takes the tensors of its definition in their order, and its parameters by name.

    Scores are floating point, labels int64, flags bool (or 0 and 1), all on one device. Whatever
    does not go together raises MetricError, a ValueError with diagnostics.
    """

    def __init__(self, definition: formula.Metric) -> None:
        self.definition = definition

    def __call__(self, *inputs: Tensor, **parameters: float) -> Tensor:
        """The exact value, 0-d; nan where the metric is undefined."""
        return self._exact.batch(named(self.definition, inputs), parameters).exact()

    @cached_property
    def explicit(self) -> formula.Metric:
        """The explicit form. Raises SpecError where none can be derived (AD430 to AD449)."""
        return derive(self.definition).metric

    @property
    def derived(self) -> str:
        """The explicit form as a text, itself a valid metric of a spec."""
        return to_text(self.explicit)

    def comparisons(self, *inputs: Tensor, **parameters: float) -> dict[str, Tensor]:
        """Every comparison that matters, [m] for each family by the name of its binary."""
        return self._derived.batch(named(self.explicit, inputs), parameters).comparisons()

    def value(self, bits: Bits, *inputs: Tensor, **parameters: float) -> Tensor:
        """The value of a configuration of bits, [...] for bits [..., m].

        `inputs` are all of the metric's, or those that are no scores where these tell the sizes of
        all dimensions.
        """
        return self._without_scores(inputs, parameters).value(bits)

    def best(self, *inputs: Tensor, **parameters: float) -> dict[str, Tensor]:
        """The bits of a perfect prediction, bool [m]; `inputs` as for `value`."""
        return self._without_scores(inputs, parameters).best()

    def uniloss(
        self,
        interpolation: str | Interpolation = "plugin",
        temperature: float = 1.0,
        subset: float = 1.0,
        gather: bool = True,
        process_group: Any = None,
        **options: Any,
    ) -> UniLoss:
        """The loss 1 - value: a torch module, called like the metric, differentiable in the scores.

        In each call a random part of the comparisons moves, `subset` of them (see subset.py).
        Where torch.distributed is in use, the batch is that of all processes of `process_group`
        together; with gather=False it is each process' own. `options` are those of the
        interpolation: `plugin` and `quantile` have none, `idw` takes good, bad, near, flips, power,
        near_flips and seed. An interpolation of one's own is given as it is.
        """
        rule = partly(_chosen(interpolation, options), subset)
        return UniLoss(self.explicit, rule, temperature, gather, process_group)

    def torchmetric(self, **parameters: float) -> "Accumulated":
        """A torchmetrics.Metric that gathers what it is given, over batches and processes."""
        try:
            from autodesign.interpreter.metric.torchmetric import Accumulated
        except ModuleNotFoundError as error:
            raise MetricError(
                "AD473",
                f"{error.name} is not installed, and `torchmetric()` needs it",
                help="pip install torchmetrics",
            ) from None
        return Accumulated(self.definition, parameters)

    @cached_property
    def _exact(self) -> Evaluator:
        return Evaluator(self.definition)

    @cached_property
    def _derived(self) -> Evaluator:
        return Evaluator(self.explicit)

    def _without_scores(self, inputs: Sequence[Tensor], parameters: Mapping[str, float]) -> Batch:
        return self._derived.batch(without_scores(self.explicit, inputs), parameters)

    def __repr__(self) -> str:
        takes: Sequence[str] = [
            f"{one.name}: {one.kind}[{', '.join(one.dims)}]" for one in self.definition.inputs
        ]
        return f"Metric {self.definition.name}({', '.join(takes)})"


def _chosen(given: str | Interpolation, options: dict[str, Any]) -> Interpolation:
    return interpolation(given, options) if isinstance(given, str) else given
