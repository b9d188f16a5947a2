"""How a surrogate does at one batch: whether it has a gradient, and one that knows of its metric.

Numbers by name, each there only where it can be told:

gradient                  the norm of the loss's gradient in the scores
cosine_to_cross_entropy   of that gradient and cross-entropy's
cosine_to_pull            of that gradient and the plain pull of every bit to its best side: near 1
                          all comparisons are treated alike, whatever the metric says
saturated                 the share of soft bits within .01 of 0 or 1, which hardly move any more
wrong                     the share of bits that are not the best ones
entropy                   of the weights of `idw`, as a share of the greatest: 1 where all are equal
best, good, near, bad     the mean value of the anchors of each kind (`idw`)
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from autodesign.dsl import formula
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.interpreter.metric.idw import InverseDistance
from autodesign.interpreter.metric.interpolation import Interpolation
from autodesign.interpreter.metric.subset import Subset
from autodesign.interpreter.metric.tensors import named

SATURATED = math.log(99)
"""|c / temperature| of a soft bit that is .01 from 0 or 1"""

ROWS = 128
"""Examples whose comparisons are looked at"""

NO_IDEAL = "AD466"


def diagnosis(
    evaluator: Evaluator,
    interpolation: Interpolation,
    temperature: float,
    inputs: Sequence[Tensor],
    parameters: Mapping[str, float],
    gradients: Sequence[Tensor | None],
) -> dict[str, float]:
    """`gradients` are those of the loss in each of the inputs, None for what are no scores."""
    metric = evaluator.metric
    told: dict[str, Tensor | float] = {}
    gradient = _joined(gradients)
    told["gradient"] = gradient.norm()
    other = _of_cross_entropy(metric, inputs)
    if other is not None:
        told["cosine_to_cross_entropy"] = _cosine(gradient, other)
    told |= _of_bits(evaluator, temperature, inputs, parameters, gradients)
    rule = interpolation.rule if isinstance(interpolation, Subset) else interpolation
    if isinstance(rule, InverseDistance) and rule.surface is not None:
        told |= {"entropy": rule.surface.entropy, **rule.surface.means}
    numbers = {name: float(value) for name, value in told.items()}
    return {name: number for name, number in numbers.items() if math.isfinite(number)}


def _of_bits(
    evaluator: Evaluator,
    temperature: float,
    inputs: Sequence[Tensor],
    parameters: Mapping[str, float],
    gradients: Sequence[Tensor | None],
) -> dict[str, Tensor]:
    """What the comparisons tell, of the first examples where there are many of them."""
    metric = evaluator.metric
    rows = [one.dims[:1] == metric.inputs[0].dims[:1] for one in metric.inputs]
    part = all(rows) and len(inputs[0]) > ROWS
    given = [one.detach()[:ROWS] if part else one.detach() for one in inputs]
    if not part:
        given = [one.requires_grad_(g is not None) for one, g in zip(given, gradients, strict=True)]
    batch = evaluator.batch(named(metric, given), parameters)
    if not batch.program.families:
        return {}
    c = torch.cat([*batch.comparisons().values()])
    if not len(c):
        return {}
    told = {"saturated": (c.detach().abs() > SATURATED * temperature).double().mean()}
    best = _best(batch)
    if best is not None:
        told["wrong"] = ((c > 0) != best).double().mean()
    if best is not None and c.requires_grad:
        distance = torch.sigmoid(torch.where(best, -c, c) / temperature).sum()
        scores = [one for one in given if one.requires_grad]
        pulls = torch.autograd.grad(distance, scores, materialize_grads=True)
        told["cosine_to_pull"] = _cosine(_joined(gradients), _joined(pulls))
    return told


def _best(batch: Batch) -> Tensor | None:
    try:
        return torch.cat([*batch.best().values()])
    except MetricError as problem:
        if problem.diagnostic.code != NO_IDEAL:
            raise
        return None


def _of_cross_entropy(metric: formula.Metric, inputs: Sequence[Tensor]) -> Tensor | None:
    """Cross-entropy's gradient in the scores [n k or n], up to a factor, where there is one."""
    given = {one.kind: value for one, value in zip(metric.inputs, inputs, strict=True)}
    if len(given) != len(metric.inputs) or "scores" not in given:
        return None
    scores = given["scores"].detach()
    if scores.ndim == 1 and "flag" in given:
        return (scores.sigmoid() - given["flag"].to(scores.dtype)).reshape(-1)
    if scores.ndim == 2 and "label" in given and given["label"].ndim == 1:
        one_hot = torch.zeros_like(scores).scatter(1, given["label"].long().unsqueeze(1), 1)
        return (scores.softmax(1) - one_hot).reshape(-1)
    return None


def _joined(gradients: Sequence[Tensor | None]) -> Tensor:
    return torch.cat([g.detach().reshape(-1).double() for g in gradients if g is not None])


def _cosine(one: Tensor, other: Tensor) -> Tensor:
    """nan where one of them is 0."""
    found: Tensor = (one / one.norm()) @ (other / other.norm()).to(one.dtype)
    return found
