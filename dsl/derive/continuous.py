"""What a value may hold of scores once their comparisons are bits: continuous functions."""

from autodesign.dsl import formula as f
from autodesign.dsl.derive.families import is_bit
from autodesign.dsl.derive.order import find_value
from autodesign.dsl.derive.taint import COMPARISONS, Taint
from autodesign.dsl.diagnostics.diagnostic import Problems


def check_continuous(formula: f.Formula, taint: Taint, problems: Problems) -> None:
    """Reports every step in which scores reach the value other than continuously or as bits."""
    orders = isinstance(formula, f.Reduce | f.Apply) and formula.op in ("max", "min", "median")
    if isinstance(formula, f.Reduce | f.Apply) and orders and taint.continuous(formula):
        called = "sort" if find_value(formula) else formula.op
        problems.error(
            "AD432",
            f"the {called} of scores reaches the metric's value uncompared",
            formula.span,
            "no comparison, and no smooth function of the scores",
            help="compare it, as in `max(s[i]) > 0.5`, or use a sum or mean of the scores",
        )
    elif not is_bit(formula, taint):
        for part in f.parts(formula):
            check_continuous(part, taint, problems)


def check_compared(formula: f.Formula, taint: Taint, problems: Problems) -> None:
    """Reports comparisons of scores that an explicit form makes without a `compare`."""
    compares = isinstance(formula, f.Apply) and formula.op in COMPARISONS
    steps = compares or isinstance(formula, f.Argmax)
    scores = any(map(taint.continuous, f.parts(formula)))
    if isinstance(formula, f.Apply | f.Argmax) and steps and scores:
        problems.error(
            "AD436",
            "scores are compared outside of the `compare` items of an explicit form",
            formula.span,
            "not among its families of comparisons",
            help="write a `compare` and a `binary` for it, or the metric as a definition",
        )
        return
    for part in f.parts(formula):
        check_compared(part, taint, problems)


def has_bits(formula: f.Formula) -> bool:
    """Whether bits of a family stand in a formula."""
    return isinstance(formula, f.Bit) or any(map(has_bits, f.parts(formula)))
