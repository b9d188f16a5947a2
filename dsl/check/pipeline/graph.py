"""How the values of a step hang together: what each is made of, what a gradient passes through."""

from collections.abc import Sequence

from autodesign.dsl.pipeline import (
    After,
    Applied,
    Combined,
    Drawn,
    Fixed,
    GradientOf,
    History,
    Index,
    Made,
    Operation,
    Placed,
    Playing,
)
from autodesign.dsl.spec import FieldType

DISCRETE = frozenset({"boxes", "detections", "label", "flag"})
"""Kinds of values that no gradient passes through"""


def inputs(made: Made) -> Sequence[Index]:
    """The values that one is made of."""
    match made:
        case Applied(player=player, inputs=given):
            return (player, *given)
        case Operation(inputs=named) | Placed(inputs=named):
            return tuple(index for _, index in named)
        case After(player=player, rate=rate, loss=loss):
            return (player, loss) if rate is None else (player, rate, loss)
        case History(value=value):
            return (value,)
        case GradientOf(of=of, by=by):
            return (of, by)
        case Combined(left=left, right=right):
            return (left,) if right is None else (left, right)
        case Drawn() | Fixed() | Playing():
            return ()


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
