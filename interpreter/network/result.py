"""What a call of a network gives back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.rows import NONE, Part, Rows, upload
from autodesign.interpreter.network.trace import Trace

T = TypeVar("T")


class Lazy(Mapping[str, T]):
    """Entries that are made when they are first asked for: a caller who wants only the output pays
    for nothing else."""

    def __init__(self, names: tuple[str, ...], make: Callable[[str], T]) -> None:
        self._names, self._make = dict.fromkeys(names), make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(f"{name}: there are {', '.join(self._names) or 'none'}")
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class Names:
    """What a result has entries for: outputs with their shapes, nodes by dotted path, control
    nodes among them with the number of their actions."""

    outputs: Mapping[str, spec.Shape]
    nodes: tuple[str, ...]
    controls: Mapping[str, int]


class Result(Mapping[str, Tensor]):
    """`out["y"]`: the output y [batch, *shape], zeros for an example for which it is null.

    Names of a nested network lead through the node that holds it: "N3.Inner.Q".
    """

    def __init__(self, trace: Trace, names: Names, like: Tensor) -> None:
        """What no example has a value for takes type and device from `like`."""
        self.trace, self._names, self._like = trace, names, like
        self._outputs = {
            name: self._spread(trace.outputs.get(name), shape)
            for name, shape in names.outputs.items()
        }

    @cached_property
    def cost(self) -> Tensor:
        """int64 [batch]: multiplications of the nodes that ran"""
        return upload(self.trace.cost(), self._like.device)

    def spent(self, prices: Mapping[str, float]) -> Tensor:
        """float32 [batch]: the prices of the nodes that ran, by dotted path, added up"""
        total = np.zeros(self.trace.batch.count, dtype=np.float64)
        for path, price in prices.items():
            found, rows, name = self.trace.find(path)
            ran = rows.lift(found.ran.get(name, NONE))
            if ran:
                total[ran.mask] += price
        return upload(total.astype(np.float32), self._like.device)

    @cached_property
    def present(self) -> Mapping[str, Tensor]:
        """output -> bool [batch]: it has a value"""
        outputs = self.trace.outputs
        return Lazy(
            tuple(self._names.outputs),
            lambda name: self._mask(outputs[name].rows if name in outputs else NONE),
        )

    @cached_property
    def executed(self) -> Mapping[str, Tensor]:
        """node -> bool [batch]: it ran"""
        return Lazy(self._names.nodes, self._ran)

    @cached_property
    def decisions(self) -> Mapping[str, Tensor]:
        """control node -> int64 [batch]: the action taken, -1 where it did not run"""
        return Lazy(tuple(self._names.controls), self._actions)

    @cached_property
    def scores(self) -> Mapping[str, Tensor]:
        """control node -> [batch, actions], with gradient; zeros where it did not run"""
        return Lazy(tuple(self._names.controls), self._scores)

    def __getitem__(self, name: str) -> Tensor:
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {list(value.shape)}" for name, value in self.items())
        return f"{type(self).__name__}({shapes})"

    def _mask(self, rows: Rows) -> Tensor:
        bits = rows.mask.copy() if rows else np.zeros(self.trace.batch.count, dtype=bool)
        return upload(bits, self._like.device)

    def _ran(self, path: str) -> Tensor:
        found, rows, name = self.trace.find(path)
        return self._mask(rows.lift(found.ran.get(name, NONE)))

    def _actions(self, path: str) -> Tensor:
        found, rows, name = self.trace.find(path)
        actions = np.full(self.trace.batch.count, -1, dtype=np.int64)
        if name in found.actions:
            actions[rows.lift(found.scores[name].rows).index] = found.actions[name]
        return upload(actions, self._like.device)

    def _scores(self, path: str) -> Tensor:
        found, rows, name = self.trace.find(path)
        part = found.scores.get(name)
        lifted = part and Part(part.tensor, rows.lift(part.rows))
        return self._spread(lifted, (self._names.controls[path],))

    def _spread(self, part: Part | None, shape: spec.Shape) -> Tensor:
        """[batch, *shape]: the values where they are, zeros elsewhere."""
        size = (self.trace.batch.count, *shape)
        if part is None:
            return self._like.new_zeros(size)
        if part.rows.whole:
            return part.tensor
        index = upload(part.rows.index, part.tensor.device)
        return part.tensor.new_zeros(size).index_copy(0, index, part.tensor)
