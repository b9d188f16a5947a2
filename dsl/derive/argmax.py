"""Argmax of scores: who beats whom (LANGUAGE.md section 3).

A truth P(argmax(v)) is: some i with P(i) beats all j without. A number f(argmax(v)) is the sum of
f(c) over those c that beat all others.
"""

from collections.abc import Mapping

from autodesign.dsl import formula as f
from autodesign.dsl.derive.comparisons import Difference
from autodesign.dsl.derive.simplify import minus, negate
from autodesign.dsl.derive.taint import Taint
from autodesign.dsl.derive.variables import Fresh, conjuncts, free, key, mapped, substitute
from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.record import record

Scope = Mapping[str, f.Loop]
"""The loops around a formula, by their variables"""


@record
class Best:
    """Takes one metric's argmaxes of scores out of its formulas."""

    metric: f.Metric
    taint: Taint
    names: Fresh
    problems: Problems
    labels: bool = True
    """Whether `argmax(v) == y[i]` compares the score of the label alone with the others"""

    def find(self, formula: f.Formula) -> f.Argmax | None:
        """The first argmax of scores in a formula that makes sense outside of its loops too."""
        return self._find(formula, frozenset())

    def _find(self, formula: f.Formula, inside: frozenset[str]) -> f.Argmax | None:
        scored = isinstance(formula, f.Argmax) and self.taint.continuous(formula.value)
        if isinstance(formula, f.Argmax) and scored and not free(formula) & inside:
            return formula
        if isinstance(formula, f.Reduce | f.Argmax):
            inside = inside | {loop.variable for loop in formula.loops}
        found = (self._find(part, inside) for part in f.parts(formula))
        return next((one for one in found if one is not None), None)

    def truth(self, formula: f.Formula, argmax: f.Argmax, scope: Scope) -> f.Formula:
        """A truth that depends on an argmax, without it."""
        label = self._label(formula, argmax, scope)
        if label is not None and not self.labels and not isinstance(label, f.Variable):
            return self._each(argmax, label)
        if label is not None:
            rival = self._place(argmax)
            return self._beats(argmax, [label], rival, [_differ([label], rival, argmax)])
        winner, rival = self._place(argmax), self._place(argmax)
        wins = _at(formula, argmax, _variables(winner))
        if self.taint.data(wins):
            loses = negate(_at(formula, argmax, _variables(rival)))
            return f.Reduce(
                "any",
                self._beats(argmax, _variables(winner), rival, [loses]),
                _if(winner, [wins]),
                argmax.span,
            )
        apart = _differ(_variables(winner), rival, argmax)
        best = self._beats(argmax, _variables(winner), rival, [apart])
        both = f.Apply("and", (best, wins), argmax.span)
        return f.Reduce("any", both, winner, argmax.span)

    def number(self, formula: f.Formula, argmax: f.Argmax) -> f.Reduce:
        """A number that depends on an argmax: its sum over the places that beat all others."""
        winner, rival = self._place(argmax), self._place(argmax)
        apart = _differ(_variables(winner), rival, argmax)
        best = self._beats(argmax, _variables(winner), rival, [apart])
        value = _at(formula, argmax, _variables(winner))
        return f.Reduce("sum", value, _if(winner, [best]), argmax.span)

    def _each(self, argmax: f.Argmax, label: f.Formula) -> f.Formula:
        """Of the places that beat all others, the one that is the label."""
        winner, rival = self._place(argmax), self._place(argmax)
        apart = _differ(_variables(winner), rival, argmax)
        best = self._beats(argmax, _variables(winner), rival, [apart])
        here = f.Apply("==", (*_variables(winner), label), argmax.span)
        return f.Reduce("any", best, _if(winner, [here]), argmax.span)

    def _label(self, formula: f.Formula, argmax: f.Argmax, scope: Scope) -> f.Formula | None:
        """k in `argmax(v) == k`, where k surely is one of the places argmax goes over."""
        loop = argmax.loops[0]
        if len(argmax.loops) > 1 or loop.conditions or not isinstance(formula, f.Apply):
            return None
        if formula.op != "==" or argmax not in formula.args:
            return None
        other = formula.args[1 - formula.args.index(argmax)]
        same = self._runs_over(other, scope) == loop.over
        return other if same and self.taint.data(other) else None

    def _runs_over(self, formula: f.Formula, scope: Scope) -> object:
        match formula:
            case f.Variable(name) if name in scope:
                return scope[name].over
            case f.Entry(input):
                return self.metric.input(input).classes
            case f.Argmax(_, loops, component):
                return loops[component].over
        return None

    def _place(self, argmax: f.Argmax) -> tuple[f.Loop, ...]:
        """The loops of an argmax, with variables of their own."""
        renamed: dict[str, f.Formula] = {}
        loops: list[f.Loop] = []
        for loop in argmax.loops:
            name = self.names.name(loop.variable)
            renamed[loop.variable] = f.Variable(name)
            conditions = tuple(substitute(condition, renamed) for condition in loop.conditions)
            loops.append(f.Loop(name, loop.over, conditions))
        return tuple(loops)

    def _beats(
        self,
        argmax: f.Argmax,
        winner: list[f.Formula],
        rival: tuple[f.Loop, ...],
        conditions: list[f.Formula],
    ) -> f.Formula:
        """The winner has more than every rival there is under the conditions."""
        own, others = (
            substitute(argmax.value, _values(argmax, places))
            for places in (winner, _variables(rival))
        )
        like = f.Apply(">", (own, others), argmax.span)
        more = Difference(like, self.taint, self.names, self.problems).positive(
            minus(own, others, like)
        )
        return f.Reduce("all", more, _if(rival, conditions), argmax.span)


def _variables(loops: tuple[f.Loop, ...]) -> list[f.Formula]:
    return [f.Variable(loop.variable) for loop in loops]


def _values(argmax: f.Argmax, places: list[f.Formula]) -> dict[str, f.Formula]:
    return dict(zip((loop.variable for loop in argmax.loops), places, strict=True))


def _differ(places: list[f.Formula], rival: tuple[f.Loop, ...], argmax: f.Argmax) -> f.Formula:
    """The rival stands elsewhere."""
    tests = [
        f.Apply("!=", (variable, place), argmax.span)
        for variable, place in zip(_variables(rival), places, strict=True)
    ]
    return tests[0] if len(tests) == 1 else f.Apply("or", tuple(tests), argmax.span)


def _if(loops: tuple[f.Loop, ...], conditions: list[f.Formula]) -> tuple[f.Loop, ...]:
    """The loops, with further conditions on the last."""
    *before, last = loops
    further = tuple(part for condition in conditions for part in conjuncts(condition))
    return (*before, f.Loop(last.variable, last.over, (*last.conditions, *further)))


def _at(formula: f.Formula, argmax: f.Argmax, places: list[f.Formula]) -> f.Formula:
    """The formula with the places put where the argmax stands, under whatever names."""
    wanted = [key(_component(argmax, number), {}) for number in range(len(places))]

    def change(part: f.Formula) -> f.Formula:
        if isinstance(part, f.Argmax) and key(part, {}) in wanted:
            return places[wanted.index(key(part, {}))]
        return mapped(part, change)

    return change(formula)


def _component(argmax: f.Argmax, number: int) -> f.Argmax:
    return f.Argmax(argmax.value, argmax.loops, number, argmax.span)
