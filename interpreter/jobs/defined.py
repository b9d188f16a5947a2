"""Metrics written in the language, as functions of the tensors that a job gives them."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from autodesign.dsl import formula, spec
from autodesign.dsl.derive import derive
from autodesign.interpreter.jobs.watch import Watch
from autodesign.interpreter.metric.bags import OnBags
from autodesign.interpreter.metric.evaluate import Evaluator
from autodesign.interpreter.metric.interpolation import Interpolation
from autodesign.interpreter.metric.interpolations import interpolation
from autodesign.interpreter.metric.subset import partly
from autodesign.interpreter.metric.surrogate import UniLoss
from autodesign.interpreter.metric.tensors import named

OnTensors = Callable[..., Tensor]
IDW_OPTIONS = ("good", "bad", "near", "flips", "power", "near_flips")


def exact(measure: spec.Measure) -> OnTensors:
    """The metric's exact value: takes the tensors it declares, gives a 0-d tensor or nan."""
    definition, parameters = _definition(measure), _parameters(measure)
    evaluator = Evaluator(definition)

    def value(*tensors: Tensor) -> Tensor:
        given = named(definition, _fitted(definition, tensors))
        return evaluator.batch(given, parameters).exact()

    return value


def exact_by_bag(measure: spec.Measure) -> OnTensors:
    """The exact value of each of many bags: takes tensors [bags, bag, ...], gives [bags]."""
    definition, parameters = _definition(measure), _parameters(measure)
    evaluator = OnBags(definition)

    def values(*tensors: Tensor) -> Tensor:
        given = named(definition, _fitted(definition, tensors, bags=1))
        return evaluator(given, parameters)

    return values


def soft(measure: spec.Measure, method: spec.Call, watch: Watch) -> OnTensors:
    """The metric's interpolated value, differentiable in the scores, 0-d or nan.

    Raises MetricError AD470.
    """
    definition, parameters = _definition(measure), _parameters(measure)
    temperature = cast(float, method.args["temperature"])
    rule = partly(chosen(method), cast(float, method.args["subset"]))
    loss = UniLoss(derive(definition).metric, rule, temperature)
    said = " ".join(measure.span.text.split())

    def value(*tensors: Tensor) -> Tensor:
        given = watch.seen(said, loss, _fitted(definition, tensors), parameters)
        return loss.value(*given, **parameters)

    return value


def chosen(method: spec.Call) -> Interpolation:
    """The interpolation that `by uniloss(...)` names. Raises MetricError AD470."""
    name = str(method.args["interpolation"])
    options = {option: method.args[option] for option in IDW_OPTIONS} if name == "idw" else {}
    return interpolation(name, options)


def _definition(measure: spec.Measure) -> formula.Metric:
    assert measure.definition is not None
    return measure.definition


def _parameters(measure: spec.Measure) -> dict[str, float]:
    given = measure.call.args.items()
    return {name: float(value) for name, value in given if isinstance(value, int | float)}


def _fitted(definition: formula.Metric, tensors: tuple[Tensor, ...], bags: int = 0) -> list[Tensor]:
    """The tensors as the metric takes them; `bags` is how many dimensions stand before its own."""
    inputs = zip(definition.inputs, tensors, strict=True)
    return [_fit(one, value, bags + len(one.dims)) for one, value in inputs]


def _fit(one: formula.Input, value: Tensor, ndim: int) -> Tensor:
    """One score for each example, where the output has a last dimension of one or two."""
    if one.kind == "scores" and value.ndim == ndim + 1:
        if value.shape[-1] == 1:
            return value.squeeze(-1)
        if value.shape[-1] == 2:
            return torch.sub(value[..., 1], value[..., 0])
    return value
