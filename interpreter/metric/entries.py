"""Entries of the inputs: `s[i, j]`, `y[i]`, `p[i, 0]`."""

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import lift
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader


def entry(reader: Reader, node: Node) -> Tensor:
    """The numbers or truths at the indices; NaN where an index is outside its dimension."""
    assert isinstance(node.formula, f.Entry)
    tensor = _tensor(reader, node.formula.input)
    if _whole(reader, node):
        return lift(tensor, reader.frames.along(_names(node)), reader.axes(node))
    indices = reader.arguments(node)
    if not node.partial:
        return _gather(tensor, [index.long() for index in indices])
    inside = torch.ones((), dtype=torch.bool, device=tensor.device)
    rows = []
    for index, size in zip(indices, tensor.shape, strict=True):
        fits = (index >= 0) & (index < size) & (index % 1 == 0)  # false where it is undefined
        rows.append(torch.where(fits, index, 0).long())
        inside = inside & fits
    return torch.where(inside, reader.as_number(_gather(tensor, rows)), torch.nan)


def _tensor(reader: Reader, name: str) -> Tensor:
    """An input: truths and labels as they are, other numbers in the reading's type."""
    tensor = reader.scores.get(name)
    tensor = reader.frames.tensors[name] if tensor is None else tensor
    return reader.as_number(tensor) if tensor.is_floating_point() else tensor


def _whole(reader: Reader, node: Node) -> bool:
    """Whether the indices are different variables that take all values, in order."""
    names = _names(node)
    return len(names) == len(set(names)) == len(node.parts) and all(
        reader.frames.takes_all(name, size)
        for name, size in zip(names, reader.frames.shape(node), strict=True)
    )


def _names(node: Node) -> list[str]:
    return [part.formula.name for part in node.parts if isinstance(part.formula, f.Variable)]


def _gather(tensor: Tensor, indices: list[Tensor]) -> Tensor:
    """One flat gather: its backward pass is the fastest of all ways to index."""
    flat = indices[0]
    for index, size in zip(indices[1:], tensor.shape[1:], strict=True):
        flat = flat * size + index
    return tensor.reshape(-1).index_select(0, flat.reshape(-1)).reshape(flat.shape)
