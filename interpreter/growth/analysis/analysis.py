"""All that is worked out of a search's journal, for the terminal, the page and other programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autodesign.interpreter.growth import ranking
from autodesign.interpreter.growth.analysis.correlation import Correlation, correlations
from autodesign.interpreter.growth.analysis.effects import Effect, effects
from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.measure import Measure, measure_of
from autodesign.interpreter.growth.analysis.pruning import Chance, chances
from autodesign.interpreter.growth.analysis.simulation import Simulated, simulations
from autodesign.interpreter.growth.analysis.totals import Progress, Totals, progress, totals
from autodesign.interpreter.growth.journal import Candidate


@dataclass(frozen=True)
class Analysis:
    """`route` leads from the first candidate to the best, `bests` are the best of each resolution.
    `over_keep` and `over_sample` are what smaller K and p would have found. Where no candidate has
    a value yet, `measure` is None and all that follows from it empty."""

    history: History
    totals: Totals
    by_step: Mapping[int, Totals]
    correlations: Sequence[Correlation]
    measure: Measure | None = None
    route: Sequence[Candidate] = ()
    bests: Sequence[Candidate] = ()
    effects: Sequence[Effect] = ()
    chances: Sequence[Chance] = ()
    over_keep: Sequence[Simulated] = ()
    over_sample: Sequence[Simulated] = ()
    progress: Sequence[Progress] = ()


def analysed(history: History) -> Analysis:
    candidates = list(history.candidates.values())
    steps = sorted({one.step for one in candidates})
    by_step = {step: totals([c for c in candidates if c.step == step]) for step in steps}
    costs = Analysis(history, totals(candidates), by_step, correlations(history))
    measure = measure_of(history)
    if measure is None:
        return costs
    bests = ranking.best_at(history.goals, history.done)
    over_keep, over_sample = simulations(history, measure)
    return Analysis(
        history,
        costs.totals,
        by_step,
        costs.correlations,
        measure,
        history.tree.route(history.best or bests[max(bests)].id),
        list(bests.values()),
        effects(history, measure),
        chances(history, measure),
        over_keep,
        over_sample,
        progress(history, history.goals[0]),
    )


def images_of(history: History, candidate: Candidate) -> Path:
    """The grid of what a candidate generates; not there where it generates nothing."""
    return history.directory / "candidates" / candidate.id / "images.png"


def as_data(found: Analysis) -> Mapping[str, Any]:
    """For other programs: what JSON can hold."""
    history, measure = found.history, found.measure
    return {
        "search": history.opening.name,
        "over": history.best is not None,
        "damaged_lines": history.damaged,
        "criteria": [goal.model_dump() for goal in history.opening.criteria],
        "compared_by": measure.name if measure else None,
        "totals": asdict(found.totals),
        "steps": [{"step": step, **asdict(one)} for step, one in found.by_step.items()],
        "best": [_candidate(one) for one in found.bests],
        "route": [_candidate(one) for one in found.route],
        "actions": [{**asdict(one), "share": one.share} for one in found.effects],
        "pruning": [
            {**asdict(one), "of_good": one.of_good, "of_other": one.of_other}
            for one in found.chances
        ],
        "fewer_parents": [asdict(one) for one in found.over_keep],
        "fewer_children": [asdict(one) for one in found.over_sample],
        "progress": [asdict(one) for one in found.progress],
        "correlations": [asdict(one) for one in found.correlations],
    }


def _candidate(one: Candidate) -> Mapping[str, Any]:
    kept = "id", "move", "step", "resolution", "values", "floors", "n", "normalised", "parameters"
    return one.model_dump(include=set(kept))
