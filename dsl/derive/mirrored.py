"""Families whose bits another one has already: its loops in another order, or `b - a` for `a - b`.

The other's bits are read instead, negated where the sign differs. For scores without ties that is
the same; of tied ones the bit that is kept is 0, so its negation is 1.
"""

from collections.abc import Hashable, Iterator
from itertools import permutations

from autodesign.dsl import formula as f
from autodesign.dsl.derive.apart import never_zero
from autodesign.dsl.derive.families import Conditions, Gathering, Group, worth_merging
from autodesign.dsl.derive.simplify import opposite
from autodesign.dsl.derive.variables import free, key, substitute

MOST_LOOPS = 4
"""Families of more loops are tried in their own order only."""


def merge_mirrored(gathering: Gathering) -> None:
    """Merges each family into the first before it that has its bits."""
    merging = _Merging(gathering)
    for later in list(gathering.groups):
        before = gathering.groups[: gathering.groups.index(later)]
        if any(merging.merged(earlier, later) for earlier in before):
            gathering.groups.remove(later)


class _Merging:
    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering

    def merged(self, earlier: Group, later: Group) -> bool:
        """Whether the later family could be merged into the earlier one, and so was."""
        if len(earlier.frame) != len(later.frame):
            return False
        for frame in _orders(later.frame):
            turned = self._alike(earlier, later, frame)
            if turned and not self._apart(later):
                continue
            if turned is not None and self._joined(earlier, later, frame):
                ways = (later.comparisons, later.turned)
                same, other = reversed(ways) if turned else ways
                earlier.comparisons += same
                earlier.turned += other
                return True
        return False

    def _alike(self, earlier: Group, later: Group, frame: tuple[str, ...]) -> bool | None:
        """Whether the differences have opposite signs; None if they are not alike at all."""
        first, second = self._places(earlier.frame), self._places(frame)
        if any(
            self.gathering.over(one, first) != self.gathering.over(other, second)
            for one, other in zip(earlier.frame, frame, strict=True)
        ):
            return None
        kept = key(earlier.comparisons[0].node.args[0], first)
        difference = later.comparisons[0].node.args[0]
        if key(difference, second) == kept:
            return False
        return True if key(opposite(difference), second) == kept else None

    def _apart(self, group: Group) -> bool:
        """Whether the group compares no score with itself, which is 0 both ways round."""
        called = {name: f.Variable(self.gathering.name(name)) for name in self.gathering.joined}
        kept = (self.gathering.conditions[self.gathering.name(name)] for name in group.frame)
        conditions = [substitute(one, called) for loop in kept for one in loop.values()]
        difference = substitute(group.comparisons[0].node.args[0], called)
        return never_zero(difference, conditions, self.gathering.taint)

    def _places(self, frame: tuple[str, ...]) -> dict[str, Hashable]:
        """The place in a frame of every variable that was joined with one of it."""
        at = {self.gathering.name(name): ("place", place) for place, name in enumerate(frame)}
        named = ((name, self.gathering.name(name)) for name in self.gathering.joined)
        return {name: at[kept] for name, kept in named if kept in at}

    def _joined(self, earlier: Group, later: Group, frame: tuple[str, ...]) -> bool:
        """Joins the variables, unless the loops of the value or of other families forbid it."""
        gathering = self.gathering
        pairs = list(zip(earlier.frame, frame, strict=True))
        says = [
            (self._conditions(one, earlier.frame), self._conditions(other, frame))
            for one, other in pairs
        ]
        if not worth_merging((first.keys(), second.keys()) for first, second in says):
            return False
        if not all(gathering.apart(*pair) for pair in pairs):
            return False
        saved = dict(gathering.joined), dict(gathering.conditions)
        for (one, other), (first, second) in zip(pairs, says, strict=True):
            gathering.join(one, other, {k: v for k, v in first.items() if k in second})
        if self._in_order(earlier, later, frame) and self._one_prefix_each(later):
            return True
        gathering.joined, gathering.conditions = saved
        return False

    def _conditions(self, name: str, frame: tuple[str, ...]) -> Conditions:
        places = self._places(frame)
        kept = self.gathering.conditions[self.gathering.name(name)]
        return {key(condition, places): condition for condition in kept.values()}

    def _in_order(self, earlier: Group, later: Group, frame: tuple[str, ...]) -> bool:
        """Whether every loop of the family that needs others stands inside them in the value."""
        for at, (name, other) in enumerate(zip(earlier.frame, frame, strict=True)):
            around = later.frame[: later.frame.index(other)]
            if self._coupled(name) and not set(frame[:at]) <= set(around):
                return False
        return True

    def _coupled(self, name: str) -> bool:
        kept = self.gathering.name(name)
        over = self.gathering.loops[kept].over
        ends = over if isinstance(over, tuple) else ()
        needs = (*ends, *self.gathering.conditions[kept].values())
        return any(free(one) - {kept} for one in needs)

    def _one_prefix_each(self, without: Group) -> bool:
        """Whether a variable has the same ones before it in all families."""
        before: dict[str, tuple[str, ...]] = {}
        for group in self.gathering.groups:
            frame = tuple(map(self.gathering.name, group.frame))
            for at, name in enumerate(frame):
                if group is not without and before.setdefault(name, frame[:at]) != frame[:at]:
                    return False
        return True


def _orders(frame: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return permutations(frame) if len(frame) <= MOST_LOOPS else iter((frame,))
