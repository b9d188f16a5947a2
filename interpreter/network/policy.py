"""Who decides: the scores, decisions from outside, or a function that explores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from autodesign.interpreter.network.errors import NetworkError
from autodesign.interpreter.network.rows import Index, Rows

Choose = Callable[[str, Tensor], Tensor]

FREE = -1
"""A decision from outside that leaves an example to the node itself; a result has it where the node
did not run"""


@dataclass(frozen=True, slots=True)
class Policy:
    """`forced` holds actions [batch] for control nodes by name, `choose` picks those of the rest,
    and where an action is FREE.

    Without either, a control node takes the action with the highest score, the first of equals.
    `prefix` leads from the network that was called to the nested one that asks ("N3.Inner.").
    """

    forced: Mapping[str, Index] = field(default_factory=dict)
    choose: Choose | None = None
    prefix: str = ""

    def actions(self, name: str, scores: Tensor, rows: Rows) -> Index:
        """The action [m] of control node `name` for each of the m `rows`, given scores [m, k].

        Raises NetworkError where an action from outside does not exist. Waits for the device once.
        """
        known = self.forced.get(self.prefix + name)
        if known is None:
            return self._own(name, scores)
        actions = known if rows.whole else known[rows.index]
        free = actions == FREE
        if free.any():
            actions = np.where(free, self._own(name, scores), actions)
        return self._checked(name, actions, scores)

    def _own(self, name: str, scores: Tensor) -> Index:
        """The actions of scores [m, k] or of `choose`."""
        if self.choose is None:
            return scores.argmax(1).cpu().numpy()
        chosen = self.choose(self.prefix + name, scores.detach())
        return self._checked(name, _host(self.prefix + name, chosen, len(scores)), scores)

    def action(self, name: str, scores: Tensor) -> int:
        """The same for scores [1, k] of a single example."""
        known = self.forced.get(self.prefix + name)
        if known is not None and 0 <= known[0] < scores.shape[1]:
            return int(known[0])
        if known is None and self.choose is None:
            return int(scores.argmax())
        return int(self.actions(name, scores, ONE)[0])

    def inside(self, node: str, label: str, rows: Rows) -> "Policy":
        """For the network `label` nested in `node`, whose batch is `rows`."""
        prefix = f"{self.prefix}{node}.{label}."
        if rows.whole or not self.forced:
            return Policy(self.forced, self.choose, prefix)
        forced = {n: a[rows.index] for n, a in self.forced.items() if n.startswith(prefix)}
        return Policy(forced, self.choose, prefix)

    def _checked(self, name: str, actions: Index, scores: Tensor) -> Index:
        count = scores.shape[1]
        if len(actions) and not 0 <= actions.min() <= actions.max() < count:
            wrong = actions[(actions < 0) | (actions >= count)][0]
            raise NetworkError(
                "AD957",
                f"{self.prefix}{name} has no action {wrong}",
                help=f"its {count} control edges are the actions 0 to {count - 1}, in the order "
                "in which they are written",
            )
        return actions


GREEDY = Policy()
ONE = Rows(1)


def _host(name: str, actions: Tensor, count: int) -> Index:
    if not isinstance(actions, Tensor) or actions.shape != (count,) or _fractional(actions):
        found = list(actions.shape) if isinstance(actions, Tensor) else type(actions).__name__
        raise NetworkError(
            "AD958",
            f"`choose` gave no action for each of the {count} examples that reached {name}",
            f"it gave {found}",
            help=f"return a tensor of whole numbers, of shape [{count}]",
        )
    return actions.detach().to("cpu", torch.int64).numpy()


def _fractional(actions: Tensor) -> bool:
    return actions.is_floating_point() or actions.is_complex() or actions.dtype == torch.bool
