"""What can come of a node that runs: whether it gives a value, and the cost of either.

A network used as a layer decides by itself, independently of all around it. Seen from outside, its
decisions are one: whether it gives a value, each with bounds of what that costs. So a network is
analysed once, however deep and however often it is nested.
"""

from collections.abc import Sequence

from autodesign.dsl.check.presence.possibilities import Bounds
from autodesign.dsl.record import record
from autodesign.dsl.spec import Analysis, Nested, Step


@record
class Outcomes:
    """Bounds of the cost with a value and without one; None: it never comes to that."""

    present: Bounds | None
    null: Bounds | None


def outcomes(steps: Sequence[Step]) -> Outcomes:
    """The outcomes of a chain: a null on the way ends it, and what follows costs nothing."""
    reached: Bounds = (0, 0)
    null: Bounds | None = None
    for step in steps:
        if not isinstance(step, Nested):
            reached = plus(reached, (step.cost, step.cost))
            continue
        inner = of_network(step.network.analysis)
        if inner.null is not None:
            null = either(null, plus(reached, inner.null))
        if inner.present is None:
            return Outcomes(None, null)
        reached = plus(reached, inner.present)
    return Outcomes(reached, null)


def of_network(analysis: Analysis) -> Outcomes:
    """The outcomes of a whole network. Without bounds for each, both have those of all."""
    if analysis.when_present is not None or analysis.when_null is not None:
        return Outcomes(analysis.when_present, analysis.when_null)
    bounds = (analysis.least, analysis.greatest)
    found = set(analysis.present.values())
    return Outcomes(
        present=None if "never" in found else bounds, null=None if found <= {"always"} else bounds
    )


def node_cost(steps: Sequence[Step]) -> Bounds:
    """`spec.Node.least` and `greatest`: bounds of the cost of a node whenever it runs."""
    found = outcomes(steps)
    return found.null or (0, 0) if found.present is None else either(found.null, found.present)


def is_exact(steps: Sequence[Step]) -> bool:
    """Whether the outcomes of a chain are just those that can be, with the tightest bounds."""
    return all(step.network.analysis.exact for step in steps if isinstance(step, Nested))


def plus(a: Bounds, b: Bounds) -> Bounds:
    return a[0] + b[0], a[1] + b[1]


def either(a: Bounds | None, b: Bounds) -> Bounds:
    return b if a is None else (min(a[0], b[0]), max(a[1], b[1]))
