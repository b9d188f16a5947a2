"""Inverse distance weighting over anchors, the thesis' own interpolation (eq. 3.10).

    g(u) = sum_a g(a) / d(u, a)^power  /  sum_a 1 / d(u, a)^power

with Euclidean distances over all bits of the batch. The weights are taken as a softmax of
-power log d; where a distance is 0 the value is that anchor's.
"""

from collections.abc import Mapping
from random import Random
from typing import Any, NoReturn, get_args

import torch
from torch import Tensor, nn

from autodesign.interpreter.metric import fronts
from autodesign.interpreter.metric.anchors import Draw, NearFlips, draw
from autodesign.interpreter.metric.blockanchors import Drawing
from autodesign.interpreter.metric.distances import analytic, plain
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.evaluate import Batch
from autodesign.interpreter.metric.idwpairs import counted, interpolated
from autodesign.interpreter.metric.interpolation import Problem
from autodesign.interpreter.metric.weights import Surface, inverse_distance_weights

PLAIN_BELOW = 10_000
"""Bits below which writing the anchors out is the faster form."""

MOST_BITS = 1 << 24
"""Bits of anchors written out at once for the metric to be evaluated at them."""

SEEDS = 1 << 32
"""What torch tells apart when it seeds a generator"""


def interpolate(u: Tensor, draw: Draw, values: Tensor, power: float) -> tuple[Tensor, Surface]:
    """The value at soft bits u [m], 0-d and differentiable in u; nan if no anchor has one."""
    distances = plain(u, draw) if len(u) < PLAIN_BELOW else analytic(u, draw)
    weights = inverse_distance_weights(distances, values.isfinite(), power)
    value = (weights * values.double().nan_to_num()).sum()
    return value.to(u.dtype), Surface(tuple(draw.kinds()), values.detach(), weights.detach())


class InverseDistance(nn.Module):
    """`good`, `bad` and `near` are numbers of anchors, `flips` the bits flipped in a good or near
    one, `power` that of the weights; with near_flips="wrong" only wrong bits are flipped near the
    current configuration. Anchors are drawn anew for each batch: from torch's own random numbers,
    or from `seed`, and then how many batches there were is part of the module's state. `surface`
    is the last interpolation.
    """

    def __init__(
        self,
        good: int = 16,
        bad: int = 16,
        near: int = 16,
        flips: int = 1,
        power: float = 1.0,
        near_flips: NearFlips = "any",
        seed: int | None = None,
    ) -> None:
        super().__init__()
        if min(good, bad, near) < 0 or flips < 1 or power <= 0:
            _refuse("good, bad and near are at least 0, flips at least 1, power above 0")
        if near_flips not in get_args(NearFlips):
            _refuse(f"near_flips is one of {', '.join(get_args(NearFlips))}")
        self.good, self.bad, self.near, self.flips = good, bad, near, flips
        self.power, self.near_flips, self.seed, self.batches = power, near_flips, seed, 0
        self.surface: Surface | None = None

    def forward(self, problem: Problem, temperature: float) -> Tensor:
        if isinstance(problem, Batch) and self.near_flips == "any":
            found = self._in_blocks(problem, temperature)
            if found is not None:
                value, self.surface = found
                return value
        return self._on_comparisons(problem, temperature)

    def _in_blocks(self, batch: Batch, temperature: float) -> tuple[Tensor, Surface] | None:
        given = counted(batch, temperature, PLAIN_BELOW)
        if given is None:
            return None
        many = Drawing(self.good, self.bad, self.near, self.flips, self.power)
        return interpolated(given, many, self._generator(batch.frames.device))

    def _on_comparisons(self, problem: Problem, temperature: float) -> Tensor:
        comparisons = problem.comparisons()
        c = _joined(comparisons)
        best = _joined(problem.best())
        anchors = draw(
            best,
            c.detach() > 0,
            self._generator(c.device),
            good=self.good,
            bad=self.bad,
            near=self.near,
            flips=self.flips,
            near_flips=self.near_flips,
        )
        sizes = {name: len(part) for name, part in comparisons.items()}
        values = values_at(problem, anchors, sizes)
        value, self.surface = interpolate(
            torch.sigmoid(c / temperature if temperature != 1 else c), anchors, values, self.power
        )
        return value

    def _generator(self, device: torch.device) -> torch.Generator:
        """Random numbers for one batch, other ones for each batch and each seed."""
        if self.seed is None:
            start = int(torch.randint(SEEDS, ()))
        else:
            start = Random(f"{self.seed} {self.batches}").randrange(SEEDS)
            self.batches += 1
        return torch.Generator(device).manual_seed(start)

    def get_extra_state(self) -> dict[str, int]:
        return {"batches": self.batches}

    def set_extra_state(self, state: dict[str, int]) -> None:
        self.batches = state["batches"]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"surface": None}


def _joined(parts: Mapping[str, Tensor]) -> Tensor:
    """All families as one, without a copy where there is only one."""
    first, *rest = parts.values()
    return torch.cat([first, *rest]) if rest else first


def _refuse(rule: str) -> NoReturn:
    raise MetricError("AD471", f"these options of `idw` mean nothing: {rule}", help="choose others")


def values_at(problem: Problem, draw: Draw, sizes: Mapping[str, int]) -> Tensor:
    """The true value at each anchor, [anchors]: by counts, or else on the anchors written out."""
    if isinstance(problem, Batch) and len(draw.best) >= PLAIN_BELOW:
        found = fronts.values(problem, draw)
        if found is not None:
            return found
    together = max(1, MOST_BITS // max(len(draw.best), 1))
    parts = [
        problem.value(dict(zip(sizes, torch.split(bits, [*sizes.values()], -1), strict=True)))
        for bits in draw.parts(together)
    ]
    return torch.cat(parts)
