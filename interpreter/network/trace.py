"""What happened in one run, kept as it came up; `result.py` makes tensors of it."""

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from autodesign.interpreter.network.rows import NONE, Index, Part, Rows


@dataclass(slots=True)
class Trace:
    """One run of one network over `batch` examples.

    `ran`: the examples for which each node executed. `actions` of the control nodes stand for the
    rows of `scores`. `charges`: for each node examples, and the multiplications that each of them
    cost. `nested`: the examples and the trace of each network that ran inside a node, by its path
    ("N3.Inner"). `values`: those of the regular nodes, where they were to be kept.
    """

    batch: Rows
    ran: dict[str, Rows] = field(default_factory=dict)
    scores: dict[str, Part] = field(default_factory=dict)
    actions: dict[str, Index | int] = field(default_factory=dict)
    charges: dict[str, list[tuple[Rows, int]]] = field(default_factory=dict)
    nested: dict[str, tuple[Rows, "Trace"]] = field(default_factory=dict)
    outputs: dict[str, Part] = field(default_factory=dict)
    values: dict[str, Part] = field(default_factory=dict)

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
        for rows, multiplications in chain.from_iterable(self.charges.values()):
            total[rows.index] += multiplications
        for rows, trace in self.nested.values():
            total[rows.index] += trace.cost()
        return total
