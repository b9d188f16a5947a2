"""Calls of a network that are refused (AD950-AD960)."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.load import load_text
from autodesign.interpreter.network.errors import NetworkError
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.library import standard

SPEC = """ad 1

network HighLow {
  input   x: image[1, 8, 8]
  input   hint: vector[2]
  control Q(x) = Flatten | Linear   ~> High, Low
  node    High(x) = Flatten | Linear(16) | ReLU | Linear(2)
  node    Low(x) = AvgPool2d(4) | Flatten | Linear(2)
  node    Both(High ?? 0, Low ?? 0, hint) = concat(1) | Linear(2)
  output  y = Both
}
"""
NORMED = """ad 1

network Normed {
  input   x: image[1, 8, 8]
  control Q(x) = Flatten | Linear   ~> A, B
  node    A(x) = Flatten | Linear(4) | BatchNorm1d | Linear(2)
  node    B(x) = Flatten | Linear(2)
  output  y = A ?? B
}
"""
X = torch.zeros(3, 1, 8, 8)
HINT = torch.zeros(3, 2)


def network(text: str) -> DynamicNetwork:
    found, _ = load_text(text, "net.ad", standard())
    assert found is not None
    return DynamicNetwork(next(iter(found.networks.values())))


def refused(call: Callable[[DynamicNetwork], object], text: str = SPEC) -> list[Diagnostic]:
    with pytest.raises(NetworkError) as caught:
        call(network(text))
    return list(caught.value.diagnostics)


def AD950(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X))


def AD950_unknown(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, hint=HINT, mask=HINT))


def AD950_many(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT, HINT, x=X))


def AD951(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(torch.zeros(3, 1, 28, 28), HINT))


def AD951_single(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X[0], HINT))


def AD952(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT[:2]))


def AD953(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X.to(torch.uint8), HINT))


def AD953_list(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net([[0.0]], HINT))


def AD954(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X.to("meta"), HINT))


def AD954_weights(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net.to("meta")(X, HINT))


def AD954_type(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X.double(), HINT.double()))


def AD955(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT, decisions={"High": torch.zeros(3, dtype=torch.long)}))


def AD956(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT, decisions={"Q": torch.zeros(4, dtype=torch.long)}))


def AD956_type(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT, decisions={"Q": torch.zeros(3)}))


def AD957(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT, decisions={"Q": torch.tensor([0, 2, 1])}))


def AD958(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, HINT, choose=lambda name, scores: scores))


def AD959(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: torch.export.export(net, (X, HINT)))


def AD960(tmp_path: Path) -> list[Diagnostic]:
    return refused(lambda net: net(X, decisions={"Q": torch.tensor([1, 0, 1])}), NORMED)
