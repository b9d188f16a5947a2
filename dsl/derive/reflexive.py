"""A score is not compared with itself: `count(s[j] > s[i] for j)` has no bit for j = i.

Such a comparison is 0 whatever the scores are. Left among the others it would be half a bit to a
surrogate, which knows of it only that the difference is 0.
"""

from autodesign.dsl import formula as f
from autodesign.dsl.derive.apart import never_zero
from autodesign.dsl.derive.families import is_bit
from autodesign.dsl.derive.taint import Taint
from autodesign.dsl.derive.variables import conjuncts, mapped, mapped_loop
from autodesign.dsl.source import Span

Conditions = tuple[f.Formula, ...]


def without_itself(formula: f.Formula, taint: Taint, around: Conditions = ()) -> f.Formula:
    """The same value, whose bits say that their two scores stand apart where nothing else does.

    `around` are the conditions of the loops around.
    """
    if taint.data(formula):
        return formula
    if is_bit(formula, taint):
        assert isinstance(formula, f.Apply)
        return _apart(formula, taint, around)
    if not isinstance(formula, f.Reduce | f.Argmax):
        return mapped(formula, lambda part: without_itself(part, taint, around))
    for loop in formula.loops:
        around = (*around, *_says(loop, taint, formula.span))
    loops = tuple(
        mapped_loop(loop, lambda part: without_itself(part, taint, around))
        for loop in formula.loops
    )
    value = without_itself(formula.value, taint, around)
    return _with(formula, value, loops)


def _says(loop: f.Loop, taint: Taint, span: Span) -> Conditions:
    """What holds of the variable of a loop, by data alone."""
    said = tuple(part for one in loop.conditions for part in conjuncts(one) if taint.data(part))
    if not isinstance(loop.over, tuple):
        return said
    variable, (first, last) = f.Variable(loop.variable), loop.over
    return (
        *said,
        f.Apply(">=", (variable, first), span),
        f.Apply("<=", (variable, last), span),
    )


def _with(formula: f.Reduce | f.Argmax, value: f.Formula, loops: tuple[f.Loop, ...]) -> f.Formula:
    if isinstance(formula, f.Argmax):
        return f.Argmax(value, loops, formula.component, formula.span)
    return f.Reduce(formula.op, value, loops, formula.span)


def _apart(bit: f.Apply, taint: Taint, around: Conditions) -> f.Formula:
    """`i != j and bit`, where i and j may be the same, and the bit then is 0."""
    difference = bit.args[0]
    match difference:
        case f.Apply("-", (f.Entry() as above, f.Entry() as below)) if above.input == below.input:
            pass
        case _:
            return bit
    if never_zero(difference, around, taint):
        return bit
    pairs = zip(above.indices, below.indices, strict=True)
    tests = [f.Apply("!=", pair, bit.span) for pair in pairs if pair[0] != pair[1]]
    if not tests:
        return f.Truth(False)
    differ: f.Formula = tests[0]
    for test in tests[1:]:
        differ = f.Apply("or", (differ, test), bit.span)
    return f.Apply("and", (differ, bit), bit.span)
