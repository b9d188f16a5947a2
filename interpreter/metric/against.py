"""Numbers that depend on bits, against other numbers: a normal distribution function.

A count of independent bits has mean sum u and variance sum u (1 - u). That it is above a bound is
Phi((mean - bound') / sqrt(variance + 0.01)) with bound' half way between the two whole numbers
around the bound. Means, and counts times or plus data, lie on a lattice of another step and are
treated alike; other numbers (ratios of counts) have no step, and their variance is a linear one.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader
from autodesign.interpreter.metric.spread import Spread, difference

WIDTH = 0.1
"""Standard deviation, in steps, that a count has at least: Phi(0.5 / 0.1) is 1 to 3e-7."""

NARROW = 1e-3
"""The same for numbers without a step."""

CLOSE = 1e-4
"""So near a lattice point, in steps, a bound is meant to be on it (0.9 of 10 is 9)."""


class Margin(NamedTuple):
    """A difference of two numbers, and how it spreads."""

    mean: Tensor
    spread: Spread


def against(op: str) -> Callable[[Reader, Node], Tensor]:
    """The rule of a comparison of numbers: > >= < <= == !="""

    def rule(reader: Reader, node: Node) -> Tensor:
        if all(part.truth for part in node.parts):
            a, b = reader.numbers(node)
            differ = a + b - 2 * a * b
            return differ if op == "!=" else 1 - differ
        left, right = reader.numbers(node)
        mean = left - right
        undefined = mean.isnan()
        mean = torch.where(undefined, 0, mean)
        found = _RULES[op](Margin(mean, difference(reader, node)))
        return torch.where(undefined, torch.nan, found) if node.partial else found

    return rule


def below(z: Tensor) -> Tensor:
    """The normal distribution function, precise far below 0, where torch's own is 0."""
    return torch.erfc(z * -math.sqrt(0.5)) / 2


def above(margin: Margin, strictly: bool, sign: int = 1) -> Tensor:
    """The probability that a difference is above 0, or not below it; of the contrary with sign -1.

    The contrary is not 1 less that: far in the tail nothing would be left of it.
    """
    z, hard = _placed(margin, strictly)
    return _decided(margin, below(sign * z), hard if sign > 0 else ~hard)


def equal(margin: Margin) -> Tensor:
    """The probability that a difference is 0."""
    least, at_least = _placed(margin, False)
    most, more = _placed(margin, True)
    side = torch.where(least + most > 0, -1, 1)  # in the tail that is the smaller one
    soft = (below(side * least) - below(side * most)).abs()
    return _decided(margin, soft, at_least & ~more)


def _placed(margin: Margin, strictly: bool) -> tuple[Tensor, Tensor]:
    """The difference less its bound, in standard deviations; and whether it passes."""
    mean, (variance, step, offset) = margin
    lattice = step > 0
    h = torch.where(lattice, step, 1)
    bound = torch.where(lattice, _half_way(h, offset, strictly), 0)
    width = torch.where(lattice, WIDTH * h, NARROW)
    passes = mean > bound if strictly else mean >= bound
    return (mean - bound) / (variance + width**2).sqrt(), passes


def _decided(margin: Margin, soft: Tensor, hard: Tensor) -> Tensor:
    """At a vertex nothing varies: exactly 0 or 1."""
    return torch.where(margin.spread.variance == 0, hard.to(soft.dtype), soft)


def _half_way(step: Tensor, offset: Tensor, strictly: bool) -> Tensor:
    """Half way between the greatest lattice point that fails and the least that passes."""
    zero = -offset / step
    near = zero.round()
    zero = torch.where((zero - near).abs() < CLOSE, near, zero)
    place = zero.floor() + 0.5 if strictly else zero.ceil() - 0.5
    return offset + step * place


_RULES: dict[str, Callable[[Margin], Tensor]] = {
    ">": lambda margin: above(margin, True),
    ">=": lambda margin: above(margin, False),
    "<": lambda margin: above(margin, False, -1),
    "<=": lambda margin: above(margin, True, -1),
    "==": equal,
    "!=": lambda margin: 1 - equal(margin),
}
