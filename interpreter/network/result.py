"""What a call of a network gives back."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from torch import Tensor

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


class Result(Mapping[str, Tensor]):
    """`out["y"]`: the output y [batch, *shape], zeros for an example for which it is null.

    Names of a nested network lead through the node that holds it: "N3.Inner.Q".

    present    output -> bool [batch]: it has a value
    executed   node -> bool [batch]: it ran
    decisions  control node -> int64 [batch]: the action taken, -1 where it did not run
    scores     control node -> [batch, actions], with gradient; zeros where it did not run
    cost       int64 [batch]: multiplications of the nodes that ran
    """

    def __init__(
        self,
        outputs: Mapping[str, Tensor],
        present: Mapping[str, Tensor],
        executed: Mapping[str, Tensor],
        decisions: Mapping[str, Tensor],
        scores: Mapping[str, Tensor],
        cost: Callable[[], Tensor],
    ) -> None:
        self._outputs, self._cost = outputs, cost
        self.present, self.executed = present, executed
        self.decisions, self.scores = decisions, scores

    @cached_property
    def cost(self) -> Tensor:
        return self._cost()

    def __getitem__(self, name: str) -> Tensor:
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {list(value.shape)}" for name, value in self.items())
        return f"{type(self).__name__}({shapes})"
