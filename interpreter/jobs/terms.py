"""The value of a term on examples that a network has seen: of all of them, or bag by bag.

A term is turned once into a function of a `Batch` and the size of a bag. A bag is that many
examples in a row; examples that do not fill a last bag are left out of it.

Where an output is null, a loss leaves the example out, and a metric counts it as wrong: its scores
are taken to speak against its label. (A metric without labels leaves it out, too.)
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs.defined import exact, exact_by_bag
from autodesign.stdlib import build

BagValues = Callable[["Batch", int], Tensor]
"""(batch, bag) -> [bags]"""

Supply = Callable[[spec.Measure], Callable[..., Tensor]]
"""What a metric or loss computes on the tensors it declares: a 0-d tensor"""

Rows = Callable[["Batch"], Tensor]
"""batch -> [examples, ...]"""

OPERATORS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples and what a network made of them.

    `outputs` and `fields` are [examples, ...]; `present` holds, for each output that can be null,
    bool [examples]; `cost` the multiplications of each example, as floating point, and `time` the
    microseconds of the nodes that ran for it, where the job asks for them.
    """

    outputs: Mapping[str, Tensor]
    present: Mapping[str, Tensor]
    fields: Mapping[str, Tensor]
    cost: Tensor
    time: Tensor | None = None

    def spent(self, measure: str) -> Tensor:
        """What `cost` or `time` is for each example, [examples]."""
        if measure == "cost":
            return self.cost
        assert self.time is not None, "nodes are timed before a job starts that asks for it"
        return self.time

    def __len__(self) -> int:
        return len(self.cost)


