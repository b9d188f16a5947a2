"""What happened in one run, kept as it came up; tensors are made of it when they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.result import Lazy, Result
from autodesign.interpreter.network.rows import NONE, Index, Part, Rows, upload


@dataclass(slots=True)
class Trace:
    """One run of one network over `batch` examples.

    `ran`: the examples for which each node executed. `actions` of the control nodes stand for the
    rows of `scores`. `charges`: examples, and the multiplications that each of them cost. `nested`:
    the examples and the trace of each network that ran inside a node, by its path ("N3.Inner").
    """

    batch: Rows
    ran: dict[str, Rows] = field(default_factory=dict)
    scores: dict[str, Part] = field(default_factory=dict)
    actions: dict[str, Index | int] = field(default_factory=dict)
    charges: list[tuple[Rows, int]] = field(default_factory=list)
    nested: dict[str, tuple[Rows, "Trace"]] = field(default_factory=dict)
    outputs: dict[str, Part] = field(default_factory=dict)

    def find(self, path: str) -> tuple["Trace", Rows, str]:
        """Where the node of a dotted path is: the trace of its network, the examples of the batch
        for which that network ran, and the node's own name in it."""
        node, _, rest = path.partition(".")
        if not rest:
            return self, self.batch, node
        label, _, inner = rest.partition(".")
        if f"{node}.{label}" not in self.nested:
            return Trace(NONE), NONE, inner
        rows, trace = self.nested[f"{node}.{label}"]
        found, held, name = trace.find(inner)
        return found, rows.lift(held), name

    def cost(self) -> npt.NDArray[np.int64]:
        """Multiplications [batch]."""
        total = np.zeros(self.batch.count, dtype=np.int64)
        for rows, multiplications in self.charges:
            total[rows.index] += multiplications
        for rows, trace in self.nested.values():
            total[rows.index] += trace.cost()
        return total


@dataclass(frozen=True, slots=True)
class Names:
    """What a result has entries for: outputs with their shapes, nodes by dotted path, control
    nodes among them with the number of their actions."""

    outputs: Mapping[str, spec.Shape]
    nodes: tuple[str, ...]
    controls: Mapping[str, int]


def result(trace: Trace, names: Names, like: Tensor) -> Result:
    """Tensors on the device of `like`, and of its type where no example has a value."""
    batch = trace.batch

    def mask(rows: Rows) -> Tensor:
        bits = rows.mask.copy() if rows else np.zeros(batch.count, dtype=bool)
        return upload(bits, like.device)

    def present(name: str) -> Tensor:
        part = trace.outputs.get(name)
        return mask(part.rows if part else NONE)

    def executed(path: str) -> Tensor:
        found, rows, name = trace.find(path)
        return mask(rows.lift(found.ran.get(name, NONE)))

    def decisions(path: str) -> Tensor:
        found, rows, name = trace.find(path)
        actions = np.full(batch.count, -1, dtype=np.int64)
        if name in found.actions:
            actions[rows.lift(found.scores[name].rows).index] = found.actions[name]
        return upload(actions, like.device)

    def scores(path: str) -> Tensor:
        found, rows, name = trace.find(path)
        part = found.scores.get(name)
        lifted = part and Part(part.tensor, rows.lift(part.rows))
        return _spread(lifted, (names.controls[path],), batch, like)

    outputs = {
        name: _spread(trace.outputs.get(name), shape, batch, like)
        for name, shape in names.outputs.items()
    }
    return Result(
        outputs,
        Lazy(tuple(names.outputs), present),
        Lazy(names.nodes, executed),
        Lazy(tuple(names.controls), decisions),
        Lazy(tuple(names.controls), scores),
        lambda: upload(trace.cost(), like.device),
    )


def _spread(part: Part | None, shape: spec.Shape, batch: Rows, like: Tensor) -> Tensor:
    """[batch, *shape]: the values where they are, zeros elsewhere."""
    if part is None:
        return like.new_zeros((batch.count, *shape))
    if part.rows.whole:
        return part.tensor
    zeros = part.tensor.new_zeros((batch.count, *shape))
    return zeros.index_copy(0, upload(part.rows.index, zeros.device), part.tensor)
