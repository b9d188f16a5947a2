"""Whether the two sides of a comparison can be one and the same score."""

from collections.abc import Iterable

from autodesign.dsl import formula as f
from autodesign.dsl.derive.simplify import negate, simplify
from autodesign.dsl.derive.taint import Taint
from autodesign.dsl.derive.variables import conjuncts, key, substitute

STRICT = frozenset({">", "<", "!="})


def never_zero(difference: f.Formula, conditions: Iterable[f.Formula], taint: Taint) -> bool:
    """Whether a difference of scores is 0 by ties alone, within loops of these conditions.

    True only where that is plain to see: of one score and data, or of two scores whose places the
    conditions keep apart.
    """
    scores = _scores(difference, taint)
    if scores is None or len(scores) > 2:
        return False
    if len(scores) < 2 or scores[0].input != scores[1].input:
        return True
    same = _equating(scores[0].indices, scores[1].indices)
    if same is None:
        return False
    told = (simplify(substitute(one, same)) for one in conditions)
    parts = [part for one in told for part in conjuncts(one)]
    said = {key(part, {}) for part in parts}
    return any(
        _false(part) or key(negate(part), {}) in said for part in parts if part != f.Truth(True)
    )


def _scores(formula: f.Formula, taint: Taint) -> list[f.Entry] | None:
    """The scores that a sum consists of besides data; None where one has a factor."""
    if taint.data(formula):
        return []
    if isinstance(formula, f.Entry):
        return [formula]
    if not isinstance(formula, f.Apply) or formula.op not in ("+", "-", "neg"):
        return None
    parts = [_scores(part, taint) for part in formula.args]
    return None if None in parts else [one for part in parts if part for one in part]


def _equating(
    some: tuple[f.Formula, ...], others: tuple[f.Formula, ...]
) -> dict[str, f.Formula] | None:
    """Values of variables that make two lists of indices the same."""
    found: dict[str, f.Formula] = {}
    for pair in zip(some, others, strict=True):
        one, other = (substitute(index, found) for index in pair)
        if one == other:
            continue
        if isinstance(one, f.Variable):
            one, other = other, one
        if not isinstance(other, f.Variable):
            return None
        found = {name: substitute(value, {other.name: one}) for name, value in found.items()}
        found[other.name] = one
    return found


def _false(condition: f.Formula) -> bool:
    """Whether a condition is false, as one that compares something with itself, strictly."""
    return condition == f.Truth(False) or (
        isinstance(condition, f.Apply)
        and condition.op in STRICT
        and key(condition.args[0], {}) == key(condition.args[1], {})
    )
