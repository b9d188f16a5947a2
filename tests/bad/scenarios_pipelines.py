"""Jobs of pipelines that are refused or fail: a small one on random vectors."""

from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs import curves, job, sources
from autodesign.interpreter.jobs import run as run_module
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import run
from autodesign.interpreter.pipeline import learner
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.library import standard

SPEC = """ad 1
data digits = Digits()
pipeline Pair(clean: data) {
  draw (image, label) from clean
  player G = Flatten | Linear(64) | Sigmoid | Unflatten(1, [1, 8, 8])
  goal G minimize l1(G(image), image) * RATE
  output image = G(image)
  output label = label
  joint for 2 epochs
}
train gan = Pair(digits) { using Adam(lr=1e-3)  batch 8 }
data more = Made(gan, count=30)
network Classify {
  input image: image[1, 8, 8]
  node score(image) = Flatten | Linear(10)
  output y = score
}
train after = Classify on more {
  minimize CrossEntropyLoss(y, label)
  using Adam(lr=1e-3)
  epochs 1  batch 8
}
"""


def checked(rate: str = "1") -> spec.Spec:
    found, diagnostics = load_text(SPEC.replace("RATE", rate), "gan.ad", standard(), {})
    assert found is not None, [str(one) for one in diagnostics]
    return found


def splits(train: int) -> Splits:
    def table(count: int) -> Table:
        random = torch.Generator().manual_seed(count)
        images = torch.rand(count, 1, 8, 8, generator=random)
        return Table({"image": images, "label": torch.arange(count) % 10})

    fields = {"image": spec.FieldType("image", (1, 8, 8)), "label": spec.FieldType("label", (), 10)}
    return Splits(table(train), table(4), table(4), fields)


def refused(
    out: Path, found: spec.Spec | None = None, train: int = 24, **asked: object
) -> list[Diagnostic]:
    """What a run on random images says when it is refused."""

    def read(call: spec.Call) -> Splits:
        return load(call) if call.name == "Made" else splits(train)

    with (
        patch.object(sources, "load_data", read),
        patch.object(run_module, "write_report", lambda *parts: None),
        patch.object(curves, "find_spec", lambda name: None),
        pytest.raises(SpecError) as refusal,
    ):
        request = Request(device="cpu", out=out, **asked)  # type: ignore[arg-type]
        run(found or checked(), request, Listener())
    return list(refusal.value.diagnostics)


def AD550(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", train=0)


def AD551(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", precision="bfloat16")


def AD552(tmp_path: Path) -> list[Diagnostic]:
    with pytest.raises(SpecError) as refusal:
        load(checked().data["more"].call)
    return list(refusal.value.diagnostics)


def AD553(tmp_path: Path) -> list[Diagnostic]:
    out = tmp_path / "run"
    with patch.object(job, "feed", lambda *parts: 1 / 0):
        refused(out)
    made = out / "gan" / "made-30-0.safetensors"
    made.write_bytes(made.read_bytes()[:100])
    return refused(out, resume=True)


def AD901_pipeline(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path / "run", checked(rate="exp(1000 * l1(G(image), image))"))


def AD905_pipeline(tmp_path: Path) -> list[Diagnostic]:
    def step(*parts: object) -> None:
        torch.empty(2**60)

    with patch.object(learner.Learner, "step", step):
        return refused(tmp_path / "run")
