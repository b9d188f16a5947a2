"""The plug-in point of surrogates: how a value is read off bits that are neither 0 nor 1.

An interpolation is an object that is called with an explicit form on the data of one batch and the
comparisons there, and gives the value as a 0-d tensor:

    value = interpolation(problem, comparisons)

It must agree with `problem.value` where all comparisons are far from 0, be differentiable in the
comparisons (which are divided by the temperature already), and give nan where the metric is
undefined. It is called once for each batch and keeps nothing of it, but may be a torch module
whose state is saved with the loss. A new one is registered under a name, with its options as
keyword arguments of whatever makes it:

    @interpolates("square")
    class Square:
        def __call__(self, problem, comparisons): ...

    metric.uniloss(interpolation="square")
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Protocol, TypeVar

from torch import Tensor

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.interpreter.metric.errors import MetricError

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


Make = Callable[..., Interpolation]
Made = TypeVar("Made", bound=Make)
INTERPOLATIONS: dict[str, Make] = {}


def interpolates(name: str) -> Callable[[Made], Made]:
    """Registers what makes an interpolation under a name."""

    def register(make: Made) -> Made:
        INTERPOLATIONS[name] = make
        return make

    return register


@interpolates("plugin")
class Plugin:
    """The value's own code on soft bits: sums and ratios stay, `and` becomes a product (section 3).

    It costs about as much as the metric itself.
    """

    def __call__(self, problem: Problem, comparisons: Bits) -> Tensor:
        return problem.plugin(comparisons)


def interpolation(name: str, options: Mapping[str, Any]) -> Interpolation:
    """The interpolation of a name with its options. Raises MetricError AD470, AD471."""
    if name not in INTERPOLATIONS:
        raise MetricError(
            "AD470",
            f"there is no interpolation `{name}`",
            help=did_you_mean(name, INTERPOLATIONS) or f"choose among {', '.join(INTERPOLATIONS)}",
        )
    make = INTERPOLATIONS[name]
    takes = signature(make).parameters if options else {}
    for option in options:
        if option not in takes:
            raise MetricError(
                "AD471",
                f"the interpolation `{name}` has no option `{option}`",
                help=did_you_mean(option, takes) or f"it has {', '.join(takes) or 'none'}",
            )
    return make(**options)
