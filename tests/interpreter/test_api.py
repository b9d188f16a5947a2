"""What `import autodesign` gives (LANGUAGE.md section 8)."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import autodesign as ad

TEXT = """ad 1
use std.metrics (Accuracy)
param width: int in 1.. = 4
data digits = Digits(split=[0.1, 0.1, 0.8])
network HighLow {
  input   image: image[1, 8, 8]
  control Q(image)  = AvgPool2d(4) | Flatten | Linear  ~> N2, N3
  node    N2(image) = AvgPool2d(4) | Flatten | Linear(10)
  node    N3(image) = Flatten | Linear(width) | ReLU | Linear(10)
  output  y = N2 ?? N3
}
train job = HighLow on digits {
  maximize Accuracy(y, label) by q_learning()
  minimize CrossEntropyLoss(y, label)
  using Adam  epochs 1  batch 64
}
"""


def test_a_network_is_a_module_that_decides() -> None:
    net = ad.loads(TEXT).network("HighLow")
    out = net(torch.rand(5, 1, 8, 8))
    assert out["y"].shape == (5, 10)
    assert out.present["y"].all() and out.cost.shape == (5,)
    assert (out.executed["N2"] ^ out.executed["N3"]).all()
    forced = net(torch.rand(2, 1, 8, 8), decisions={"Q": torch.tensor([0, 1])})
    assert forced.executed["N2"].tolist() == [True, False]


def test_a_run_returns_its_directory_and_results(tmp_path: Path) -> None:
    done = ad.loads(TEXT).run(
        "job", set={"width": 8}, out=tmp_path / "run", device="cpu", quiet=True
    )
    assert done.directory == tmp_path / "run"
    assert set(done.results) == {"job"}
    # Q: 4 * 2, N3: 64 * 8 + 8 * 10
    assert done.results["job"].greatest == 8 + 592


def test_set_sets_params(tmp_path: Path) -> None:
    (tmp_path / "faces.ad").write_text(TEXT)
    spec = ad.load(tmp_path / "faces.ad", set={"width": 2})
    assert spec.network("HighLow").network.node("N3").greatest == 64 * 2 + 2 * 10


def test_a_refused_spec_raises_its_diagnostics() -> None:
    with pytest.raises(ad.SpecError) as refusal:
        ad.loads(TEXT.replace("?? N3", "?? N4"))
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code.startswith("AD") and diagnostic.span is not None
    assert diagnostic.span.text == "N4"


HITS = "metric Hits(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)"


def test_a_metric_comes_from_a_spec_a_text_or_the_library() -> None:
    scores, labels = torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1])
    assert ad.loads(f"ad 1 {HITS}").metric("Hits")(scores, labels) == 0.5
    assert ad.metric(HITS)(scores, labels) == 0.5
    assert ad.metric("std.metrics.Accuracy")(scores, labels) == 0.5


def test_a_metric_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError, match="Hits"):
        ad.loads(f"ad 1 {HITS}").metric("Hit")
    for unknown in ("std.metrics.Accurate", "metric M(", "std.losses.CrossEntropyLoss"):
        with pytest.raises(ad.SpecError):
            ad.metric(unknown)


def test_an_unknown_network_is_a_key_error_that_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="HighLow"):
        ad.loads(TEXT).network("Highlow")


def test_import_and_load_need_no_torch() -> None:
    program = (
        f"import sys, autodesign as ad\nad.loads({TEXT!r})\nassert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(ad.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
