"""Surrogates that are refused (AD470-AD479)."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import autodesign as ad
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.metric.errors import MetricError

ACCURACY = "metric Accuracy(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)"
WEIGHTED = """metric Weighted(s: scores[n, k], w: real[k], y: label[n]) =
  sum(w[y[i]] for i in n if argmax(s[i]) == y[i]) / sum(w[y[i]] for i in n)"""


def refusal(call: Callable[[], object]) -> list[Diagnostic]:
    with pytest.raises(MetricError) as refused:
        call()
    return list(refused.value.diagnostics)


def AD470(tmp_path: Path) -> list[Diagnostic]:
    return refusal(lambda: ad.metric(ACCURACY).uniloss(interpolation="plug"))


def AD471(tmp_path: Path) -> list[Diagnostic]:
    return refusal(lambda: ad.metric(ACCURACY).uniloss(interpolation="idw", near_flips="some"))


def AD471_option(tmp_path: Path) -> list[Diagnostic]:
    return refusal(lambda: ad.metric(ACCURACY).uniloss(interpolation="idw", flip=2))


def AD471_temperature(tmp_path: Path) -> list[Diagnostic]:
    return refusal(lambda: ad.metric(ACCURACY).uniloss(temperature=0))


def AD472(tmp_path: Path) -> list[Diagnostic]:
    pytest.importorskip("torchmetrics")
    return refusal(lambda: ad.metric(WEIGHTED).torchmetric())


def AD475(tmp_path: Path) -> list[Diagnostic]:
    """Two processes, the second of which has scores for one class more."""
    from autodesign.interpreter.metric.processes import agreeing

    unused = [-1] * 6
    told = [
        [[2, 4, rows, classes, *unused], [1, 8, rows, *unused, -1]]
        for rows, classes in ((64, 10), (32, 11))
    ]
    return refusal(lambda: agreeing(told))


def AD473(tmp_path: Path) -> list[Diagnostic]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "torchmetrics", None)
        patched.delitem(sys.modules, "autodesign.interpreter.metric.torchmetric", raising=False)
        return refusal(lambda: ad.metric(ACCURACY).torchmetric())


def AD474(tmp_path: Path) -> list[Diagnostic]:
    return refusal(lambda: ad.metric(ACCURACY)(torch.zeros(3, 2)))


def AD474_sizes(tmp_path: Path) -> list[Diagnostic]:
    return refusal(lambda: ad.metric(ACCURACY).best(torch.zeros(3, dtype=torch.long)))
