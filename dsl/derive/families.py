"""Comparisons gathered into families: same loops, same difference, up to names of variables.

Each comparison stands within loops. Those that its difference and their own conditions need are
its frame; every variable of a frame has one prefix of loops, wherever it is used. Families whose
loops run over the same are merged; they keep the conditions that both have, what one has besides
stays with the value. `mirrored` then merges those that differ in the order of loops or in sign.
"""

from collections.abc import Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from autodesign.dsl import formula as f
from autodesign.dsl.derive.simplify import ZERO
from autodesign.dsl.derive.taint import Taint
from autodesign.dsl.derive.variables import conjuncts, free, free_in_loop, key
from autodesign.dsl.record import record

Conditions = dict[Hashable, f.Formula]


@record
class Comparison:
    """`difference > 0` within the loops of `around`, outermost first"""

    node: f.Apply
    around: tuple[f.Loop, ...]


@dataclass(slots=True)
class Group:
    """Comparisons that become one family; `frame` is that of the first.

    `turned` are those that compare the same two numbers the other way round.
    """

    frame: tuple[str, ...]
    comparisons: list[Comparison] = field(default_factory=list)
    turned: list[Comparison] = field(default_factory=list)


def comparisons(formula: f.Formula, taint: Taint) -> dict[f.Formula, Comparison]:
    """The comparisons of scores in a value, each once, in the order of the text."""
    return {found.node: found for found in _comparisons(formula, (), taint)}


def _comparisons(
    formula: f.Formula, around: tuple[f.Loop, ...], taint: Taint
) -> Iterator[Comparison]:
    if is_bit(formula, taint):
        assert isinstance(formula, f.Apply)
        yield Comparison(formula, around)
        return
    if not isinstance(formula, f.Reduce | f.Argmax):
        for part in f.parts(formula):
            yield from _comparisons(part, around, taint)
        return
    for loop in formula.loops:
        around = (*around, loop)
        for condition in loop.conditions:
            yield from _comparisons(condition, around, taint)
    yield from _comparisons(formula.value, around, taint)


def is_bit(formula: f.Formula, taint: Taint) -> bool:
    """Whether this is a rewritten comparison, `difference > 0`."""
    return (
        isinstance(formula, f.Apply)
        and formula.op == ">"
        and formula.args[1] == ZERO
        and taint.continuous(formula.args[0])
    )


