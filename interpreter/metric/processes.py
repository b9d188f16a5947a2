"""A batch that is spread over processes (torch.distributed), as one.

Each process holds some of the examples, its rows. All compute the same loss on all rows, and each
sends back the gradient of its own rows, times the number of processes: the average of the
parameters' gradients over the processes, which DistributedDataParallel takes, is then the gradient
of the one loss. Nothing is exchanged on the way back, so no process waits there for another.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from autodesign.dsl import formula
from autodesign.interpreter.metric.errors import MetricError

DIMS = 8
"""Dimensions that a tensor to be gathered has at most"""


def process_count(group: Any = None) -> int:
    """1 where torch.distributed is not in use."""
    if not (dist.is_available() and dist.is_initialized()):
        return 1
    return dist.get_world_size(group)


def gathered(tensors: Sequence[Tensor], group: Any = None, averaged: bool = True) -> list[Tensor]:
    """The tensors of all processes joined along their first dimension, in the order of ranks.

    `averaged`: the parameters' gradients are averaged over the processes afterwards, else added up.
    Every process calls this with as many tensors of the same types and shapes, but for their first
    dimension, which may be 0. Raises MetricError AD475 in all processes where they do not fit.
    """
    count = process_count(group)
    if count == 1:
        return list(tensors)
    shapes = _shapes(tensors, group)
    own = torch.cat([_bytes(one) for one in tensors])
    lengths = [_length(tensors, shape) for shape in shapes]
    padded = own.new_zeros(max(lengths))
    padded[: len(own)] = own
    parts = [torch.empty_like(padded) for _ in range(count)]
    dist.all_gather(parts, padded, group=group)
    rank, found = dist.get_rank(group), []
    for number, one in enumerate(tensors):
        pieces = [_piece(tensors, shapes[r], parts[r], number) for r in range(count)]
        pieces[rank] = _scaled(one, count) if averaged else one
        found.append(torch.cat(pieces))
    return found


def check_rows(metric: formula.Metric) -> None:
    """Raises MetricError AD472 for a metric with an input that is not given for each example."""
    rows = next(one.dims[0] for one in metric.inputs if one.kind == "scores")
    for one in metric.inputs:
        if one.dims[0] != rows:
            raise MetricError(
                "AD472",
                f"`{one.name}` of {metric.name} is not given for each `{rows}`, so it "
                "cannot be gathered over batches",
                metric.span,
                help="evaluate the metric on all examples at once",
            )


@contextmanager
def same_random(like: Tensor, group: Any = None) -> Iterator[None]:
    """Lets all processes draw what the first one draws; the others' own random numbers stay."""
    if process_count(group) == 1:
        yield
        return
    before = torch.get_rng_state()
    state = before.to(like.device)
    first = dist.get_global_rank(group, 0) if group is not None else 0
    dist.broadcast(state, first, group=group)
    torch.set_rng_state(state.cpu())
    try:
        yield
    finally:
        if dist.get_rank(group) != 0:
            torch.set_rng_state(before)


# --- parts ----------------------------------------------------------------------------------------


def _shapes(tensors: Sequence[Tensor], group: Any) -> list[list[tuple[int, ...]]]:
    """The shapes of all tensors, by process."""
    device = tensors[0].device
    own = torch.full((len(tensors), DIMS + 2), -1, dtype=torch.int64)
    for row, one in zip(own, tensors, strict=True):
        row[0], row[1] = one.ndim, one.element_size()
        row[2 : 2 + one.ndim] = torch.tensor(one.shape, dtype=torch.int64)
    own = own.to(device)
    found = [torch.empty_like(own) for _ in range(process_count(group))]
    dist.all_gather(found, own, group=group)
    return agreeing([one.tolist() for one in found])


def agreeing(told: Sequence[Sequence[Sequence[int]]]) -> list[list[tuple[int, ...]]]:
    """The shapes by process, from [dimensions, bytes of a number, sizes] of each tensor.

    Raises MetricError AD475 unless they differ in their first size only.
    """
    for rank, rows in enumerate(told):
        for number, (first, row) in enumerate(zip(told[0], rows, strict=True), 1):
            if [first[:2], first[3:]] != [row[:2], row[3:]]:
                raise MetricError(
                    "AD475",
                    f"the processes give tensors that do not go together: number {number} is "
                    f"{_shape(first)} in process 0, and {_shape(row)} in process {rank}",
                    help="give tensors of one type, of which only the first size differs",
                )
    return [[_shape(row) for row in rows] for rows in told]


def _shape(row: Sequence[int]) -> tuple[int, ...]:
    return tuple(row[2 : 2 + row[0]])


def _bytes(tensor: Tensor) -> Tensor:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8)


def _length(tensors: Sequence[Tensor], shapes: Sequence[tuple[int, ...]]) -> int:
    pairs = zip(tensors, shapes, strict=True)
    return sum(torch.Size(shape).numel() * one.element_size() for one, shape in pairs)


def _piece(
    tensors: Sequence[Tensor], shapes: Sequence[tuple[int, ...]], content: Tensor, number: int
) -> Tensor:
    """One tensor of a process, from all of its bytes."""
    start = _length(tensors[:number], shapes[:number])
    end = _length(tensors[: number + 1], shapes[: number + 1])
    found = content[start:end].clone()  # so that it starts where numbers of its type may start
    return found.view(tensors[number].dtype).reshape(shapes[number])


def _scaled(tensor: Tensor, factor: int) -> Tensor:
    """The same numbers, with a gradient that many times as large."""
    if not tensor.requires_grad:
        return tensor
    scaled: Tensor = _Scaled.apply(tensor, factor)
    return scaled


class _Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, factor: int) -> Tensor:
        ctx.factor = factor
        return tensor.view_as(tensor)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * ctx.factor, None
