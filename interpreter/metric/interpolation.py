"""What a surrogate asks of an interpolation: a value for bits that are neither 0 nor 1.

An interpolation is an object that is called with an explicit form on the data of one batch and the
comparisons there, and gives the value as a 0-d tensor:

    value = interpolation(problem, comparisons)

It must agree with `problem.value` where all comparisons are far from 0, be differentiable in the
comparisons (which are divided by the temperature already), and give nan where the metric is
undefined. It is called once for each batch and keeps nothing of it, but may be a torch module
whose state is saved with the loss. `interpolations` holds those that have a name.
"""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

Bits = Mapping[str, Tensor]
"""One tensor [..., m] for each family, by the name of its binary"""


class Problem(Protocol):
    """An explicit form on the data of one batch."""

    def value(self, bits: Bits) -> Tensor:
        """The true value, [...], of bits that are 0 or 1, [..., m]; nan where it is undefined."""
        ...

    def plugin(self, comparisons: Bits) -> Tensor:
        """The value's own code read on sigmoid(comparisons), 0-d."""
        ...

    def best(self) -> Bits:
        """The bits of a perfect prediction, bool [m]."""
        ...


class Interpolation(Protocol):
    def __call__(self, problem: Problem, comparisons: Bits) -> Tensor: ...
