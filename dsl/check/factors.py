"""Which decisions and values can occur together, and at what cost: sparse tables.

A *signal* is something that differs between examples: whether a value is there (0 or 1), or which
action a control node took (0: none). A *factor* is a table over the signals that depend on each
other; a row is one combination that can occur, with the least and the greatest cost of the
decisions that lead to it. Signals in different factors are independent. A signal leaves its factor
after the last test of it, and rows that then agree become one: this is variable elimination, so
the size of a table follows from how many undecided signals are alive at once, and not from how
many control nodes there are.

A table that would outgrow the limit is not made. The new signal then starts a factor of its own, as
if it did not depend on what it was derived from. More seems possible than is, never less:
"always", "never" and the bounds of the cost stay true, but may no longer be the tightest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TypeAlias

Note: TypeAlias = tuple[str, int | None]
"""A decision: the action that a control node took, or None: a node whose value became null."""

Trace: TypeAlias = "tuple[Note | None, tuple[Trace, ...]] | None"
"""One way in which a row comes about, as a tree that rows share."""

Row: TypeAlias = tuple[int, int, Trace]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to go on: the value of the new signal and the bounds of what that costs."""

    value: int
    least: int = 0
    greatest: int = 0
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """True where the signal has the value."""

    signal: int
    value: int


Condition: TypeAlias = bool | Test


@dataclass(eq=False, slots=True)
class Factor:
    signals: list[int]
    rows: dict[tuple[int, ...], Row]

    def values(self, signal: int) -> set[int]:
        column = self.signals.index(signal)
        return {key[column] for key in self.rows}


@dataclass(frozen=True, slots=True)
class Derived:
    """A new signal, or the one value it has in all rows; and which truths of the tests occur."""

    signal: int | None
    constant: int
    held: frozenset[tuple[bool, ...]]

    def test(self, value: int) -> Condition:
        return self.constant == value if self.signal is None else Test(self.signal, value)


