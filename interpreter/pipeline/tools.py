"""What values are computed with, built once: operations, histories, placements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from autodesign.dsl import pipeline as checked
from autodesign.dsl import spec
from autodesign.dsl.pipeline import Index, Pipeline
from autodesign.dsl.source import Span
from autodesign.interpreter.jobs.defined import exact
from autodesign.interpreter.pipeline.history import History
from autodesign.stdlib import build
from autodesign.stdlib.data.reading.examples import Examples

OnInputs = Callable[..., Tensor]
ON = "on"
"""The parameter of a placement whose draw it places something on"""
AT_ONCE = 64
"""Examples that a placement looks at, at a time: images may be large."""


class Tools:
    """By value: what an operation computes, from its inputs by name, and each history's buffer."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.operations: dict[Index, OnInputs] = {}
        self.histories: dict[Index, History] = {}
        for index, value in enumerate(pipeline.values):
            match value.made:
                case checked.Operation():
                    self.operations[index] = operation(value.made, value.span)
                case checked.History(_, size):
                    self.histories[index] = History(size)


def operation(made: checked.Operation, span: Span) -> OnInputs:
    """A function of the inputs by name."""
    if made.call.kind == "operation":
        return build.operation(made.call)
    if made.definition is not None:
        given = exact(spec.Measure(made.call, (), span, made.definition))
    else:
        make = build.loss if made.call.kind == "loss" else build.metric
        given = make(made.call)
    order = [name for name, _ in made.inputs]
    return lambda **inputs: given(*(inputs[name] for name in order))


class Place(Protocol):
    def __call__(self, rows: Tensor) -> Tensor:
        """What is placed on the examples `rows` (int64 [n]) of the draw, [n, ...]."""
        ...


def placements(pipeline: Pipeline, data: Sequence[Examples]) -> Mapping[Index, Place]:
    """By value: each placement, prepared with the data of its draws (those of a split)."""
    return {
        index: _prepared(pipeline, value.made, data)
        for index, value in enumerate(pipeline.values)
        if isinstance(value.made, checked.Placed)
    }


def place_of(pipeline: Pipeline, made: checked.Placed) -> int:
    """The draw on whose examples something is placed."""
    return drawn(pipeline, dict(made.inputs)[ON]).draw


def drawn(pipeline: Pipeline, index: Index) -> checked.Drawn:
    return cast(checked.Drawn, pipeline.values[index].made)


def _prepared(pipeline: Pipeline, made: checked.Placed, data: Sequence[Examples]) -> Place:
    clean = drawn(pipeline, dict(made.inputs)[ON])
    [boxes] = [drawn(pipeline, index) for name, index in made.inputs if name != ON]
    fields = pipeline.draws[boxes.draw].data.fields or {}
    [image] = [name for name, kind in fields.items() if kind.kind == "image"]
    prepare: Any = build.operation(made.call)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)  # data that is augmented is seen alike here, also by a resumed run
        prepared = prepare(
            (images for (images,) in _columns(data[clean.draw], clean.field)),
            _columns(data[boxes.draw], image, boxes.field),
        )
    return cast(Place, prepared)


def _columns(examples: Examples, *fields: str) -> Iterator[tuple[Tensor, ...]]:
    """Fields of all examples, a few at a time."""
    for start in range(0, len(examples), AT_ONCE):
        batch = examples.batch(torch.arange(start, min(start + AT_ONCE, len(examples))))
        yield tuple(batch[field] for field in fields)
