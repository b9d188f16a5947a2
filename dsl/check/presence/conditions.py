"""Which decisions and values can occur together, and at what cost: decision diagrams.

Every condition is a diagram over the decisions made so far, so conditions that share decisions stay
small each by itself, where a table of all of them together would not. The cost is a sum of weighted
conditions (optimum.py).

A condition that would outgrow its room becomes a decision of its own, free of what it depends on:
more seems possible than is, never less.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autodesign.dsl.check.presence.diagrams import Diagrams, Full
from autodesign.dsl.check.presence.optimum import greatest
from autodesign.dsl.check.presence.possibilities import (
    Bounds,
    Branch,
    Condition,
    Note,
    Ran,
    Test,
    presence,
)


@dataclass(slots=True)
class Conditions:
    """All conditions of one analysis. `room` bounds the entries made for each question."""

    room: int
    cut: bool = False
    diagrams: Diagrams = field(init=False)
    choices: list[list[Note | None]] = field(default_factory=list)
    least: dict[int, int] = field(default_factory=dict)
    greatest: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.diagrams = Diagrams(self.room)

    def both(self, a: Condition, b: Condition) -> Condition:
        return self._combine(min, a, b)

    def either(self, a: Condition, b: Condition) -> Condition:
        return self._combine(max, a, b)

    def free(self, uses: int = 1) -> Condition:
        self.cut = True
        self.choices.append([None, None])
        self.diagrams.room += 3  # there is always room for it
        return Test(self.diagrams.branch(len(self.choices) - 1, (0, 1)), 1)

    def drop(self, unneeded: Condition) -> None:
        pass

    def run(self, when: Condition, ways: Sequence[Branch], uses: Mapping[int, int]) -> Ran:
        runs = presence(when)
        if runs == "never":
            return Ran(runs, dict.fromkeys(uses, False))
        guard = _diagram(when)
        low, high = min(w.cost[0] for w in ways), min(w.cost[1] for w in ways)
        self._pay(guard, (low, high))
        values: dict[int, Condition] = dict.fromkeys(uses, False)
        for way, taken in zip(ways, self._chosen(when, ways), strict=True):
            self._pay(_diagram(taken), (way.cost[0] - low, way.cost[1] - high))
            if way.value in values:
                values[way.value] = self.either(values[way.value], taken)
        return Ran(runs, values)

    def bounds(self, last: Condition, truth: bool) -> Bounds | None:
        """The cost of `truth` is so great that it decides, and is taken off again."""
        if not isinstance(last, Test):
            return self._bounds({}, 0) if last is truth else None
        reward = 1 + sum(self.greatest.values())
        wanted = {last.signal: reward} if truth else {last.signal: -reward, 1: reward}
        found = self._bounds(wanted, reward)
        anyway = self._bounds({}, 0) if self.cut else found
        return max(found[0], anyway[0]), min(found[1], anyway[1])

    def _bounds(self, wanted: Mapping[int, int], reward: int) -> Bounds:
        negative = {d: -w for d, w in self.least.items()}
        least = reward - self._greatest(_sum(negative, wanted))
        return max(0, least), self._greatest(_sum(self.greatest, wanted)) - reward

    def notes(self, condition: Test, truth: bool) -> dict[str, int | None]:
        """The decisions on one path through the diagram: any node still leads to either truth."""
        notes: list[Note | None] = []
        diagram = condition.signal
        while diagram != int(truth):
            variable, *children = self.diagrams.nodes[diagram]
            choice = next(i for i, child in enumerate(children) if child != int(not truth))
            notes.append(self.choices[variable][choice])
            diagram = children[choice]
        return dict(note for note in notes if note is not None)

    def _greatest(self, terms: Mapping[int, int]) -> int:
        kept, room = len(self.diagrams.nodes), self.diagrams.room
        self.diagrams.forget(kept, self.room)
        found, exact = greatest(self.diagrams, terms, [len(n) for n in self.choices])
        self.diagrams.forget(kept, room)
        self.cut |= not exact
        return found

    def _combine(
        self, operation: Callable[[int, int], int], a: Condition, b: Condition
    ) -> Condition:
        try:
            with self.diagrams.share():
                return _condition(self.diagrams.apply(operation, _diagram(a), _diagram(b)))
        except Full:
            return self.free()

    def _chosen(self, when: Condition, ways: Sequence[Branch]) -> list[Condition]:
        """The condition of each way to go on: one decision between them."""
        if len(ways) == 1:
            return [when]
        variable = len(self.choices)
        self.choices.append([w.note for w in ways])
        chosen: list[Condition] = []
        for way in range(len(ways)):
            try:
                taken = self.diagrams.branch(
                    variable, tuple(int(w == way) for w in range(len(ways)))
                )
                chosen.append(self.both(when, Test(taken, 1)))
            except Full:
                chosen.append(self.free())
        return chosen

    def _pay(self, diagram: int, cost: Bounds) -> None:
        self.least[diagram] = self.least.get(diagram, 0) + cost[0]
        self.greatest[diagram] = self.greatest.get(diagram, 0) + cost[1]


def _diagram(condition: Condition) -> int:
    return condition.signal if isinstance(condition, Test) else int(condition)


def _condition(diagram: int) -> Condition:
    return Test(diagram, 1) if diagram > 1 else bool(diagram)


def _sum(a: Mapping[int, int], b: Mapping[int, int]) -> dict[int, int]:
    return {d: a.get(d, 0) + b.get(d, 0) for d in {**a, **b}}