@dataclass(slots=True)
class Factors:
    """All factors of one analysis.

    `rows` bounds the rows of one table, `work` the cells written in all; `cut` tells whether either
    was reached. `least` and `greatest` bound the cost of what no longer depends on any signal.
    """

    rows: int
    work: int
    cut: bool = False
    least: int = 0
    greatest: int = 0
    home: dict[int, Factor] = field(default_factory=dict)
    pending: dict[int, dict[int, int]] = field(default_factory=dict)
    _count: int = 0

    def derive(
        self,
        tests: Sequence[Condition],
        branch: Callable[[tuple[bool, ...]], Sequence[Branch]],
        pending: Mapping[int, int],
    ) -> Derived:
        """A new signal from at most a few tests, each of which is used up by this.

        `branch` says how it goes on, given the truths of the tests. `pending` counts the tests
        that will be made of each value of the new signal; values without any are not told apart.
        """
        branches = {held: branch(held) for held in product((False, True), repeat=len(tests))}
        joined = list({id(f): f for f in map(self._factor, tests) if f is not None}.values())
        fan = max(len(b) for b in branches.values())
        self._release(tests)
        signal = self._signal(pending)
        if self._afford(joined, fan):
            held = self._together(signal, tests, branches, joined)
        else:
            held = self._apart(signal, tests, branches, joined)
        return self._settled(signal, held)

    def drop(self, test: Condition) -> None:
        """Uses up a test whose truth does not matter."""
        factor = self._factor(test)
        if factor is not None:
            self._release([test])
            self._tabulate(factor.signals, factor.rows.items())

    def bounds(self, test: Condition, truth: bool) -> tuple[int, int] | None:
        """Bounds of the whole cost where the test, the only one left, has this truth."""
        if isinstance(test, bool):
            return (self.least, self.greatest) if test is truth else None
        rows = list(self._rows(test, truth))
        if not rows:
            return None
        least, greatest = min(r[0] for r in rows), max(r[1] for r in rows)
        return self.least + least, self.greatest + greatest

    def notes(self, test: Test, truth: bool) -> dict[str, int | None]:
        """Decisions under which the test has this truth (some truth must hold in some row)."""
        return dict(_collect(next(self._rows(test, truth))[2]))

    def _rows(self, test: Test, truth: bool) -> Iterator[Row]:
        factor = self.home[test.signal]
        column = factor.signals.index(test.signal)
        return (r for key, r in factor.rows.items() if (key[column] == test.value) is truth)

    def _factor(self, test: Condition) -> Factor | None:
        return None if isinstance(test, bool) else self.home[test.signal]

    def _signal(self, pending: Mapping[int, int]) -> int:
        self._count += 1
        self.pending[self._count] = {value: n for value, n in pending.items() if n}
        return self._count

    def _release(self, tests: Sequence[Condition]) -> None:
        for test in tests:
            if isinstance(test, Test):
                left = self.pending[test.signal]
                left[test.value] -= 1
                if not left[test.value]:
                    del left[test.value]

    def _afford(self, joined: Sequence[Factor], fan: int) -> bool:
        rows = prod(len(f.rows) for f in joined) * fan
        cells = rows * (4 + sum(len(f.signals) for f in joined))
        if rows > self.rows or (cells > self.work and rows > _ALWAYS):
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
    ) -> frozenset[tuple[bool, ...]]:
        """The factors of the tests become one, with the new signal as its last column."""
        signals = [s for f in joined for s in f.signals]
        columns = [
            (t, -1, 0) if isinstance(t, bool) else (None, signals.index(t.signal), t.value)
            for t in tests
        ]
        seen: set[tuple[bool, ...]] = set()

        def rows() -> Iterable[tuple[tuple[int, ...], Row]]:
            for parts in product(*(f.rows.items() for f in joined)):
                key, least, greatest, trace = _join(parts)
                held = tuple(
                    key[column] == value if truth is None else truth
                    for truth, column, value in columns
                )
                seen.add(held)
                for b in branches[held]:
                    grown = trace if b.note is None else (b.note, (trace,))
                    yield (*key, b.value), (least + b.least, greatest + b.greatest, grown)

        self._tabulate([*signals, signal], rows())
        return frozenset(seen)

    def _apart(
        self,
        signal: int,
        tests: Sequence[Condition],
        branches: Mapping[tuple[bool, ...], Sequence[Branch]],
        joined: Sequence[Factor],
    ) -> frozenset[tuple[bool, ...]]:
        """The new signal starts a factor of its own, with all that each test alone allows."""
        truths = [
            {t} if isinstance(t, bool) else {v == t.value for v in self._values(t)} for t in tests
        ]
        seen = frozenset(product(*truths))
        rows = (((b.value,), (b.least, b.greatest, None)) for held in seen for b in branches[held])
        self._tabulate([signal], rows)
        for factor in joined:
            self._tabulate(factor.signals, factor.rows.items())
        return seen

    def _values(self, test: Test) -> set[int]:
        return self.home[test.signal].values(test.signal)

    def _tabulate(
        self, signals: Sequence[int], rows: Iterable[tuple[tuple[int, ...], Row]]
    ) -> None:
        """Makes a factor of those signals that will still be tested; rows that agree are merged."""
        kept = [(i, self.pending[s]) for i, s in enumerate(signals) if self.pending[s]]
        table: dict[tuple[int, ...], Row] = {}
        for key, row in rows:
            short = tuple([key[i] if key[i] in tested else 0 for i, tested in kept])
            other = table.get(short)
            table[short] = row if other is None else _merge(other, row)
        factor = Factor([signals[i] for i, _ in kept], table)
        for s in signals:
            if self.pending[s]:
                self.home[s] = factor
            else:
                self.home.pop(s, None)
        if not kept:
            self.least += table[()][0]
            self.greatest += table[()][1]

    def _settled(self, signal: int, held: frozenset[tuple[bool, ...]]) -> Derived:
        if not self.pending[signal]:
            return Derived(None, 0, held)
        factor = self.home[signal]
        values = factor.values(signal)
        if len(values) > 1:
            return Derived(signal, 0, held)
        self.pending[signal] = {}
        self._tabulate(factor.signals, factor.rows.items())
        return Derived(None, values.pop(), held)


_ALWAYS = 16
"""Tables of so few rows are made even when the work is used up: each costs microseconds."""


def _join(parts: Sequence[tuple[tuple[int, ...], Row]]) -> tuple[tuple[int, ...], int, int, Trace]:
    if len(parts) == 1:
        key, (least, greatest, trace) = parts[0]
        return key, least, greatest, trace
    key = tuple([v for k, _ in parts for v in k])
    traces = tuple([row[2] for _, row in parts if row[2] is not None])
    trace = traces[0] if len(traces) == 1 else (None, traces) if traces else None
    return key, sum(row[0] for _, row in parts), sum(row[1] for _, row in parts), trace


def _merge(a: Row, b: Row) -> Row:
    return min(a[0], b[0]), max(a[1], b[1]), a[2]


def _collect(trace: Trace) -> Iterable[Note]:
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