class Gathering:
    """Decides which comparisons of a value and which of its variables become one."""

    def __init__(self, value: f.Formula, taint: Taint) -> None:
        self.value, self.taint = value, taint
        self.found = found = comparisons(value, taint)
        self.loops = {loop.variable: loop for c in found.values() for loop in c.around}
        self.outer = {
            loop.variable: {other.variable for other in c.around[:at]}
            for c in found.values()
            for at, loop in enumerate(c.around)
        }
        self.frames = self._frames()
        self.prefix = {
            name: frame[:at] for frame in self.frames.values() for at, name in enumerate(frame)
        }
        self.joined: dict[str, str] = {name: name for name in self.prefix}
        self.conditions = {name: self._data_conditions(name) for name in self.prefix}
        self.groups: list[Group] = []
        self._shapes: dict[Hashable, list[Group]] = {}
        for node, comparison in found.items():
            self._place(comparison, self.frames[node])
        self._share_prefixes()

    def name(self, variable: str) -> str:
        """The variable that stands for all those joined with this one; others are their own."""
        while (other := self.joined.get(variable, variable)) != variable:
            variable = other
        return variable

    # --- frames -----------------------------------------------------------------------------------

    def _frames(self) -> dict[f.Formula, tuple[str, ...]]:
        """The variables each comparison needs; one needed by two has the same before it in both."""
        needed = {node: self._needed(free(node), c) for node, c in self.found.items()}
        before: dict[str, set[str]] = {}
        while True:
            frames = {
                node: tuple(loop.variable for loop in c.around if loop.variable in needed[node])
                for node, c in self.found.items()
            }
            sizes = sum(map(len, needed.values()))
            for frame in frames.values():
                for at, name in enumerate(frame):
                    before.setdefault(name, set()).update(frame[:at])
            for node, frame in frames.items():
                needed[node] = needed[node].union(*(before[name] for name in frame))
            if sum(map(len, needed.values())) == sizes:
                return frames

    def _needed(self, names: set[str], comparison: Comparison) -> set[str]:
        """Those variables, and what the ranges and conditions of their loops take from others."""
        needed = set(names)
        for loop in reversed(comparison.around):
            if loop.variable in needed:
                needed |= free_in_loop(f.Loop(loop.variable, loop.over, self._data(loop)))
        return needed & {loop.variable for loop in comparison.around}

    def _data(self, loop: f.Loop) -> tuple[f.Formula, ...]:
        parts = (part for condition in loop.conditions for part in conjuncts(condition))
        return tuple(part for part in parts if self.taint.data(part))

    def _data_conditions(self, name: str) -> Conditions:
        places = self._places((*self.prefix[name], name))
        return {key(part, places): part for part in self._data(self.loops[name])}

    def kept(self, name: str) -> set[Hashable]:
        """The conditions that a variable's loop has in the families, as `says` tells them."""
        return {self.says(part) for part in self.conditions[self.name(name)].values()}

    def says(self, condition: f.Formula) -> Hashable:
        """Equal for conditions that say the same of the variables that were joined."""
        return key(condition, {name: self.name(name) for name in self.joined})

    def _places(self, frame: tuple[str, ...]) -> dict[str, Hashable]:
        return {name: ("place", at) for at, name in enumerate(frame)}

    # --- merging ----------------------------------------------------------------------------------

    def _place(self, comparison: Comparison, frame: tuple[str, ...]) -> None:
        alike = self._shapes.setdefault(self._shape(comparison, frame), [])
        for group in alike:
            pairs = list(zip(group.frame, frame, strict=True))
            says = [
                (self._common(kept).keys(), self._common(other).keys()) for kept, other in pairs
            ]
            if all(self.apart(*pair) for pair in pairs) and worth_merging(says):
                for kept, other in pairs:
                    self._join(kept, other)
                group.comparisons.append(comparison)
                return
        alike.append(Group(frame, [comparison]))
        self.groups.append(alike[-1])

    def _shape(self, comparison: Comparison, frame: tuple[str, ...]) -> Hashable:
        """What two comparisons have in common that could be of one family."""
        places = self._places(frame)
        return (
            tuple(self.over(name, places) for name in frame),
            key(comparison.node.args[0], places),
        )

    def over(self, name: str, places: dict[str, Hashable]) -> Hashable:
        over = self.loops[name].over
        return tuple(key(end, places) for end in over) if isinstance(over, tuple) else over

    def _common(self, name: str) -> Conditions:
        return self.conditions[self.name(name)]

    def apart(self, one: str, other: str) -> bool:
        """Whether no loop over one variable stands within a loop over the other."""
        first, second = (
            {member for member in self.joined if self.name(member) == self.name(name)}
            for name in (one, other)
        )
        return first == second or not any(
            a in self.outer[b] or b in self.outer[a] for a in first for b in second
        )

    def _join(self, kept: str, other: str) -> None:
        second = self._common(other)
        self.join(kept, other, {k: v for k, v in self._common(kept).items() if k in second})

    def join(self, kept: str, other: str, common: Conditions) -> None:
        """Makes two variables one, whose loop in the families has the conditions they share."""
        first, second = self.name(kept), self.name(other)
        if first != second:
            self.conditions[first] = common
            self.joined[second] = first

    def _share_prefixes(self) -> None:
        """Loops that say the same after the same loops are one, whatever families they serve."""
        known: dict[Hashable, str] = {}
        for group in self.groups:
            for at, name in enumerate(group.frame):
                before = tuple(map(self.name, group.frame[:at]))
                places = self._places(group.frame[: at + 1])
                says = (before, self.over(name, places), frozenset(self._common(name)))
                same = known.setdefault(says, name)
                if self.apart(same, name):
                    self._join(same, name)


def worth_merging(says: Iterable[tuple[AbstractSet[Hashable], AbstractSet[Hashable]]]) -> bool:
    """Not where both families would get rows that neither has, in two loops at once.

    `says` are the conditions of either, loop by loop.
    """
    wider = [0, 0]
    either = 0
    for first, second in says:
        wider[0] += not first <= second
        wider[1] += not second <= first
        either += first != second
    return min(wider) == 0 or either == 1
