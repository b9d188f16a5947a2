"""What a derivation did, in words."""

from autodesign.dsl import formula as f
from autodesign.dsl.derive.families import Gathering
from autodesign.dsl.derive.print import formula_text, loop_text


def counted(gathering: Gathering) -> list[str]:
    """How many comparisons the metric makes, and how many families they became."""
    made, kept = len(gathering.found), len(gathering.groups)
    if not made:
        return ["no comparison of scores: the value is differentiable as it is"]
    if made == kept:
        return [f"{_of(made, 'comparison')} in {_of(kept, 'family', 'families')}"]
    return [f"{made} comparisons merged into {_of(kept, 'family', 'families')}"]


def family_notes(metric: f.Metric) -> list[str]:
    """For each family, how many comparisons it has."""
    return [f"{family.binary}: one bit {_rows(family)}" for family in metric.families]


def _rows(family: f.Family) -> str:
    """`for each i in n if y[i] for j in n if j != i, at most n * n`"""
    if not family.loops:
        return "in all"
    sizes = " * ".join(_size(loop) for loop in family.loops)
    return f"{' '.join(map(loop_text, family.loops))}, at most {sizes}"


def _size(loop: f.Loop) -> str:
    if isinstance(loop.over, tuple):
        return f"({formula_text(loop.over[0])}..{formula_text(loop.over[1])})"
    return str(loop.over)


def _of(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