def bag_values(term: spec.Term, function: Supply | None = None) -> BagValues:
    """The function that gives a term's value on each bag of a batch.

    `function` says what a metric or loss computes on tensors, where that is not its exact value.
    """
    supply = function or supplied
    match term:
        case spec.Constant(value) | spec.CostOf(value=value):
            return lambda batch, bag: batch.cost.new_full((len(batch) // bag,), value)
        case spec.Cost(measure):
            return lambda batch, bag: into_bags(batch.spent(measure), bag).mean(1)
        case spec.Measure():
            whole = supply(term)
            in_one_pass = supply is supplied and term.definition is not None
            return Measured(term, whole, exact_by_bag(term) if in_one_pass else by_bag(whole))
        case spec.Arithmetic(op, left, right):
            return _both(OPERATORS[op], bag_values(left, supply), bag_values(right, supply))
        case spec.Negative(operand):
            positive = bag_values(operand, supply)
            return lambda batch, bag: -positive(batch, bag)
        case spec.OutputValue() | spec.FieldValue():
            inner = rows(term)
            return lambda batch, bag: into_bags(inner(batch), bag).flatten(1).mean(1)
        case spec.Paths():
            raise TypeError("paths are counted, they have no value")
        case spec.TimeOf():
            raise TypeError("the time of nodes is put in as a number before a job starts")


def whole_value(term: spec.Term, function: Supply | None = None) -> Callable[[Batch], Tensor]:
    """The function that gives a term's value on all examples of a batch, a 0-d tensor."""
    values = bag_values(term, function)
    return lambda batch: values(batch, len(batch))[0]


def rows(term: spec.Term) -> Rows:
    """The function that gives a term's value for each example, as a measure takes it."""
    match term:
        case spec.OutputValue(name):
            return lambda batch: _full_precision(batch.outputs[name])
        case spec.FieldValue(name):
            return lambda batch: batch.fields[name]
        case spec.Cost(measure):
            return lambda batch: batch.spent(measure)
        case spec.Arithmetic(op, left, right):
            combine, one, other = OPERATORS[op], rows(left), rows(right)
            return lambda batch: combine(one(batch), other(batch))
        case spec.Negative(operand):
            positive = rows(operand)
            return lambda batch: -positive(batch)
        case spec.Constant(value) | spec.CostOf(value=value):
            return lambda batch: torch.full_like(batch.cost, value)
        case _:
            inner = whole_value(term)
            return lambda batch: inner(batch).expand(len(batch))


def supplied(measure: spec.Measure) -> Callable[..., Tensor]:
    """A loss, or the exact value of a metric, as a function of the tensors it declares."""
    if measure.definition is not None:
        return exact(measure)
    return build.loss(measure.call) if measure.call.kind == "loss" else build.metric(measure.call)


def by_bag(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function of tensors [bag, ...] on each of many bags: [bags, bag, ...] -> [bags].

    All bags in one call, but for a function that looks at values to decide what to compute.
    """

    def values(*tensors: Tensor) -> Tensor:
        try:
            return torch.vmap(function)(*tensors)
        except (RuntimeError, ValueError):
            return torch.stack([function(*one) for one in zip(*tensors, strict=True)])

    return values


class Measured:
    """A metric or loss on each bag.

    `function` gives its value on tensors [bag, ...], `by_bag` on [bags, bag, ...], those of all
    bags.
    """

    def __init__(
        self,
        measure: spec.Measure,
        function: Callable[..., Tensor],
        by_bag: Callable[..., Tensor],
    ) -> None:
        self.is_loss = measure.call.kind == "loss"
        self.function, self.by_bag = function, by_bag
        self.inputs = tuple(rows(term) for term in measure.inputs)
        self.outputs = frozenset(outputs_in(measure))

    def __call__(self, batch: Batch, bag: int) -> Tensor:
        inputs = [value(batch) for value in self.inputs]
        present = _all_present(batch, self.outputs)
        if present is not None:
            truth = None if self.is_loss else _truth(inputs)
            if truth is None:
                return self._where_present(inputs, present, bag)
            inputs = [_spoken_against(value, truth, present) for value in inputs]
        values = self._on_bags(inputs, bag, len(batch) // bag)
        return values.to(batch.cost.dtype) if not self.is_loss else values

    def _on_bags(self, inputs: Sequence[Tensor], bag: int, bags: int) -> Tensor:
        if bags == 1:
            return self.function(*(value[:bag] for value in inputs)).reshape(1)
        return self.by_bag(*(into_bags(value, bag) for value in inputs))

    def _where_present(self, inputs: Sequence[Tensor], present: Tensor, bag: int) -> Tensor:
        starts = range(0, len(present) - bag + 1, bag)
        return torch.stack([self._on_rows(inputs, present, i, i + bag) for i in starts])

    def _on_rows(self, inputs: Sequence[Tensor], present: Tensor, start: int, end: int) -> Tensor:
        chosen = present[start:end]
        kept = [value[start:end][chosen] for value in inputs]
        if len(kept[0]) > 0:
            return self.function(*kept)
        # Nothing to learn from: no loss, and a metric that is undefined.
        nothing = inputs[0].float().sum() * 0
        return nothing if self.is_loss else nothing.detach() + torch.nan


def into_bags(value: Tensor, bag: int) -> Tensor:
    """[examples, ...] -> [bags, bag, ...]; examples that fill no bag are left out."""
    bags = len(value) // bag
    return value[: bags * bag].reshape(bags, bag, *value.shape[1:])


def outputs_in(term: spec.Term) -> Iterator[str]:
    """The outputs that a term names, in order, each as often as it is named."""
    return (part.name for part in parts(term) if isinstance(part, spec.OutputValue))


def fields_in(term: spec.Term) -> Iterator[str]:
    return (part.name for part in parts(term) if isinstance(part, spec.FieldValue))


def parts(term: spec.Term) -> Iterator[spec.Term]:
    """A term and all terms within it."""
    yield term
    match term:
        case spec.Measure(inputs=inner):
            for operand in inner:
                yield from parts(operand)
        case spec.Arithmetic(left=left, right=right):
            yield from parts(left)
            yield from parts(right)
        case spec.Negative(operand):
            yield from parts(operand)


def _both(
    combine: Callable[[Tensor, Tensor], Tensor], left: BagValues, right: BagValues
) -> BagValues:
    return lambda batch, bag: combine(left(batch, bag), right(batch, bag))


def _full_precision(value: Tensor) -> Tensor:
    return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value


def _all_present(batch: Batch, outputs: frozenset[str]) -> Tensor | None:
    """bool [examples]: no named output is null; None where none of them can be."""
    masks = [batch.present[name] for name in sorted(outputs) if name in batch.present]
    if not masks:
        return None
    return torch.stack(masks).all(0)


def _truth(inputs: Sequence[Tensor]) -> Tensor | None:
    """The labels or flags among the inputs of a metric, [examples]."""
    return next((v for v in inputs if v.ndim == 1 and not v.is_floating_point()), None)


def _spoken_against(value: Tensor, truth: Tensor, present: Tensor) -> Tensor:
    """Scores as they are where present, and elsewhere the ones that are most wrong."""
    if not value.is_floating_point():
        return value
    if value[0].numel() == 1:
        opposite = (1 - 2 * truth).to(value.dtype).view_as(value)
        return torch.where(present.view_as(value), value, opposite)
    wrong = torch.zeros_like(value).scatter(1, truth.long().unsqueeze(1), -1.0)
    return torch.where(present.unsqueeze(1), value, wrong)
