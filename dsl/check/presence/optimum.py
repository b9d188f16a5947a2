"""The greatest value of a sum of weighted conditions over all decisions: bucket elimination.

A variable is eliminated by taking, out of the terms that depend on it, the best of its values. What
is common to all values stays a sum; a value that is worse in each term is left out; only where
neither settles it are sums made into diagrams. If those outgrow their room, each term takes its own
best value, and the result is a bound from above.
"""

from collections.abc import Iterator, Mapping
from operator import add
from typing import TypeAlias

from autodesign.dsl.check.presence.diagrams import ONE, Diagrams, Full

Sum: TypeAlias = dict[int, int]
"""Diagrams with values from 0 on, each with its weight."""

MOST_ORDERED = 500
"""Of more variables the last decided goes first: choosing takes the square of their number."""


def greatest(diagrams: Diagrams, terms: Mapping[int, int], widths: list[int]) -> tuple[int, bool]:
    """An upper bound of the sum over all decisions, and whether it is attained.

    `widths` are the numbers of values of the variables.
    """
    order = _order(diagrams, terms, len(widths))
    places = {variable: place for place, variable in enumerate(order)}
    buckets: list[Sum] = [{} for _ in order]
    base, exact = _put(diagrams, terms, buckets, places), True
    for variable, bucket in zip(order, buckets, strict=True):
        best, attained = _eliminate(diagrams, bucket, variable, widths[variable])
        base += _put(diagrams, best, buckets, places)
        exact = exact and attained
    return base, exact


def _put(
    diagrams: Diagrams, terms: Mapping[int, int], buckets: list[Sum], places: Mapping[int, int]
) -> int:
    """Puts each term where the first of its variables is eliminated; returns what is constant."""
    base = 0
    for diagram, weight in terms.items():
        value = diagrams.value(diagram)
        if value is not None:
            base += weight * value
        elif weight:
            bucket = buckets[min(places[v] for v in _members(diagrams.support[diagram]))]
            bucket[diagram] = bucket.get(diagram, 0) + weight
    return base


def _eliminate(diagrams: Diagrams, bucket: Sum, variable: int, width: int) -> tuple[Sum, bool]:
    """The greatest of the sums that the values of a variable give, and whether it is just that."""
    try:
        with diagrams.share():
            sums = [_fixed(diagrams, bucket, variable, value) for value in range(width)]
    except Full:
        return {ONE: sum(diagrams.greatest[d] * w for d, w in bucket.items() if w > 0)}, False
    keys = dict.fromkeys(d for found in sums for d in found)
    common = {d: min(found.get(d, 0) for found in sums) for d in keys}
    rests = _undominated([_above(found, common) for found in sums])
    try:
        with diagrams.share():
            return _plus(common, _best(diagrams, rests)), True
    except Full:
        return _plus(common, {d: max(r.get(d, 0) for r in rests) for d in keys}), False


def _fixed(diagrams: Diagrams, bucket: Sum, variable: int, value: int) -> Sum:
    found: Sum = {}
    for diagram, weight in bucket.items():
        there = diagrams.fix(diagram, variable, value)
        found[there] = found.get(there, 0) + weight
    return found


def _above(found: Sum, common: Sum) -> Sum:
    return {d: over for d, c in common.items() if (over := found.get(d, 0) - c)}


def _best(diagrams: Diagrams, rests: list[Sum]) -> Sum:
    if len(rests) == 1:
        return rests[0]
    best = _made(diagrams, rests[0])
    for other in rests[1:]:
        best = diagrams.apply(max, best, _made(diagrams, other))
    return {best: 1}


def _plus(a: Sum, b: Sum) -> Sum:
    return {d: a.get(d, 0) + b.get(d, 0) for d in {**a, **b}}


def _undominated(rests: list[Sum]) -> list[Sum]:
    """Without those that another one exceeds in each term (terms are never negative)."""
    kept: list[Sum] = []
    for rest in sorted(rests, key=lambda r: -sum(r.values())):
        if not any(all(other.get(d, 0) >= w for d, w in rest.items()) for other in kept):
            kept.append(rest)
    return kept


def _made(diagrams: Diagrams, terms: Sum) -> int:
    made = diagrams.constant(0)
    for diagram, weight in terms.items():
        made = diagrams.apply(add, made, diagrams.scale(diagram, weight))
    return made


def _order(diagrams: Diagrams, terms: Mapping[int, int], variables: int) -> list[int]:
    """An order of elimination: the variable with the fewest neighbours first."""
    near = [0] * variables
    for diagram, weight in terms.items():
        for variable in _members(diagrams.support[diagram]) if weight else ():
            near[variable] |= diagrams.support[diagram]
    left = {v for v in range(variables) if near[v]}
    if len(left) > MOST_ORDERED:
        return sorted(left, reverse=True)
    order: list[int] = []
    while left:
        variable = min(left, key=lambda v: (near[v].bit_count(), -v))
        left.remove(variable)
        order.append(variable)
        others = near[variable] & ~(1 << variable)
        for neighbour in _members(others):
            near[neighbour] = (near[neighbour] | others) & ~(1 << variable)
    return order


def _members(support: int) -> Iterator[int]:
    while support:
        lowest = support & -support
        yield lowest.bit_length() - 1
        support ^= lowest
