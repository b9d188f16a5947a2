"""Batches that a metric refuses (AD440, AD460-AD469)."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.evaluate import Batch, Evaluator
from autodesign.stdlib.library import standard

ACCURACY = """metric Accuracy(s: scores[n, k], y: label[n], w: flag[n]) =
  mean(argmax(s[i]) == y[i] for i in n if w[i])
"""
AUC = """metric AUC(s: scores[n], y: flag[n]) {
  compare c[i, j] = s[i] - s[j] for i in n if y[i] for j in n if not y[j]
  binary b[i, j] = c[i, j] > 0
  value mean(b[i, j] for i for j)
}
"""
S = torch.zeros(3, 4)
Y = torch.tensor([0, 3, 1])
W = torch.tensor([1, 0, 1])


def evaluator(text: str) -> Evaluator:
    metric, _ = load_metric(text, standard())
    assert metric is not None
    return Evaluator(metric)


def refused(
    text: str,
    tensors: dict[str, Tensor],
    use: Callable[[Batch], object] = Batch.exact,
    parameters: dict[str, float] | None = None,
) -> list[Diagnostic]:
    with pytest.raises(MetricError) as caught:
        use(evaluator(text).batch(tensors, parameters))
    return list(caught.value.diagnostics)


def AD440(tmp_path: Path) -> list[Diagnostic]:
    text = "metric M(s: scores[n]) = sum(count(s[i] > t for i in n) for t in 1..1 / (n - 3))"
    return refused(text, {"s": S[:, 0]})


def AD440_rows(tmp_path: Path) -> list[Diagnostic]:
    text = """metric M(s: scores[n], r: real[n]) =
      sum(s[i] > t for i in n for t in 1..1 / r[i])"""
    return refused(text, {"s": S[:, 0], "r": W})


def AD460(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": Y})


def AD460_unknown(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": Y, "w": W, "weight": S})


def AD460_parameter(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": Y, "w": W}, parameters={"alpha": 0.5})


def AD460_number(tmp_path: Path) -> list[Diagnostic]:
    text = "metric M(s: scores[n], t: real = 0) = mean(s[i] > t for i in n)"
    return refused(text, {"s": S[:, 0]}, parameters={"t": float("nan")})


def AD460_devices(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S.to("meta"), "y": Y, "w": W})


def AD461(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S[:, 0], "y": Y, "w": W})


def AD461_size(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": Y[:2], "w": W})


def AD462(tmp_path: Path) -> list[Diagnostic]:
    scores = S.clone()
    scores[1, 2], scores[2, 0] = torch.nan, torch.inf
    return refused(ACCURACY, {"s": scores, "y": Y, "w": W})


def AD463(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": torch.tensor([0, 4, 1]), "w": W})


def AD463_negative(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": torch.tensor([0, -100, 1]), "w": W})


def AD463_flag(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": Y, "w": torch.tensor([1, 2, 0])})


def AD463_type(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S, "y": Y.float(), "w": W})


def AD463_sparse(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S.to_sparse(), "y": Y, "w": W})


def AD464(tmp_path: Path) -> list[Diagnostic]:
    return refused(ACCURACY, {"s": S[:0], "y": Y[:0], "w": W[:0]})


def AD465(tmp_path: Path) -> list[Diagnostic]:
    n = 2_000_000
    tensors = {"s": torch.zeros(n), "y": torch.arange(n) % 2}
    return refused(AUC, tensors, Batch.comparisons)


def AD466(tmp_path: Path) -> list[Diagnostic]:
    return refused(AUC, {"s": S[:, 0], "y": W}, Batch.best)


def AD467(tmp_path: Path) -> list[Diagnostic]:
    bits = {"b": torch.ones(5, dtype=torch.bool)}
    return refused(AUC, {"s": S[:, 0], "y": W}, lambda batch: batch.value(bits))
