"""How the values of a step hang together: what a gradient passes through, who is involved."""

from collections.abc import Sequence

from autodesign.dsl.pipeline import GradientOf, History, Index, Made, Operation, Placed, inputs
from autodesign.dsl.spec import FieldType

DISCRETE = frozenset({"boxes", "detections", "label", "flag"})
"""Kinds of values that no gradient passes through"""


def carriers(made: Made, type: FieldType) -> Sequence[Index]:
    """Those of them that a gradient passes on to."""
    if isinstance(made, Placed | History | GradientOf) or type.kind in DISCRETE:
        return ()
    metric = isinstance(made, Operation) and made.call.kind == "metric"
    return () if metric else inputs(made)


def united(sets: Sequence[frozenset[int]]) -> frozenset[int]:
    """All that is in any of them; the greatest itself where it holds the others."""
    greatest = max(sets, key=len, default=frozenset[int]())
    return greatest if all(one <= greatest for one in sets) else greatest.union(*sets)
