"""What a finished pipeline makes, for other jobs and for the eye."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs import curves, sources
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.run import Run, run
from autodesign.interpreter.pipeline.shown import together
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.library import standard

TEXT = """ad 1
data digits = Digits()
pipeline Pair(clean: data) {
  draw (image, label) from clean
  player G = Flatten | Linear(64) | Sigmoid | Unflatten(1, [1, 8, 8])
  goal G minimize l1(G(image), image) + 0.1 * l2(G(image), image)
  output image = G(image)
  output label = label
  pretrain G for 1 epochs
  joint for 3 steps
}
train gan = Pair(digits) { using Adam(lr=1e-2)  batch 8  report l1(G(image), image) }
data more = Joined(digits, Made(gan, count=30, seed=2))
network Classify {
  input image: image[1, 8, 8]
  node score(image) = Flatten | Linear(10)
  output y = score
}
train after = Classify on more {
  minimize CrossEntropyLoss(y, label)
  using Adam(lr=1e-2)
  epochs 1  batch 8
}
"""


def table(examples: int, seed: int) -> Table:
    random = torch.Generator().manual_seed(seed)
    images = torch.rand(examples, 1, 8, 8, generator=random)
    return Table({"image": images, "label": torch.arange(examples) % 10})


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    fields = {"image": spec.FieldType("image", (1, 8, 8)), "label": spec.FieldType("label", (), 10)}
    splits = Splits(table(20, 1), table(6, 2), table(6, 3), fields)
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    monkeypatch.setattr(
        "autodesign.stdlib.data.packaged_torch.Digits", lambda request: splits, raising=True
    )

    def begin(out: Path, **request: Any) -> Run:
        found, diagnostics = load_text(TEXT, "gan.ad", standard(), {})
        assert found is not None, [str(one) for one in diagnostics]
        return run(found, Request(device="cpu", out=out, **request), Listener())

    return begin


def test_examples_are_made_from_the_weights_that_are_kept(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    finished = start(tmp_path / "run")
    made = load_file(tmp_path / "run" / "gan" / "made-30-2.safetensors")
    assert made["image"].dtype == torch.uint8
    assert made["image"].shape == (30, 1, 8, 8)
    player = finished.players("gan")["G"]
    seen = table(20, 1)
    with torch.no_grad():
        known = player(seen.columns["image"])
    nearest = (made["image"].float()[:, None] / 255 - known[None]).abs().amax((2, 3, 4))
    rows = nearest.argmin(1)
    assert float(nearest.min(1).values.max()) <= 0.5 / 255 + 1e-6  # rounded to bytes
    assert made["label"].tolist() == seen.columns["label"][rows].tolist()
    assert sorted(rows[:20].tolist()) == list(range(20))  # a whole pass before an example repeats


def test_a_job_learns_from_them(start: Callable[..., Run], tmp_path: Path) -> None:
    start(tmp_path / "run", job="after")  # which runs `gan` first
    records = (tmp_path / "run" / "after" / "metrics.jsonl").read_text()
    assert '"step": 7' in records  # 20 real examples and 30 made ones in batches of 8


def test_a_set_is_whole_or_not_there(
    start: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    whole = tmp_path / "whole"
    start(whole)
    real, file = os.fsync, "made-30-2.safetensors"

    def sync(number: int) -> None:
        if file in str(Path(f"/proc/self/fd/{number}").readlink()):
            raise Killed
        real(number)

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(Killed):
        start(tmp_path / "run")
    assert not list((tmp_path / "run").rglob("*made*"))
    monkeypatch.setattr(os, "fsync", real)
    start(tmp_path / "run", resume=True)
    for name in ("gan/made-30-2.safetensors", "after/best.safetensors", "after/metrics.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes()


def test_the_report_shows_curves_and_what_is_made(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    start(tmp_path / "run", job="gan")
    page = (tmp_path / "run" / "report.html").read_text()
    assert "pretrain G for 1 epochs; joint for 3 steps" in page
    for title in ("goals", "terms of G", "norms of their gradients, G", "learning rates"):
        assert f"<!-- {title} -->" in page  # matplotlib's texts
    assert page.count("<image href=") == 2 * 8  # what was drawn, and what was made of it
    assert "of greatest" not in page


def test_rows_with_fewer_boxes_are_filled_up() -> None:
    one, other = torch.zeros(2, 1, 5), torch.zeros(1, 3, 5)
    filled = together([one, other])
    assert filled.shape == (3, 3, 5)
    assert filled[0, :, 0].tolist() == [0, -1, -1]


def test_data_that_are_made_need_a_run() -> None:
    found, _ = load_text(TEXT, "gan.ad", standard(), {})
    assert found is not None
    with pytest.raises(SpecError, match="only in a run"):
        load(next(sources.made_in(found.data["more"].call)))


def test_an_unknown_player_job_has_no_players(start: Callable[..., Run], tmp_path: Path) -> None:
    finished = start(tmp_path / "run")
    with pytest.raises(KeyError, match="no pipeline's job 'after'"):
        finished.players("after")
