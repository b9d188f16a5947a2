"""What a way of keeping track of all decisions at once has to offer (factors.py, diagrams.py)."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from autodesign.dsl.record import record
from autodesign.dsl.spec import Presence

Bounds: TypeAlias = tuple[int, int]
"""The least and the greatest cost, in multiplications."""

Note: TypeAlias = tuple[str, int | None]
"""A decision: the action that a control node took, or None: a node whose value became null."""


@record
class Branch:
    """One way to go on when a node runs: the value of its signal, and bounds of what that costs.

    The value 0 means that nothing comes of it: no value, no control edge. Otherwise it is 1 for a
    value that is there, and 1 + a for the action a of a control node.
    """

    value: int
    cost: Bounds
    note: Note | None = None


@record
class Test:
    """True where the signal has the value."""

    signal: int
    value: int


Condition: TypeAlias = bool | Test
"""A bool where it holds under all decisions, or under none."""


@record
class Ran:
    """How a node runs, and the condition of each value of its signal that will be asked for."""

    runs: Presence
    values: Mapping[int, Condition]


class Possibilities(Protocol):
    """All combinations of decisions that can occur, with what they cost.

    A condition may be used once: `both`, `either`, `run` and `drop` use up what they are given.
    `cut` tells that some combinations are counted in which cannot occur, for want of room.
    """

    cut: bool

    def both(self, a: Condition, b: Condition) -> Condition: ...

    def either(self, a: Condition, b: Condition) -> Condition: ...

    def run(self, when: Condition, ways: Sequence[Branch], uses: Mapping[int, int]) -> Ran:
        """A node that runs on a condition. `uses` counts the conditions of each value to come."""
        ...

    def free(self, uses: int) -> Condition:
        """A condition of which nothing is known; the result is cut."""
        ...

    def drop(self, unneeded: Condition) -> None: ...

    def bounds(self, last: Condition, truth: bool) -> Bounds | None:
        """Bounds of the whole cost where the condition, the only one left, has this truth."""
        ...

    def notes(self, condition: Test, truth: bool) -> dict[str, int | None]:
        """Decisions under which the condition has this truth."""
        ...


def presence(condition: Condition) -> Presence:
    return "sometimes" if isinstance(condition, Test) else "always" if condition else "never"
