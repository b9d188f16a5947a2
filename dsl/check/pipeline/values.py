"""The values of a step, each once: equal expressions are one value."""

from collections.abc import Iterator

from autodesign.dsl.check.pipeline.graph import carriers, united
from autodesign.dsl.pipeline import (
    After,
    Combined,
    Fixed,
    Index,
    Made,
    Operation,
    Playing,
    StepValue,
    inputs,
)
from autodesign.dsl.source import Span
from autodesign.dsl.spec import FieldType

MOST_SUMMANDS = 1000
Summand = tuple[float, Index]


class Values:
    """A list of values that grows. What is made again is the value that it was."""

    def __init__(self) -> None:
        self.all: list[StepValue] = []
        self._known: dict[object, Index] = {}
        self._reached: dict[Index, list[bool]] = {}

    def __getitem__(self, index: Index) -> StepValue:
        return self.all[index]

    def add(
        self, made: Made, type: FieldType, text: str, span: Span, apart: object = None
    ) -> Index:
        """The place of a value; `apart` keeps equal ones apart that are drawn one by one."""
        key = (_key(made), apart)
        if key not in self._known:
            players, involves = self._players(made, type)
            self._known[key] = len(self.all)
            self.all.append(StepValue(made, type, players, involves, text, span))
        return self._known[key]

    def _players(self, made: Made, type: FieldType) -> tuple[frozenset[int], frozenset[int]]:
        if isinstance(made, Playing):
            alone = frozenset([made.player])
            return alone, alone
        carried = list(self._moved(made)) if isinstance(made, After) else carriers(made, type)
        return (
            united([self.all[i].players for i in carried]),
            united([self.all[i].involves for i in inputs(made)]),
        )

    def _moved(self, after: After) -> Iterator[Index]:
        """What moves an unrolled player: of the loss those summands that depend on the player."""
        yield after.player
        if after.rate is not None:
            yield after.rate
        own = self.all[after.player].players
        for _, part in self.summands(after.loss) or ():
            if own & self.all[part].players:
                yield part

    def reaches(self, start: Index, end: Index) -> bool:
        """Whether a derivative of `end` by `start` can be other than zero."""
        reached = self._reached.setdefault(start, [False] * start + [True])
        for value in self.all[len(reached) :]:
            reached.append(any(reached[i] for i in carriers(value.made, value.type)))
        return reached[end]

    @property
    def starts(self) -> int:
        """How many values derivatives were looked for by."""
        return len(self._reached)

    def summands(self, index: Index) -> list[Summand] | None:
        """A value as a sum of values times constants; None where these are too many."""
        found: list[Summand] = []
        waiting: list[Summand] = [(1.0, index)]
        for _ in range(20 * MOST_SUMMANDS):
            if not waiting or len(found) > MOST_SUMMANDS:
                break
            factor, at = waiting.pop()
            parts = self._parts(self.all[at].made)
            if parts is None:
                found.append((factor, at))
            else:
                waiting += [(factor * by, part) for by, part in reversed(parts)]
        return None if waiting else found

    def _parts(self, made: Made) -> list[Summand] | None:
        """The parts of a sum, or of a value times a constant; None for anything else."""
        if not isinstance(made, Combined):
            return None
        left, right = made.left, made.right
        if right is None:
            return [(-1.0, left)]
        if made.op in "+-":
            return [(1.0, left), (1.0 if made.op == "+" else -1.0, right)]
        first, second = self.all[left].made, self.all[right].made
        if made.op == "*" and isinstance(first, Fixed):
            return [(first.value, right)]
        if made.op == "*" and isinstance(second, Fixed):
            return [(second.value, left)]
        if made.op == "/" and isinstance(second, Fixed) and second.value:
            return [(1 / second.value, left)]
        return None


def _key(made: Made) -> object:
    """Equal for equal values. Arguments are compared by their text: they may be lists of lists."""
    if isinstance(made, Operation):
        return (repr(made.call), made.inputs, id(made.definition))
    return repr(made)
