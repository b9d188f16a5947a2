"""Weights of anchors by their distances, and what an interpolation shows of itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Surface:
    """An interpolation at one point: `values` [anchors] and `weights`, which sum to 1.

    Kept to be looked at: with many bits the weights are nearly equal, and the value comes down to
    the mean of each kind of anchor.
    """

    kinds: tuple[str, ...]
    values: Tensor
    weights: Tensor

    @property
    def entropy(self) -> float:
        """Entropy of the weights as a share of its greatest value: 1 where all are equal."""
        used = self.weights[self.weights > 0].double()
        most = torch.tensor(float(len(self.weights))).log()
        return float(-(used * used.log()).sum() / most) if len(self.weights) > 1 else 0.0

    @property
    def means(self) -> Mapping[str, float]:
        """The mean value of each kind of anchor, over those at which it is defined."""
        kinds = dict.fromkeys(self.kinds)
        chosen = {kind: [k == kind for k in self.kinds] for kind in kinds}
        return {k: float(self.values[torch.tensor(c)].nanmean()) for k, c in chosen.items()}


def inverse_distance_weights(squared: Tensor, usable: Tensor, power: float) -> Tensor:
    """1 / d^power over the usable anchors, divided by their sum, from squared distances."""
    logs = squared.clamp(min=torch.finfo(squared.dtype).tiny).log()
    return torch.softmax(torch.where(usable, -0.5 * power * logs, -torch.inf), 0)


def slopes(squared: Tensor, weights: Tensor, values: Tensor, power: float) -> Tensor:
    """The derivative of sum(weights * values) in the squared distances."""
    tiny = torch.finfo(squared.dtype).tiny
    found = weights * (values - (weights * values).sum()) * (-0.5 * power)
    return torch.where(squared > tiny, found / squared.clamp(min=tiny), 0)
