"""Algebraic decision diagrams: integers that depend on decisions, hash-consed.

A diagram is a number: the place of its node, `(variable, child for each value)`, in a list. Equal
diagrams have equal numbers. A terminal `(-1, value)` holds an integer from 0 on; a condition is a
diagram of 0 and 1. Variables are tested in the order of their numbers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import add
from typing import TypeAlias

Operation: TypeAlias = Callable[[int, int], int]

ZERO, ONE = 0, 1
"""The diagrams of these integers."""

HEIGHT = 400
"""The most variables in one diagram: operations recur once for each."""


class Full(Exception):
    """An operation needs more room than it may take."""


@dataclass(slots=True)
class Diagrams:
    """All diagrams of one analysis. `room` is how many entries may still be made."""

    room: int
    nodes: list[tuple[int, ...]] = field(default_factory=list)
    unique: dict[tuple[int, ...], int] = field(default_factory=dict)
    memo: dict[tuple[Operation, int, int], int] = field(default_factory=dict)
    support: list[int] = field(default_factory=list)
    greatest: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for value in (ZERO, ONE):
            self.room += 2  # there is always room for these
            self.constant(value)

    def constant(self, value: int) -> int:
        return self._entry((-1, value), 0, value)

    def branch(self, variable: int, children: tuple[int, ...]) -> int:
        """The diagram that is the child for the variable's value."""
        if children.count(children[0]) == len(children):
            return children[0]
        support = 1 << variable
        for child in children:
            support |= self.support[child]
        return self._entry((variable, *children), support, max(self.greatest[c] for c in children))

    def value(self, diagram: int) -> int | None:
        """The integer of a terminal; None: it depends on something."""
        variable, value, *_ = self.nodes[diagram]
        return value if variable < 0 else None

    def apply(self, operation: Operation, a: int, b: int) -> int:
        """`min`, `max` or `add` on every pair of values. Raises Full.

        `min` is for conditions only.
        """
        a, b = min(a, b), max(a, b)
        if a == ZERO or (a == ONE and operation is min) or (a == b and operation is not add):
            return ZERO if a == ZERO and operation is min else b
        key = (operation, a, b)
        if key in self.memo:
            return self.memo[key]
        one, other = self.nodes[a], self.nodes[b]
        if one[0] < 0 and other[0] < 0:
            return self.constant(operation(one[1], other[1]))
        if (self.support[a] | self.support[b]).bit_count() > HEIGHT:
            raise Full()
        self._take(1)
        variable = min(node[0] for node in (one, other) if node[0] >= 0)
        of_a = one[1:] if one[0] == variable else (a,) * (len(other) - 1)
        of_b = other[1:] if other[0] == variable else (b,) * (len(one) - 1)
        children = []
        for child_a, child_b in zip(of_a, of_b, strict=True):
            children.append(self.apply(operation, child_a, child_b))
        found = self.memo[key] = self.branch(variable, tuple(children))
        return found

    def scale(self, diagram: int, factor: int) -> int:
        return self._map(diagram, lambda node: self.constant(node[1] * factor), {}, -1)

    def fix(self, diagram: int, variable: int, value: int) -> int:
        """The diagram where the variable has the value."""
        return self._map(diagram, lambda node: node[1 + value], {}, variable)

    def _map(
        self,
        diagram: int,
        at: Callable[[tuple[int, ...]], int],
        done: dict[int, int],
        variable: int,
    ) -> int:
        """Replaces all nodes of one variable (-1: the terminals)."""
        node = self.nodes[diagram]
        if node[0] == variable:
            return at(node)
        if variable >= 0 and not self.support[diagram] >> variable & 1:
            return diagram
        found = done.get(diagram)
        if found is None:
            self._take(1)
            children = []
            for child in node[1:]:
                children.append(self._map(child, at, done, variable))
            found = done[diagram] = self.branch(node[0], tuple(children))
        return found

    def forget(self, after: int, room: int) -> None:
        """Takes back all nodes from a place on, and starts with new room."""
        for node in self.nodes[after:]:
            del self.unique[node]
        del self.nodes[after:], self.support[after:], self.greatest[after:]
        self.memo.clear()
        self.room = room

    @contextmanager
    def share(self) -> Iterator[None]:
        """Within this, a quarter of the room: one large operation leaves some to those after it."""
        whole, part = self.room, self.room // 4
        self.room = part
        try:
            yield
        finally:
            self.room += whole - part

    def _entry(self, node: tuple[int, ...], support: int, greatest: int) -> int:
        found = self.unique.get(node)
        if found is None:
            self._take(len(node))
            found = self.unique[node] = len(self.nodes)
            self.nodes.append(node)
            self.support.append(support)
            self.greatest.append(greatest)
        return found

    def _take(self, entries: int) -> None:
        if self.room < entries:
            raise Full()
        self.room -= entries
