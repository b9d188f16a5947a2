"""Interpolations by name. A further one is registered by whoever brings it:

@interpolates("square")
class Square:
    def __init__(self, steepness: float = 1.0) -> None: ...
    def __call__(self, problem, temperature): ...

metric.uniloss(interpolation="square", steepness=2.0)
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, TypeVar

from torch import Tensor

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.idw import InverseDistance
from autodesign.interpreter.metric.interpolation import Interpolation, Problem
from autodesign.interpreter.metric.quantile import QUANTILE


class Plugin:
    """The value's own code on soft bits: sums and ratios stay, `and` becomes a product (section 3).

    It costs about as much as the metric itself.
    """

    def __call__(self, problem: Problem, temperature: float) -> Tensor:
        return problem.surrogate(temperature)


class Quantile:
    """`plugin`, but a count against a number is the comparison of the one that decides it.

    At least k of some bits are 1 iff the k-th greatest is (interpreter/metric/quantile.py).
    """

    def __call__(self, problem: Problem, temperature: float) -> Tensor:
        return problem.surrogate(temperature, QUANTILE)


Make = Callable[..., Interpolation]
Made = TypeVar("Made", bound=Make)
INTERPOLATIONS: dict[str, Make] = {
    "plugin": Plugin,
    "quantile": Quantile,
    "idw": InverseDistance,
}


def interpolates(name: str) -> Callable[[Made], Made]:
    """Registers what makes an interpolation under a name."""

    def register(make: Made) -> Made:
        INTERPOLATIONS[name] = make
        return make

    return register


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
