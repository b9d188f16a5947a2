"""What a derivation did, in words."""

from autodesign.dsl import formula as f
from autodesign.dsl.derive.families import Gathering
from autodesign.dsl.derive.print import formula_text


def counted(gathering: Gathering) -> list[str]:
    """How many comparisons the metric makes, and how many families they became."""
    made, kept = len(gathering.found), len(gathering.groups)
    if not made:
        return ["no comparison of scores: the value is differentiable as it is"]
    if made == kept:
        return [f"{_of(made, 'comparison')} in {_of(kept, 'family', 'families')}"]
    turned = sum(len(group.turned) for group in gathering.groups)
    mirrored = f", {turned} of them read as negations" if turned else ""
    return [f"{made} comparisons merged into {_of(kept, 'family', 'families')}{mirrored}"]


def family_notes(metric: f.Metric) -> list[str]:
    """For each family, how many comparisons it has."""
    return [f"{family.binary}: {_bits(family)}" for family in metric.families]


def _bits(family: f.Family) -> str:
    """`n bits`, or `at most n * n bits` where conditions leave some out"""
    sizes = " * ".join(map(_size, family.loops)) or "1"
    some = any(loop.conditions for loop in family.loops)
    return f"{'at most ' if some else ''}{sizes} bits"


def _size(loop: f.Loop) -> str:
    if isinstance(loop.over, tuple):
        return f"({formula_text(loop.over[0])}..{formula_text(loop.over[1])})"
    return str(loop.over)


def _of(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
