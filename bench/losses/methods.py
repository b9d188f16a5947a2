"""Losses: those derived from the metric, and what one would use without."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from losses.judged import AP, PCKH, Judged
from losses.tasks import Task

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of scores, what they are judged against, and the numbers of the rows"""

Make = Callable[[Task, Judged, Tensor], Loss]
"""`make(task, judged, y)` for one run: `y` is that of all rows to learn from"""


@dataclass(frozen=True)
class Method:
    """`aimed` at one metric: trained anew for each. `fits` says for which it is there.

    `balanced`: its batches hold as many positives as negatives, as its authors ask for; its rates
    are the task's times `pace`.
    """

    make: Make
    aimed: bool = True
    balanced: bool = False
    pace: float = 1
    fits: Callable[[Task, Judged], bool] = lambda task, judged: True


def derived(interpolation: str, weight: float | None = 0, **options: Any) -> Make:
    """uniloss of the metric; with cross-entropy beside it where `weight` is not 0.

    A weight of None is the metric's own.
    """

    def make(task: Task, judged: Judged, y: Tensor) -> Loss:
        loss = judged.metric.uniloss(interpolation, **options)
        times = judged.weight if weight is None else weight

        def surrogate(scores: Tensor, y: Tensor, rows: Tensor) -> Tensor:
            taken = (y[:, :-1], y[:, -1, 0]) if judged is PCKH else (y,)
            found: Tensor = loss(scores, *taken)
            return times * found + task.entropy(scores, y) if times else found

        return surrogate

    return make


def lightly(task: Task, judged: Judged, y: Tensor) -> Loss:
    """A tenth of the weight, by order where the metric counts against a number."""
    made = derived("quantile", 0.3) if judged.counts else derived("plugin", 1)
    return made(task, judged, y)


def plain(task: Task, judged: Judged, y: Tensor) -> Loss:
    return lambda scores, y, rows: task.entropy(scores, y)


def weighted(task: Task, judged: Judged, y: Tensor) -> Loss:
    """Positives weigh as much in all as negatives."""
    weight = (~y).sum() / y.sum()
    return lambda scores, y, rows: functional.binary_cross_entropy_with_logits(
        scores, y.float(), pos_weight=weight
    )


def smooth_rank(task: Task, judged: Judged, y: Tensor) -> Loss:
    """Smooth-AP (Brown et al. 2020): ranks by sigmoids of differences of scores in 0..1 / 0.05."""

    def loss(scores: Tensor, y: Tensor, rows: Tensor) -> Tensor:
        s = scores.sigmoid()
        above = ((s.unsqueeze(0) - s[y].unsqueeze(1)) / 0.05).sigmoid()
        return 1 - ((above[:, y].sum(1) + 0.5) / (above.sum(1) + 0.5)).mean()

    return loss


def squares(task: Task, judged: Judged, y: Tensor) -> Loss:
    """The squared error to bells around the points, what key-points are mostly learned by."""
    return lambda maps, y, rows: (maps - bells(maps, y)).square().mean()


def bells(maps: Tensor, y: Tensor) -> Tensor:
    """[n, k, r, c], 1 at each point, of a standard deviation of one cell."""
    r, c = (torch.arange(size) for size in maps.shape[2:])
    points = y[:, :-1]
    down = (r - points[..., :1]).square().unsqueeze(3)
    across = (c - points[..., 1:]).square().unsqueeze(2)
    return (-(down + across) / 2).exp()


def libauc(task: Task, judged: Judged, y: Tensor) -> Loss:
    """LibAUC's loss for average precision, with its memory of each positive."""
    made = import_module("libauc.losses.auc").AveragePrecisionLoss(len(y), device="cpu")
    return lambda scores, y, rows: made(scores, y.float(), rows)


def missing(module: str) -> bool:
    try:
        import_module(module)
    except ModuleNotFoundError:
        return True
    return False


def flags(task: Task, judged: Judged) -> bool:
    return task.yes_or_no


def of_average_precision(task: Task, judged: Judged) -> bool:
    return judged is AP


METHODS: dict[str, Method] = {
    "cross-entropy": Method(plain, aimed=False),
    "weighted": Method(weighted, aimed=False, fits=flags),
    "squares": Method(squares, aimed=False, fits=lambda task, judged: judged is PCKH),
    "mixed": Method(derived("plugin", None)),
    "quantile mixed": Method(derived("quantile", 3), fits=lambda task, judged: judged.counts),
    "lightly mixed": Method(lightly),
    "plugin": Method(derived("plugin")),
    "quantile": Method(derived("quantile"), fits=lambda task, judged: judged.counts),
    "smooth rank": Method(smooth_rank, fits=of_average_precision),
    "LibAUC": Method(libauc, balanced=True, pace=0.3, fits=of_average_precision),
    "idw": Method(derived("idw", seed=0)),
}
