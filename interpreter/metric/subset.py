"""A random part of the comparisons at a time: the others stay as they are.

With a share q of the comparisons drawn for a batch, each by itself, an interpolation is given
these alone; all others keep the bit that they have now, in anchors and in the value's code. Its
value v is then blown up around the exact value g of the current bits:

    g + (v - g) / q

Its expectation is the interpolation's value on all comparisons, and so with gradients, where the
metric is linear in its bits and the interpolation is too (`plugin`). Elsewhere it is another
surrogate, which moves fewer bits in each step.
"""

from typing import Any

import torch
from torch import Tensor, nn

from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.interpolation import Bits, Interpolation, Problem

HELD = 1e4
"""A comparison over the temperature whose sigmoid is exactly 0 or 1"""


class Subset(nn.Module):
    """An interpolation `rule` on a `share` of the comparisons, 0 < share <= 1.

    The part is drawn anew for each batch, from torch's own random numbers.
    """

    def __init__(self, rule: Interpolation, share: float) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise MetricError(
                "AD471",
                f"the subset is {share}",
                help="it is the share of the comparisons that move: a number above 0, at most 1",
            )
        self.rule, self.share = rule, share

    def forward(self, problem: Problem, temperature: float) -> Tensor:
        part = Part(problem, self.share)
        exact = problem.value(part.current)
        value: Tensor = self.rule(part, temperature)
        return value + (value - exact.to(value.dtype)) * (1 / self.share - 1)


class Part:
    """The problem that is left when only some comparisons may change."""

    def __init__(self, problem: Problem, share: float) -> None:
        self.problem, compared = problem, problem.comparisons()
        self.current = {name: c.detach() > 0 for name, c in compared.items()}
        self.places = {name: _drawn(c, share) for name, c in compared.items()}
        self.moved = {name: c[self.places[name]] for name, c in compared.items()}

    def comparisons(self) -> dict[str, Tensor]:
        return self.moved

    def value(self, bits: Bits) -> Tensor:
        return self.problem.value({name: self._among(name, b) for name, b in bits.items()})

    def plugin(self, comparisons: Bits, temperature: float = 1.0, *rules: Any) -> Tensor:
        held = HELD * temperature
        together = {}
        for name, c in comparisons.items():
            still = torch.where(self.current[name], held, -held).to(c.dtype)
            together[name] = still.index_put((self.places[name],), c)
        return self.problem.plugin(together, temperature, *rules)

    def surrogate(self, temperature: float = 1.0, *rules: Any) -> Tensor:
        return self.plugin(self.moved, temperature, *rules)

    def best(self) -> dict[str, Tensor]:
        return {name: best[self.places[name]] for name, best in self.problem.best().items()}

    def _among(self, name: str, bits: Tensor) -> Tensor:
        """Bits [..., part] with all that stay, [..., m]."""
        current = self.current[name]
        together = current.expand(*bits.shape[:-1], len(current)).clone()
        together[..., self.places[name]] = bits.to(torch.bool)
        return together


def _drawn(comparisons: Tensor, share: float) -> Tensor:
    """The places of a random part of [m], int64."""
    seed = int(torch.randint(1 << 32, ()))
    generator = torch.Generator(comparisons.device).manual_seed(seed)
    chance = torch.rand(len(comparisons), generator=generator, device=comparisons.device)
    return (chance < share).nonzero().squeeze(1)


def partly(rule: Interpolation, share: float) -> Interpolation:
    """The rule itself where all comparisons move."""
    return rule if share == 1 else Subset(rule, share)
