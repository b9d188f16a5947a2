"""Which decisions and values can occur together, and at what cost: sparse tables.

A *signal* is something that differs between examples: whether a value is there (0 or 1), or which
action a control node took (0: none). A *factor* is a table over the signals that depend on each
other; a row is one combination that can occur, with the least and the greatest cost of the
decisions that lead to it. Signals in different factors are independent. A signal leaves its factor
after its last use, and rows that then agree become one: this is variable elimination, so the size
of a table follows from how many signals are alive at once and depend on each other, and not from
how many control nodes there are. Thousands in a chain or a cascade take a few rows.

A table that would outgrow the limit is not made. The new signal then starts a factor of its own, as
if it did not depend on what it was derived from. More seems possible than is, never less:
"always", "never" and the bounds of the cost stay true, but may no longer be the tightest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TypeAlias

from autodesign.dsl.check.presence.possibilities import (
    Bounds,
    Branch,
    Condition,
    Note,
    Ran,
    Test,
    presence,
)

Trace: TypeAlias = "tuple[Note | None, tuple[Trace, ...]] | None"
"""One way in which a row comes about, as a tree whose parts rows share."""

Row: TypeAlias = tuple[int, int, Trace]
Key: TypeAlias = tuple[int, ...]

SMALL = 16
"""Tables of so few rows are made even when the work is used up: each costs microseconds."""

NOTHING = (Branch(0, (0, 0)),)
THERE = (Branch(1, (0, 0)),)


@dataclass(eq=False, slots=True)
class Factor:
    signals: list[int]
    rows: dict[Key, Row]

    def values(self, signal: int) -> set[int]:
        column = self.signals.index(signal)
        return {key[column] for key in self.rows}


@dataclass(slots=True)
class Factors:
    """All factors of one analysis.

    `rows` bounds the rows of one table, `work` the cells written in all. `least` and `greatest`
    bound the cost of what no longer depends on any signal. `uses[signal][value]` counts the
    conditions still to be used; values without any are not told apart.
    """

    rows: int
    work: int
    cut: bool = False
    least: int = 0
    greatest: int = 0
    home: dict[int, Factor] = field(default_factory=dict)
    uses: dict[int, dict[int, int]] = field(default_factory=dict)

    def both(self, a: Condition, b: Condition) -> Condition:
        if a is True or b is True:
            return b if a is True else a
        signal = self._derive((a, b), lambda held: THERE if all(held) else NOTHING, {1: 1})
        return self._condition(signal, 1)

    def either(self, a: Condition, b: Condition) -> Condition:
        if a is False or b is False:
            return b if a is False else a
        signal = self._derive((a, b), lambda held: THERE if any(held) else NOTHING, {1: 1})
        return self._condition(signal, 1)

    def run(self, when: Condition, ways: Sequence[Branch], uses: Mapping[int, int]) -> Ran:
        signal = self._derive((when,), lambda held: ways if all(held) else NOTHING, uses)
        return Ran(presence(when), {value: self._condition(signal, value) for value in uses})

    def free(self, uses: int) -> Condition:
        self.cut = True
        return self._condition(self._derive((), lambda held: NOTHING + THERE, {1: uses}), 1)

    def drop(self, unneeded: Condition) -> None:
        if isinstance(unneeded, Test):
            factor = self.home[unneeded.signal]
            self._use([unneeded])
            self._tabulate(factor.signals, factor.rows.items())

    def bounds(self, last: Condition, truth: bool) -> Bounds | None:
        if not isinstance(last, Test):
            return (self.least, self.greatest) if last is truth else None
        rows = list(self._rows(last, truth))
        least, greatest = min(r[0] for r in rows), max(r[1] for r in rows)
        return self.least + least, self.greatest + greatest

    def notes(self, condition: Test, truth: bool) -> dict[str, int | None]:
        return dict(_collect(next(self._rows(condition, truth))[2]))

    def _rows(self, test: Test, truth: bool) -> Iterator[Row]:
        factor = self.home[test.signal]
        column = factor.signals.index(test.signal)
        return (r for key, r in factor.rows.items() if (key[column] == test.value) is truth)

    def _condition(self, signal: int, value: int) -> Condition:
        """The condition that the signal has the value: a bool where all rows agree."""
        if value not in self.uses[signal]:
            return False
        held = {v == value for v in self.home[signal].values(signal)}
        if len(held) > 1:
            return Test(signal, value)
        del self.uses[signal][value]
        self._tabulate(self.home[signal].signals, self.home[signal].rows.items())
        return held.pop()

    def _derive(
        self,
        tests: Sequence[Condition],
        branch: Callable[[tuple[bool, ...]], Sequence[Branch]],
        uses: Mapping[int, int],
    ) -> int:
        """A new signal that follows from the truths of the tests."""
        branches = {held: branch(held) for held in product((False, True), repeat=len(tests))}
        homes = [self.home[t.signal] for t in tests if isinstance(t, Test)]
        joined = list({id(f): f for f in homes}.values())
        self._use(tests)
        signal = len(self.uses)
        self.uses[signal] = {value: n for value, n in uses.items() if n}
        if self._afford(joined, max(map(len, branches.values()))):
            self._together(signal, tests, branches, joined)
        else:
            self._apart(signal, tests, branches, joined)
        return signal

    def _use(self, tests: Sequence[Condition]) -> None:
        for test in tests:
            if isinstance(test, Test):
                left = self.uses[test.signal]
                left[test.value] -= 1
                if not left[test.value]:
                    del left[test.value]

    def _afford(self, joined: Sequence[Factor], fan: int) -> bool:
        rows = prod(len(f.rows) for f in joined) * fan
        cells = rows * (4 + sum(len(f.signals) for f in joined))
        if rows > self.rows or (cells > self.work and rows > SMALL):
            self.cut = True
            return False
        self.work -= cells
        return True

    def _together(
        self,
        signal: int,
        tests: Sequence[Condition],
        branches: Mapping[tuple[bool, ...], Sequence[Branch]],
        joined: Sequence[Factor],
    ) -> None:
        """The factors of the tests become one, with the new signal as its last column."""
        signals = [s for f in joined for s in f.signals]
        columns = [
            (signals.index(t.signal), t.value, False) if isinstance(t, Test) else (-1, 0, t)
            for t in tests
        ]

        def rows() -> Iterator[tuple[Key, Row]]:
            for parts in product(*(f.rows.items() for f in joined)):
                key, least, greatest, trace = _join(parts)
                held = tuple([key[c] == value if c >= 0 else truth for c, value, truth in columns])
                for b in branches[held]:
                    grown = trace if b.note is None else (b.note, (trace,))
                    yield (*key, b.value), (least + b.cost[0], greatest + b.cost[1], grown)

        self._tabulate([*signals, signal], rows())

    def _apart(
        self,
        signal: int,
        tests: Sequence[Condition],
        branches: Mapping[tuple[bool, ...], Sequence[Branch]],
        joined: Sequence[Factor],
    ) -> None:
        """The new signal starts a factor of its own, with all that each test alone allows."""
        truths = [
            {v == t.value for v in self.home[t.signal].values(t.signal)}
            if isinstance(t, Test)
            else {t}
            for t in tests
        ]
        ways = [b for held in product(*truths) for b in branches[held]]
        self._tabulate([signal], [((b.value,), (*b.cost, None)) for b in ways])
        for factor in joined:
            self._tabulate(factor.signals, factor.rows.items())

    def _tabulate(self, signals: Sequence[int], rows: Iterable[tuple[Key, Row]]) -> None:
        """Makes a factor of those signals that are still of use; rows that agree are merged."""
        kept = [(i, self.uses[s]) for i, s in enumerate(signals) if self.uses[s]]
        table: dict[Key, Row] = {}
        for key, row in rows:
            short = tuple([key[i] if key[i] in used else 0 for i, used in kept])
            other = table.get(short)
            table[short] = row if other is None else _merge(other, row)
        factor = Factor([signals[i] for i, _ in kept], table)
        for signal in signals:
            if self.uses[signal]:
                self.home[signal] = factor
            else:
                self.home.pop(signal, None)
        if not kept:
            self.least += table[()][0]
            self.greatest += table[()][1]


def _join(parts: Sequence[tuple[Key, Row]]) -> tuple[Key, int, int, Trace]:
    if len(parts) == 1:
        key, (least, greatest, trace) = parts[0]
        return key, least, greatest, trace
    key = tuple([v for k, _ in parts for v in k])
    traces = tuple([row[2] for _, row in parts if row[2] is not None])
    trace = traces[0] if len(traces) == 1 else (None, traces) if traces else None
    return key, sum(row[0] for _, row in parts), sum(row[1] for _, row in parts), trace


def _merge(a: Row, b: Row) -> Row:
    return min(a[0], b[0]), max(a[1], b[1]), a[2]


def _collect(trace: Trace) -> Iterator[Note]:
    """The notes of a trace. Shared parts are visited once, so the time is that of the work."""
    stack, seen = [trace], set()
    while stack:
        part = stack.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        if part[0] is not None:
            yield part[0]
        stack.extend(part[1])
