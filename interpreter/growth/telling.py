"""How a candidate says how far it is."""

from typing import Protocol


class Telling(Protocol):
    """Told by the training of a candidate."""

    def stepped(self, done: int, total: int) -> None:
        """`done` of its `total` training steps are done."""
        ...
