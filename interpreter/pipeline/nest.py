"""The tensors in nests of tuples, lists, dictionaries, memories and players, and in their order."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor

from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.updates import Memory


def tensors(nest: Any) -> list[Tensor]:
    """Those of a player are all its trainable weights."""
    found: list[Tensor] = []

    def take(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    changed(nest, take)
    return found


def put(nest: Any, others: Iterable[Tensor]) -> Any:
    """The same nest with other tensors in it."""
    fresh = iter(others)
    return changed(nest, lambda _: next(fresh))


def changed(nest: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same nest with each tensor changed; what else is in it stays."""
    match nest:
        case Tensor():
            return change(nest)
        case dict():
            return {name: changed(one, change) for name, one in nest.items()}
        case list() | tuple():
            return type(nest)(changed(one, change) for one in nest)
        case Memory():
            return Memory(nest.steps, changed(nest.averages, change))
        case Played():
            return Played(nest.module, changed(nest.named_weights(), change))
        case _:
            return nest
