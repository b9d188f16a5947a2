"""Every step a metric makes with scores, rewritten to bits `difference > 0`.

First the truths, from the inside out; then places (argmax, counted indices) used as numbers.
"""

from dataclasses import replace

from autodesign.dsl import formula as f
from autodesign.dsl.derive.argmax import Best, Scope
from autodesign.dsl.derive.comparisons import compared
from autodesign.dsl.derive.order import Nth, another, find_place, find_value, sorted_value
from autodesign.dsl.derive.refusal import Refused, refuse
from autodesign.dsl.derive.simplify import negate
from autodesign.dsl.derive.taint import COMPARISONS, Taint
from autodesign.dsl.derive.variables import Fresh, mapped
from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.record import record


@record
class Discrete:
    """The rewriting of one metric's value. What it cannot rewrite, it reports and leaves."""

    metric: f.Metric
    taint: Taint
    names: Fresh
    problems: Problems
    best: Best

    def rewritten(self, formula: f.Formula) -> f.Formula:
        return self._numbers(self._truths(formula, {}))

    # --- truths -----------------------------------------------------------------------------------

    def _truths(self, formula: f.Formula, scope: Scope) -> f.Formula:
        """The formula with the truths in it rewritten, the innermost first."""
        if self.taint.data(formula):
            return formula
        inner = dict(scope)
        try:
            if isinstance(formula, f.Reduce | f.Argmax):
                self._accept_loops(formula)
                inner.update({loop.variable: loop for loop in formula.loops})
            nth = find_value(formula)
            if nth is not None and self.taint.continuous(nth.value):
                return self._sorted(nth, inner)
            if isinstance(formula, f.Entry) and any(map(self._place, formula.indices)):
                return self._truths(self._picked(formula), scope)
            place = self._place(formula)
            if place is not None:
                here = f.Variable(place.loop.variable)
                return self._truths(self._at_place(here, place, "sum"), scope)
            inside = mapped(formula, lambda part: self._truths(part, inner))
            return self._truth(inside, scope) if self._is_truth(inside) else inside
        except Refused:
            return formula

    def _sorted(self, nth: Nth, scope: Scope) -> f.Formula:
        """The t-th least score, to be compared, with the truths inside it rewritten."""
        conditions = tuple(self._truths(one, scope) for one in nth.loop.conditions)
        loop = replace(nth.loop, conditions=conditions)
        value, index = self._truths(nth.value, scope), self._truths(nth.index, scope)
        return sorted_value(Nth(value, loop, index, nth.span), self.names)

    def _place(self, formula: f.Formula) -> Nth | None:
        """What `argsort(v)[t]` of scores is made of."""
        nth = find_place(formula)
        return nth if nth is not None and self.taint.continuous(nth.value) else None

    def _picked(self, entry: f.Entry) -> f.Formula:
        """`y[argsort(v)[t]]` is the y of the place whose rank is that."""
        number, place = next((n, p) for n, i in enumerate(entry.indices) if (p := self._place(i)))
        here = f.Variable(place.loop.variable)
        indices = (*entry.indices[:number], here, *entry.indices[number + 1 :])
        flag = self.metric.input(entry.input).kind == "flag"
        picked = f.Entry(entry.input, indices, entry.span)
        return self._at_place(picked, place, "any" if flag else "sum")

    def _at_place(self, value: f.Formula, place: Nth, op: str) -> f.Formula:
        """The value at the place that `place.index` others precede."""
        other = another(place, self.names)
        variable, here = other.loop.variable, f.Variable(place.loop.variable)
        apart = f.Apply("!=", (f.Variable(variable), here), place.span)
        less = f.Apply("<", (other.value, place.value), place.span)
        loop = replace(other.loop, conditions=(*other.loop.conditions, apart))
        count = f.Reduce("count", less, (loop,), place.span)
        order = f.Apply("==", (count, place.index), place.span)
        own = replace(place.loop, conditions=(*place.loop.conditions, order))
        return f.Reduce(op, value, (own,), place.span)

    def _accept_loops(self, formula: f.Reduce | f.Argmax) -> None:
        """Reports ranges, and places of an argmax, that change with scores. Raises Refused."""
        ranges = [loop.over for loop in formula.loops if isinstance(loop.over, tuple)]
        among = isinstance(formula, f.Argmax) and any(map(self.taint.loop, formula.loops))
        if any(not self.taint.data(end) for ends in ranges for end in ends):
            message, help = "the range of a loop depends on scores", "loop over all, with an `if`"
        elif among and self.taint.continuous(formula.value):
            message, help = "an argmax of scores chooses among places that depend on scores", ""
        else:
            return
        refuse(
            self.problems,
            "AD434",
            message,
            formula.span,
            "which values are taken is not known without the scores",
            help or "take the argmax over all places, or over places that data chooses",
        )

    def _is_truth(self, formula: f.Formula) -> bool:
        if isinstance(formula, f.Apply):
            return formula.op in COMPARISONS
        return isinstance(formula, f.Entry) and self.metric.input(formula.input).kind == "flag"

    def _truth(self, formula: f.Formula, scope: Scope) -> f.Formula:
        """One truth, in whose parts all truths are rewritten already. Raises Refused."""
        argmax = self.best.find(formula)
        if argmax is not None:
            if isinstance(formula, f.Apply) and formula.op == "!=":
                return negate(self._truth(_equal(formula), scope))
            return self._truths(self.best.truth(formula, argmax, scope), scope)
        if isinstance(formula, f.Entry):
            return self._looked_up(formula, "any")
        inside = mapped(formula, self._numbers)
        if isinstance(inside, f.Apply) and any(map(self.taint.continuous, inside.args)):
            return compared(inside, self.taint, self.names, self.problems)
        return inside

    # --- numbers ----------------------------------------------------------------------------------

    def _numbers(self, formula: f.Formula) -> f.Formula:
        """The formula without places of greatest scores and without indices that count bits."""
        if self.taint.data(formula):
            return formula
        argmax = None if isinstance(formula, f.Reduce) else self.best.find(formula)
        if argmax is not None:
            summed = self.best.number(formula, argmax)
            if isinstance(formula, f.Entry) or self.taint.data(summed.value):
                return self._numbers(summed)
        inside = mapped(formula, self._numbers)
        return self._looked_up(inside, "sum") if isinstance(inside, f.Entry) else inside

    def _looked_up(self, entry: f.Entry, op: str) -> f.Formula:
        """`w[e]`, e counting bits, is the sum of w[c] over all c with c == e."""
        at = next((i for i, e in enumerate(entry.indices) if not self.taint.data(e)), None)
        if at is None:
            return entry
        index, variable = entry.indices[at], f.Variable(self.names.name("c"))
        indices = (*entry.indices[:at], variable, *entry.indices[at + 1 :])
        here = f.Apply("==", (variable, index), entry.span)
        loop = f.Loop(variable.name, self.metric.input(entry.input).dims[at], (here,))
        found = self._looked_up(f.Entry(entry.input, indices, entry.span), op)
        return f.Reduce(op, found, (loop,), entry.span)


def _equal(formula: f.Apply) -> f.Formula:
    return f.Apply("==", formula.args, formula.span)
