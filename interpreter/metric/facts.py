"""What can be told of a formula by looking at it."""

from collections.abc import Iterable, Iterator

from autodesign.dsl import formula as f

COMPARISONS = frozenset({">", ">=", "<", "<=", "==", "!="})
TRUTHS = COMPARISONS | {"and", "or", "not"}


def conjuncts(formula: f.Formula) -> Iterator[f.Formula]:
    """The parts of `a and b and c`, or the formula itself."""
    if isinstance(formula, f.Apply) and formula.op == "and":
        for part in formula.args:
            yield from conjuncts(part)
    else:
        yield formula


def free(formulas: Iterable[f.Formula]) -> frozenset[str]:
    """The variables in formulas that no loop in them binds."""
    names: frozenset[str] = frozenset()
    for formula in formulas:
        inside = free(f.parts(formula))
        if isinstance(formula, f.Variable):
            inside = frozenset({formula.name})
        elif isinstance(formula, f.Reduce | f.Argmax):
            inside -= {loop.variable for loop in formula.loops}
        names |= inside
    return names


def is_truth(formula: f.Formula, metric: f.Metric) -> bool:
    if isinstance(formula, f.Truth | f.Bit):
        return True
    if isinstance(formula, f.Entry):
        return metric.input(formula.input).kind == "flag"
    if isinstance(formula, f.Reduce):
        return formula.op in ("any", "all")
    if isinstance(formula, f.Apply) and formula.op == "choose":
        return is_truth(formula.args[1], metric) and is_truth(formula.args[2], metric)
    return isinstance(formula, f.Apply) and formula.op in TRUTHS


def _constant(formula: f.Formula) -> float | None:
    return formula.value if isinstance(formula, f.Number) else None


def can_fail(formula: f.Apply) -> bool:
    """Whether the operation is undefined for some numbers that its arguments may be."""
    if formula.op == "/":
        divisor = formula.args[1]
        return not (isinstance(divisor, f.Size) or _constant(divisor))
    if formula.op == "sqrt":
        return not not_negative(formula.args[0])
    if formula.op == "^":
        power = _constant(formula.args[1])
        if power is None or power < 0:
            return True
        return power % 1 != 0 and not not_negative(formula.args[0])
    return formula.op in ("log", "log2")


def not_negative(formula: f.Formula) -> bool:
    """Whether a number is seen to be at least 0."""
    if isinstance(formula, f.Number):
        return formula.value >= 0
    if isinstance(formula, f.Reduce):
        return formula.op == "count"
    if not isinstance(formula, f.Apply):
        return isinstance(formula, f.Size | f.Variable)
    if formula.op == "^":
        power = _constant(formula.args[1])
        return (power is not None and power % 2 == 0) or not_negative(formula.args[0])
    if formula.op in ("+", "*", "/", "min"):
        return all(not_negative(part) for part in formula.args)
    return formula.op in ("abs", "sqrt", "exp") or (
        formula.op == "max" and any(not_negative(part) for part in formula.args)
    )
