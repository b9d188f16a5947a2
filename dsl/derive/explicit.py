"""The explicit form of a value: its families of comparisons, and the value over their bits."""

from collections.abc import Iterator
from dataclasses import replace

from autodesign.dsl import formula as f
from autodesign.dsl.derive.families import Gathering, Group
from autodesign.dsl.derive.simplify import negate, simplify
from autodesign.dsl.derive.variables import Fresh, conjuncts, mapped, mapped_loop
from autodesign.dsl.record import record


def explicit(gathering: Gathering, names: Fresh) -> tuple[tuple[f.Family, ...], f.Formula]:
    """The families, in the order in which the text first needs them, and the value."""
    writing = _Writing(gathering, {})
    families: list[f.Family] = []
    for group, (compare, binary) in zip(
        gathering.groups, _titles(len(gathering.groups), names), strict=False
    ):
        families.append(writing.family(group, compare, binary))
        for comparison in group.comparisons:
            writing.bits[comparison.node] = _bit(families[-1])
        for comparison in group.turned:
            writing.bits[comparison.node] = negate(_bit(families[-1]))
    return tuple(families), simplify(writing.value(gathering.value))


def _titles(count: int, names: Fresh) -> Iterator[tuple[str, str]]:
    """c and b, or c1 and b1, c2 and b2, ...; primed where something else has that name."""
    for number in range(1, count + 1):
        pair = ("c", "b") if count == 1 else (f"c{number}", f"b{number}")
        while not names.taken.isdisjoint(pair):
            pair = (f"{pair[0]}'", f"{pair[1]}'")
        names.taken.update(pair)
        yield pair


def _bit(family: f.Family) -> f.Bit:
    variables = tuple(f.Variable(loop.variable) for loop in family.loops)
    return f.Bit(family.binary, variables, family.span)


@record
class _Writing:
    """One value being written anew; `bits` holds what stands for each comparison."""

    gathering: Gathering
    bits: dict[f.Formula, f.Formula]

    def family(self, group: Group, compare: str, binary: str) -> f.Family:
        loops = tuple(self._family_loop(name) for name in group.frame)
        first = group.comparisons[0].node
        difference = simplify(self.renamed(first.args[0]))
        return f.Family(compare, binary, loops, difference, first.span)

    def _family_loop(self, name: str) -> f.Loop:
        kept = self.gathering.name(name)
        loop = self.gathering.loops[kept]
        conditions = tuple(self.gathering.conditions[kept].values())
        shared = mapped_loop(f.Loop(kept, loop.over, conditions), self.renamed)
        return mapped_loop(shared, simplify)

    def renamed(self, formula: f.Formula) -> f.Formula:
        """With the variables that stand for those of frames; the others keep their names."""
        if isinstance(formula, f.Variable) and formula.name in self.gathering.joined:
            return f.Variable(self.gathering.name(formula.name))
        return mapped(formula, self.renamed)

    def value(self, formula: f.Formula) -> f.Formula:
        compares = isinstance(formula, f.Apply) and formula.op == ">"
        bit = self.bits.get(formula) if compares else None
        if bit is not None:
            return bit
        if isinstance(formula, f.Variable):
            return self.renamed(formula)
        if isinstance(formula, f.Reduce | f.Argmax):
            loops = tuple(map(self._loop, formula.loops))
            return replace(formula, value=self.value(formula.value), loops=loops)
        return mapped(formula, self.value)

    def _loop(self, loop: f.Loop) -> f.Loop:
        """A loop of the value: that of the families, and what conditions it has besides."""
        if loop.variable not in self.gathering.joined:
            return mapped_loop(loop, self.value)
        kept = self.gathering.kept(loop.variable)
        parts = (part for condition in loop.conditions for part in conjuncts(condition))
        further = tuple(self.value(part) for part in parts if self.gathering.says(part) not in kept)
        return f.Loop(self.gathering.name(loop.variable), None, further)
