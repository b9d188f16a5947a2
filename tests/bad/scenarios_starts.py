"""Weights to start from that do not fit, or are not there (AD374, AD375), or twice (AD379)."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Request, run
from autodesign.stdlib.library import standard

SPEC = """ad 1

use std.metrics (Accuracy)
data digits = Digits()
data trained = Checkpoint("trained.safetensors")

network Static {
  input image: image[1, 8, 8]
  node  N1(image) = Conv2d(4, 3) | ReLU
  node  N3(N1)    = Flatten | Linear(32) | ReLU | Linear(10)
  output y = N3
}
network Net {
  input   image: image[1, 8, 8]
  node    N1(image) = Conv2d(8, 3) | BatchNorm2d | ReLU
  control Q(N1)     = Flatten | Linear  ~> N2, N3
  node    N2(N1)    = Flatten | Linear(10)
  node    N3(N1)    = Flatten | Linear(32) | ReLU | Linear(10)
  output  y = N2 ?? N3
}
train static = Static on digits {
  minimize CrossEntropyLoss(y, label)
  using    Adam(lr=1e-3)
  epochs 20  batch 64
}
train dynamic = Net on digits {
  from     static
  maximize Accuracy(y, label) - 0.5 * cost / cost(N3)
  by       q_learning()
  minimize CrossEntropyLoss(y, label)
  using    Adam(lr=1e-3)
  epochs 20  batch 64
}
"""


def refused(tmp_path: Path, text: str) -> list[Diagnostic]:
    file = tmp_path / "digits.ad"
    file.write_text(text)
    found, diagnostics = load_text(text, str(file), standard(), {}, tmp_path)
    assert found is not None, diagnostics
    asked = Request(device="cpu", out=tmp_path / "run", job="dynamic")
    try:
        run(found, asked, Listener())
    except SpecError as refusal:
        assert not (tmp_path / "run").exists()
        return list(refusal.diagnostics)
    return []


def AD374(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path, SPEC)


def AD374_file(tmp_path: Path) -> list[Diagnostic]:
    """Weights of a network that calls its nodes otherwise."""
    weights = {"features.0.weight": torch.zeros(4, 1, 3, 3), "features.0.bias": torch.zeros(4)}
    save_file(weights, tmp_path / "trained.safetensors")
    return refused(tmp_path, SPEC.replace("from     static", "from     trained"))


def AD375(tmp_path: Path) -> list[Diagnostic]:
    (tmp_path / "trained.safetensors").write_bytes(b"GIF89a, surely no weights")
    return refused(tmp_path, SPEC.replace("from     static", "from     trained"))


def AD375_examples(tmp_path: Path) -> list[Diagnostic]:
    from autodesign.stdlib.data import load

    found, diagnostics = load_text(SPEC, "digits.ad", standard(), {}, tmp_path)
    assert found is not None, diagnostics
    try:
        load(found.data["trained"].call)
    except SpecError as refusal:
        return list(refusal.diagnostics)
    return []


PLAYED = """ad 1

data digits = Digits()

pipeline Pair(a: data, filters: int) {
  draw x from a
  player G = Conv2d(filters, 3, padding=1) | BatchNorm2d | ReLU | Conv2d(1, 3, padding=1)
  player D = PatchGAN(1, filters=8)
  goal G minimize l1(G(x), x) + adversarial(D, G(x))
  goal D minimize discriminate(D, x, G(x))
  joint for 2 epochs
}
train base    = Pair(digits, 4) { using Adam(lr=2e-4)  batch 32 }
train dynamic = Pair(digits, 8) { from base  using Adam(lr=2e-4)  batch 32 }
"""


def AD379_file(tmp_path: Path) -> list[Diagnostic]:
    """A file that holds weights of both players, of which the job `base` gives one."""
    held = {"1.weight": (10, 64), "1.bias": (10,)}
    both = {f"{one}.{name}": torch.zeros(shape) for one in "MN" for name, shape in held.items()}
    save_file(both, tmp_path / "trained.safetensors")
    text = """ad 1

data digits = Digits()
data trained = Checkpoint("trained.safetensors")

pipeline Two(a: data) {
  draw (x, label) from a
  player M = Flatten | Linear(10)
  player N = Flatten | Linear(10)
  goal M, N minimize CrossEntropyLoss(M(x) + N(x), label)
  joint for 1 epochs
}
train base    = Two(digits) { using SGD(lr=0.1)  batch 32 }
train dynamic = Two(digits) { from base(M), trained  using SGD(lr=0.1)  batch 32 }
"""
    return refused(tmp_path, text)


def AD374_players(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path, PLAYED)
