"""Comparisons of scores, brought to the form `difference > 0` (LANGUAGE.md section 3).

`max`, `min`, `abs` and choices on either side are taken apart: `x > max(v)` is x > v_j for all j.
The t-th least and the median are compared by how many are: `x > sort(v)[t]` is x > v_j for more
than t of them.
"""

from collections.abc import Callable
from typing import NoReturn

from autodesign.dsl import formula as f
from autodesign.dsl.derive.order import Nth, find_value
from autodesign.dsl.derive.refusal import place, refuse
from autodesign.dsl.derive.simplify import ZERO, minus, simplify
from autodesign.dsl.derive.taint import Level, Taint
from autodesign.dsl.derive.variables import Fresh, distinct
from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.source import Span

Around = Callable[[f.Formula], f.Formula]
"""The whole difference, given one part of it"""
JOIN = {"max": ("or", "any"), "min": ("and", "all")}
OTHER = {"max": "min", "min": "max"}


def compared(formula: f.Apply, taint: Taint, names: Fresh, problems: Problems) -> f.Formula:
    """A comparison of score-dependent numbers, through bits `difference > 0`.

    `a >= b` is `not b - a > 0`, so that ties stay what they are. Raises Refused.
    """
    left, right = formula.args
    if formula.op in ("==", "!="):
        refuse(
            problems,
            "AD431",
            "scores are compared for being equal",
            formula.span,
            "equal scores are an accident that no surrogate can aim at",
            "compare with `>` or `<`, or the distance with a number: `abs(a - b) <= 0.1`",
        )
    over = Difference(formula, taint, names, problems)
    if formula.op == ">":
        return over.positive(minus(left, right, formula))
    if formula.op == "<":
        return over.positive(minus(right, left, formula))
    first, second = (right, left) if formula.op == ">=" else (left, right)
    return f.Apply("not", (over.positive(minus(first, second, formula)),), formula.span)


class Difference:
    """One comparison's difference, which becomes bits."""

    def __init__(self, comparison: f.Apply, taint: Taint, names: Fresh, problems: Problems) -> None:
        self.comparison, self.taint = comparison, taint
        self.names, self.problems = names, problems

    def positive(self, difference: f.Formula) -> f.Formula:
        """The truth `difference > 0`."""
        if self.taint.affine(difference):
            left = simplify(difference)
            return f.Apply(">", (left, ZERO), self.comparison.span)
        return self._part(difference, lambda part: part, rising=True)

    def _part(self, part: f.Formula, around: Around, rising: bool) -> f.Formula:
        """`around(part) > 0`, where that grows with the part if `rising`, else falls."""
        if self.taint.affine(part):
            return self.positive(around(part))
        nth = find_value(part)
        if nth is not None:
            return self._nth(nth, around, rising)
        match part:
            case f.Reduce("median", value, loops, span):
                return self._median(value, loops, span, around, rising)
            case f.Apply("max" | "min" as op, args, span):
                join = JOIN[op if rising else OTHER[op]][0]
                return f.Apply(join, tuple(self._part(a, around, rising) for a in args), span)
            case f.Reduce("max" | "min" as op, value, loops, span):
                join = JOIN[op if rising else OTHER[op]][1]
                return f.Reduce(join, self._part(value, around, rising), loops, span)
            case f.Apply("abs", (inner,), span):
                ends = (inner, f.Apply("neg", (inner,), span))
                return self._part(f.Apply("max", ends, span), around, rising)
            case f.Apply("choose", (condition, then, otherwise), span):
                sides = (self._part(side, around, rising) for side in (then, otherwise))
                return f.Apply("choose", (condition, *sides), span)
            case f.Apply("+" | "-" | "neg" | "*" | "/"):
                return self._within(part, around, rising)
        return self._refuse(part)

    def _nth(self, nth: Nth, around: Around, rising: bool) -> f.Formula:
        """By how many values it holds: if it grows with them, for the t-th least and all above."""
        above = self._part(nth.value, around, rising)
        count = f.Reduce("count", above, (nth.loop,), nth.span)
        if not rising:
            return f.Apply(">", (count, nth.index), nth.span)
        rows = self._rows((nth.loop,), nth.span)
        return f.Apply(">=", (count, f.Apply("-", (rows, nth.index), nth.span)), nth.span)

    def _median(
        self, value: f.Formula, loops: tuple[f.Loop, ...], span: Span, around: Around, rising: bool
    ) -> f.Formula:
        """More than half of the differences are above 0; or half, and the two in the middle add up
        to more: some a at or below 0 does with every b above 0.
        """
        above = self._part(value, around, rising)
        twice = f.Apply("*", (f.Number(2.0), f.Reduce("count", above, loops, span)), span)
        half, rows = (f.Apply(op, (twice, self._rows(loops, span)), span) for op in ("==", ">"))
        (low, some), (high, others) = (self._copy(value, loops, span) for _ in range(2))
        middle = f.Apply("/", (f.Apply("+", (low, high), span), f.Number(2.0)), span)
        low_above, high_above = (self._part(one, around, rising) for one in (low, high))
        not_low, not_high = (f.Apply("not", (one,), span) for one in (low_above, high_above))
        more = f.Apply("or", (not_high, self._part(middle, around, rising)), span)
        every = f.Reduce("all", more, others, span)
        both = f.Reduce("any", f.Apply("and", (not_low, every), span), some, span)
        return f.Apply("or", (rows, f.Apply("and", (half, both), span)), span)

    def _rows(self, loops: tuple[f.Loop, ...], span: Span) -> f.Formula:
        """How many values there are."""
        match loops:
            case (f.Loop(_, str(dim), ()),):
                return f.Size(dim)
        return distinct(f.Reduce("count", f.Truth(True), loops, span), self.names)

    def _copy(
        self, value: f.Formula, loops: tuple[f.Loop, ...], span: Span
    ) -> tuple[f.Formula, tuple[f.Loop, ...]]:
        copy = distinct(f.Reduce("sum", value, loops, span), self.names)
        assert isinstance(copy, f.Reduce)
        return copy.value, copy.loops

    def _within(self, part: f.Apply, around: Around, rising: bool) -> f.Formula:
        """The argument of an operation that is not affine yet."""
        at = next((i for i, arg in enumerate(part.args) if not self.taint.affine(arg)), None)
        turns = None if at is None else self._turns(part, at)
        if at is None or turns is None:
            return self._refuse(part)
        before, after = part.args[:at], part.args[at + 1 :]

        def whole(inner: f.Formula) -> f.Formula:
            return around(f.Apply(part.op, (*before, inner, *after), part.span))

        return self._part(part.args[at], whole, rising != turns)

    def _turns(self, part: f.Apply, at: int) -> bool | None:
        """Whether an operation falls with its argument; None where that is not known."""
        if part.op in ("+", "-", "neg"):
            return part.op == "neg" or (part.op == "-" and at == 1)
        factor = part.args[1 - at]
        if part.op == "/" and at == 1:
            return None
        return factor.value < 0 if isinstance(factor, f.Number) and factor.value else None

    def _refuse(self, part: f.Formula) -> NoReturn:
        span = place(part) or self.comparison.span
        if self.taint.level(part) == Level.BITS:
            refuse(
                self.problems,
                "AD433",
                "scores are compared with what itself comes of comparisons",
                span,
                "this changes in steps with the scores",
                "compare scores with scores, with data or with numbers",
            )
        refuse(
            self.problems,
            "AD430",
            "this comparison is not one of scores with scores, data or numbers",
            span,
            "not a sum or difference of scores",
            "compare the scores themselves, as in `s[i] > s[j]` or `s[i] > 0.5`",
        )
