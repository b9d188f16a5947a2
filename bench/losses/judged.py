"""What is judged: a metric of the library or of one's own, and how its value is found on many rows.

On tens of thousands of rows the metric's own program would compare every positive with every other
row; sorting says the same. `python bench/losses.py --check` compares the two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import torch
from torch import Tensor

import autodesign as ad

SHARE = 0.01
PRECISION = """
metric PrecisionAtShare(s: scores[n], y: flag[n], share: real = 0.01) =
  count(count(s[j] >= s[i] for j in n if j != i) < share * n for i in n if y[i]) / (share * n)
"""

Decision = Any
"""What is chosen on validation data besides the weights: a threshold, a rule, or None"""


@dataclass(frozen=True)
class Judged:
    """`choose(scores, y)` gives the value and the decision, `value(scores, y, decision)` the value.

    `weight` is that of the surrogate beside cross-entropy. `counts`: it holds a count
    against a number.
    """

    name: str
    text: str
    value: Callable[[Tensor, Tensor, Decision], float]
    choose: Callable[[Tensor, Tensor], tuple[float, Decision]]
    weight: float = 10
    counts: bool = False

    @property
    def metric(self) -> Any:
        return ad.metric(self.text)


def _plain(name: str, text: str, value: Callable[[Tensor, Tensor], float], **more: Any) -> Judged:
    return Judged(name, text, lambda s, y, _: value(s, y), lambda s, y: (value(s, y), None), **more)


def average_precision(scores: Tensor, flags: Tensor) -> float:
    hits, found = _hits(scores, flags)
    ranks = torch.arange(1, len(hits) + 1)
    return float((found / ranks)[hits].mean())


def precision(scores: Tensor, flags: Tensor) -> float:
    """In the first percent."""
    hits, _ = _hits(scores, flags)
    share = SHARE * len(hits)
    return float(hits[: ceil(share - 1e-9)].sum()) / share


def recall(scores: Tensor, flags: Tensor) -> float:
    """Where at most one negative in a hundred is above."""
    hits, _ = _hits(scores, flags)
    wrong = (~hits).cumsum(0) / (~hits).sum()
    return float((wrong[hits] <= SHARE).double().mean())


def _hits(scores: Tensor, flags: Tensor) -> tuple[Tensor, Tensor]:
    """Flags in the order of the scores, and how many are true so far."""
    hits = flags[scores.argsort(descending=True)]
    return hits, hits.cumsum(0).double()


def f2(scores: Tensor, flags: Tensor, threshold: float) -> float:
    answers = scores > threshold
    hits = float((answers & flags).sum())
    return 5 * hits / (4 * float(flags.sum()) + float(answers.sum()))


def f2_chosen(scores: Tensor, flags: Tensor) -> tuple[float, float]:
    """With the threshold, half way between two scores, that makes the most of it."""
    ordered, order = scores.sort(descending=True)
    found = flags[order].cumsum(0).double()
    values = 5 * found / (4 * found[-1] + torch.arange(1, len(found) + 1))
    best = int(values[:-1].argmax())
    threshold = float((ordered[best] + ordered[best + 1]) / 2)
    return f2(scores, flags, threshold), threshold


def accuracy(scores: Tensor, labels: Tensor) -> float:
    return float((scores.argmax(1) == labels).double().mean())


def kappa(scores: Tensor, labels: Tensor, rule: str) -> float:
    """Quadratic; the answer is the class of the highest score or of the least expected cost."""
    classes = torch.arange(scores.shape[1])
    expected = (scores.softmax(1) * classes).sum(1).round()
    answers = scores.argmax(1).double() if rule == "highest" else expected.double()
    missed = (answers - labels).square().sum()
    chance = (answers.unsqueeze(1) - labels.unsqueeze(0)).square().mean(1).sum()
    return float(1 - missed / chance)


def kappa_chosen(scores: Tensor, labels: Tensor) -> tuple[float, str]:
    return max((kappa(scores, labels, rule), rule) for rule in ("highest", "expected"))


def found_points(maps: Tensor, wanted: Tensor) -> float:
    """PCKh of maps [n, k, r, c]; `wanted` [n, k + 1, 2]: the points and, last, the head's size."""
    points, head = wanted[:, :-1], wanted[:, -1, 0]
    best = maps.flatten(2).argmax(2)
    at = torch.stack([best // maps.shape[3], best % maps.shape[3]], 2)
    far = (at - points).square().sum(2).sqrt()
    return float((far <= 0.5 * head.unsqueeze(1)).double().mean())


AP = _plain("average precision", "std.metrics.AveragePrecision", average_precision)
F2 = Judged("F2", "std.metrics.F2", f2, f2_chosen)
PRECISION_1 = _plain("precision at 1 %", PRECISION, precision, weight=1, counts=True)
RECALL_1 = _plain(
    "recall at 1 % FP", "std.metrics.RecallAtFalsePositives", recall, weight=1, counts=True
)
ACCURACY = _plain("accuracy", "std.metrics.Accuracy", accuracy)
KAPPA = Judged("quadratic kappa", "std.metrics.QuadraticKappa", kappa, kappa_chosen)
PCKH = _plain(
    "PCKh",
    """metric PckH(h: scores[n, k, r, c], p: point[n, k], head: real[n], alpha: real = 0.5) = mean(
      dist(argmax(h[i, j]), p[i, j]) <= alpha * head[i] for i in n for j in k
    )""",
    found_points,
)
