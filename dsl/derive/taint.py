"""How formulas depend on scores: not at all, through comparisons only, or continuously."""

from dataclasses import field
from enum import IntEnum

from autodesign.dsl import formula as f
from autodesign.dsl.record import record

COMPARISONS = frozenset({">", ">=", "<", "<=", "==", "!="})


class Level(IntEnum):
    """The greater of two levels is that of a formula made of both."""

    DATA = 0
    BITS = 1
    """changes only where some comparison of scores does"""
    SCORES = 2
    """changes with the scores themselves"""


@record
class Taint:
    """The dependences of formulas of one metric; `scores` names its inputs of that kind."""

    scores: frozenset[str]
    known: dict[int, tuple[f.Formula, Level]] = field(default_factory=dict, repr=False)
    """Levels worked out before, by the identity of formulas, which are kept for that"""

    @classmethod
    def of(cls, metric: f.Metric) -> "Taint":
        return cls(frozenset(one.name for one in metric.inputs if one.kind == "scores"))

    def level(self, formula: f.Formula) -> Level:
        found = self.known.get(id(formula))
        if found is None:
            found = self.known[id(formula)] = formula, self._level(formula)
        return found[1]

    def _level(self, formula: f.Formula) -> Level:
        if isinstance(formula, f.Bit):
            return Level.BITS
        if isinstance(formula, f.Entry) and formula.input in self.scores:
            return Level.SCORES
        if isinstance(formula, f.Reduce):
            loops = max(map(self.loop, formula.loops), default=Level.DATA)
            return max(self.level(formula.value), loops)
        inside = max(map(self.level, f.parts(formula)), default=Level.DATA)
        return min(inside, Level.BITS) if _steps(formula) else inside

    def loop(self, loop: f.Loop) -> Level:
        """How the rows of a loop depend on scores: through what its conditions say."""
        over = loop.over if isinstance(loop.over, tuple) else ()
        inside = max(map(self.level, (*over, *loop.conditions)), default=Level.DATA)
        return min(inside, Level.BITS)

    def data(self, formula: f.Formula) -> bool:
        return self.level(formula) == Level.DATA

    def continuous(self, formula: f.Formula) -> bool:
        return self.level(formula) == Level.SCORES

    def affine(self, formula: f.Formula) -> bool:
        """Whether a number is a sum of scores with factors from data, and of data."""
        if self.data(formula):
            return True
        match formula:
            case f.Entry(input, indices):
                return input in self.scores and all(map(self.data, indices))
            case f.Apply("+" | "-" | "neg", args):
                return all(map(self.affine, args))
            case f.Apply("*", args):
                return sum(not self.data(arg) for arg in args) == 1 and all(map(self.affine, args))
            case f.Apply("/", (above, below)):
                return self.affine(above) and self.data(below)
            case f.Apply("choose", (condition, *either)):
                return self.data(condition) and all(map(self.affine, either))
            case f.Reduce("sum" | "mean", value, loops):
                return self.affine(value) and all(self.loop(one) == Level.DATA for one in loops)
        return False


def _steps(formula: f.Formula) -> bool:
    """Whether the value is a truth or a place, and so jumps where it changes at all."""
    return isinstance(formula, f.Argmax | f.Entry) or (
        isinstance(formula, f.Apply) and formula.op in COMPARISONS
    )
