"""What is told about an epoch of a pipeline: means over its steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from autodesign.interpreter.jobs.tally import Sums, add, means

ByGoal = dict[str, Sums]


@dataclass(slots=True)
class Tally:
    """Sums over the steps of an epoch by goal, part of a checkpoint made in the middle of one.

    `terms` and `norms` are by the text of the term too: its value, and the norm of its gradient in
    the steps that measured it. `gradients` are by player: the norm of the whole gradient.
    """

    losses: Sums = field(default_factory=dict)
    terms: ByGoal = field(default_factory=dict)
    norms: ByGoal = field(default_factory=dict)
    gradients: Sums = field(default_factory=dict)

    def add(self, goal: str, terms: Mapping[str, float], norms: Mapping[str, float]) -> None:
        add(self.losses, {goal: sum(terms.values())})
        add(self.terms.setdefault(goal, {}), terms)
        if norms:
            add(self.norms.setdefault(goal, {}), norms)

    def record(self) -> dict[str, Any]:
        return {
            "losses": means(self.losses),
            "terms": {goal: means(sums) for goal, sums in self.terms.items()},
            "norms": {goal: means(sums) for goal, sums in self.norms.items()},
            "gradients": means(self.gradients),
        }

    # In a checkpoint the order of a mapping is lost, that of a list is not.

    def state(self) -> dict[str, Any]:
        return {one.name: _listed(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "Tally":
        """The inverse of `state`."""
        terms, norms = ({g: dict(sums) for g, sums in state[name]} for name in ("terms", "norms"))
        return cls(dict(state["losses"]), terms, norms, dict(state["gradients"]))


def _listed(numbers: Any) -> Any:
    if isinstance(numbers, Mapping):
        return [[name, _listed(inner)] for name, inner in numbers.items()]
    return numbers
