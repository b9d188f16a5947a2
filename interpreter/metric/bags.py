"""A metric of each of many bags of examples, all in one pass.

The metric is read once more with a dimension of bags in front of all its inputs; its value then
depends on the bag it stands in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.evaluate import Evaluator


class OnBags:
    """The exact value of a definition on bags of one size."""

    def __init__(self, metric: f.Metric) -> None:
        taken = {*metric.dims, *metric.parameters} | _names(metric.value)
        self.bag = next(name for name in _primed("bag") if name not in taken)
        self.value = _within(metric.value, self.bag)
        inputs = tuple(replace(one, dims=(self.bag, *one.dims)) for one in metric.inputs)
        mean = f.Reduce("mean", self.value, (f.Loop(self.bag, self.bag),), metric.span)
        self.evaluator = Evaluator(replace(metric, inputs=inputs, value=mean, ideals=()))

    def __call__(self, tensors: Mapping[str, Tensor], parameters: Mapping[str, float]) -> Tensor:
        """[bags] for tensors [bags, ...]; nan where the metric of a bag is undefined."""
        return self.evaluator.batch(tensors, parameters).each(self.value, self.bag)


def _primed(name: str) -> Iterator[str]:
    while True:
        yield name
        name += "'"


def _names(formula: f.Formula) -> set[str]:
    own = {formula.name} if isinstance(formula, f.Variable) else set()
    if isinstance(formula, f.Reduce | f.Argmax):
        own |= {loop.variable for loop in formula.loops}
    return own.union(*(_names(part) for part in f.parts(formula)))


def _within(part: Any, bag: str) -> Any:
    """The formula with the bag as first index of every entry."""
    if isinstance(part, f.Entry):
        indices = (f.Variable(bag), *(_within(index, bag) for index in part.indices))
        return replace(part, indices=indices)
    if isinstance(part, tuple):
        return tuple(_within(one, bag) for one in part)
    if is_dataclass(part) and type(part).__module__ == f.__name__:
        changed = {one.name: _within(getattr(part, one.name), bag) for one in fields(part)}
        return replace(part, **changed)  # type: ignore[type-var]
    return part
