"""What a search is, as short named texts: two runs are of the same search iff they are equal.

How often a search starts, how many candidates are kept and drawn and how long the best is trained
on are left out: they may be changed when it is continued, and what it has done by then still holds.
So may the number of layers after which it ends, unless it decides which moves leave room for the
doublings that are needed.
"""

from dataclasses import replace
from typing import Any

from autodesign.dsl.growth import Criterion, Grown, Search
from autodesign.dsl.spec import Call
from autodesign.interpreter.growth.journal import VERSION, Goal, SearchLine
from autodesign.interpreter.jobs.identity import digest, said
from autodesign.interpreter.jobs.identity import identity as identity_of_job
from autodesign.stdlib.criteria.distances import DIVIDED
from autodesign.stdlib.criteria.shown import shown


def identity(search: Search) -> dict[str, str]:
    """By name: what its candidates and their order depend on. Spans and documentation take no part.

    A baseline is part of the order, not of the candidates.
    """
    growth, training = search.growth, search.training
    told: dict[str, Any] = {
        "growth": growth.name,
        **{name: text for grown in growth.networks for name, text in _network(grown).items()},
        "moves of the growth": digest(growth.moves),
        "data": said(search.data.call),
        "criteria": "; ".join(map(_said, search.criteria)),
        "reports": "; ".join(map(_said, search.reports)) or "none",
        "recipe": digest(training.recipe) if training else "none",
        "optimizer": said(training.optimizer) if training else "none",
        "budget of a candidate": f"{training.amount} {training.unit}" if training else "none",
        "end": _end(search),
        "inheritance": search.inherit,
        "batch": search.batch,
        "seed": search.seed,
        "baseline": search.baseline.name if search.baseline else "none",
        **{
            f"job {job.name}": digest(sorted(identity_of_job(job).items()))
            for job in search.extractors
        },
    }
    return {name: str(value) for name, value in told.items()}


def opening(search: Search) -> SearchLine:
    """The first line of its journal."""
    return SearchLine(
        version=VERSION,
        identity=digest(sorted(identity(search).items())),
        name=search.name,
        criteria=tuple(map(_goal, search.criteria)),
        reports=tuple(map(_goal, search.reports)),
        roles={grown.name: grown.role for grown in search.growth.networks},
        baseline=search.baseline.name if search.baseline else None,
        trainings=search.space.trainings,
    )


def _end(search: Search) -> str:
    until = search.until
    if until.resolution is None:
        return "any resolution"
    return f"resolution {until.resolution} within {until.layers} layers"


def _goal(criterion: Criterion) -> Goal:
    value = criterion.value
    distance = isinstance(value, Call)
    return Goal(
        text=criterion.text,
        direction=criterion.direction,
        distance=distance,
        divided=isinstance(value, Call) and value.name in DIVIDED,
        shown=shown(criterion),
    )


def _said(criterion: Criterion) -> str:
    value = criterion.value
    how = said(value) if isinstance(value, Call) else criterion.text
    return f"{criterion.direction} {how}"


def _network(grown: Grown) -> dict[str, str]:
    name, network = grown.name, grown.network
    return {
        **{f"node {name}.{n.name}": digest(replace(n, doc="")) for n in network.nodes},
        f"ends of the network {name}": digest((grown.head, network.inputs, network.outputs)),
        f"role of {name}": grown.role,
    }
