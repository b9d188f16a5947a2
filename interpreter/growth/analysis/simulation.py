"""The search with fewer parents kept or fewer children sampled, replayed on its journal.

Candidates that the journal does not hold are passed over (thesis 5.5.4), so a simulated search
tries fewer than a real one would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean, stdev

from autodesign.interpreter.growth import ranking
from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.measure import Measure
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.growth.sampling import drawn

SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)
"""Parts of the search's own `sample` that are tried."""
DRAWS = 20


@dataclass(frozen=True, slots=True)
class Simulated:
    """`value` is the mean over draws of the best candidate's number, among the draws that reach the
    resolution that the search reached; `reached` of `draws` do. `candidates`: trained, on average.
    """

    keep: int
    sample: float
    draws: int
    reached: int
    value: float | None
    deviation: float | None
    candidates: float


def simulations(history: History, measure: Measure) -> tuple[list[Simulated], list[Simulated]]:
    """Over fewer parents, then over fewer children; what is not varied is as in the search."""
    if not history.steps:
        return [], []
    keep, sample = max(s.keep for s in history.steps), max(s.sample for s in history.steps)
    smaller = [k for k in range(1, keep) if k < 6 or k % max(1, keep // 8) == 0]
    return (
        [_simulated(history, measure, k, sample, 1.0) for k in [*smaller, keep]],
        [_simulated(history, measure, keep, share * sample, share) for share in SHARES],
    )


def _simulated(
    history: History, measure: Measure, keep: int, sample: float, share: float
) -> Simulated:
    """Children are in a draw with the probability `share`; where that is 1, there is one draw."""
    draws = 1 if share == 1 else DRAWS
    found = [replay(history, keep, share, Random(number)) for number in range(draws)]
    highest = max(one.resolution for one in history.done)
    ends = [ranking.best(history.goals, one) for one in found]
    values = [
        measure.values[end.id]
        for end in ends
        if end and end.resolution == highest and end.id in measure.values
    ]
    return Simulated(
        keep,
        sample,
        draws,
        len(values),
        fmean(values) if values else None,
        stdev(values) if len(values) > 1 else None,
        fmean(len(one) for one in found),
    )


def replay(history: History, keep: int, share: float, random: Random) -> list[Candidate]:
    """All candidates that the search would have trained, those trained on at its end left out."""
    trained = [c for c in history.candidates.values() if c.parent is None]
    parents: Sequence[Candidate] = ranking.ordered(history.goals, trained)[:keep]
    while parents:
        children = [
            child
            for parent in parents
            for child in drawn([(random.random(), c) for c in _children(history, parent)], share)
        ]
        trained += children
        parents = ranking.ordered(history.goals, children)[:keep]
    return trained


def _children(history: History, parent: Candidate) -> list[Candidate]:
    found = [history.candidates[one] for one in history.tree.children.get(parent.id, ())]
    return [one for one in found if one.move is not None]
