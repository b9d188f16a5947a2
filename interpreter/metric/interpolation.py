"""What a surrogate asks of an interpolation: a value for bits that are neither 0 nor 1.

An interpolation is an object that is called with an explicit form on the data of one batch, and
with the temperature by which its comparisons are to be divided; it gives the value, a 0-d tensor:

    value = interpolation(problem, temperature)

It must agree with `problem.value` where all comparisons are far from 0, be differentiable in the
comparisons, and give nan where the metric is undefined. It is called once for each batch and keeps
nothing of it, but may be a torch module whose state is saved with the loss. `interpolations` holds
those that have a name.
"""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from autodesign.interpreter.metric.plugin import PLUGIN
from autodesign.interpreter.metric.reading import Rules

Bits = Mapping[str, Tensor]
"""One tensor [..., m] for each family, by the name of its binary"""


class Problem(Protocol):
    """An explicit form on the data of one batch."""

    def comparisons(self) -> dict[str, Tensor]:
        """What is compared with 0: [m] for each family, differentiable in the scores."""
        ...

    def value(self, bits: Bits) -> Tensor:
        """The true value, [...], of bits that are 0 or 1, [..., m]; nan where it is undefined."""
        ...

    def plugin(self, comparisons: Bits, temperature: float = 1.0, rules: Rules = PLUGIN) -> Tensor:
        """The value's own code read on sigmoid(comparisons / temperature), 0-d.

        `rules` say how each operation is read: `PLUGIN`, or a table with others in their place.
        """
        ...

    def surrogate(self, temperature: float = 1.0, rules: Rules = PLUGIN) -> Tensor:
        """`plugin` on `comparisons()`, faster."""
        ...

    def best(self) -> dict[str, Tensor]:
        """The bits of a perfect prediction, bool [m]."""
        ...


class Interpolation(Protocol):
    def __call__(self, problem: Problem, temperature: float) -> Tensor: ...
