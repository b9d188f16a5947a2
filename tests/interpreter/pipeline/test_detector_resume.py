"""DetectorGAN in small, killed where all train: placements, a detector, an unrolled step."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = ("last.safetensors", "best.safetensors", "metrics.jsonl", "result.json")
TEXT = """ad 1
data full = PastedObjects(Digits(), size=48, one_class=true, count=24, split=[0.5, 0.25, 0.25])
data photos = PastedObjects(Digits(), size=48, clean=true, count=24, split=[0.5, 0.25, 0.25])

pipeline DetectorGAN(clean: data, labelled: data) {
  draw x from clean
  draw (y, box) from labelled
  draw at from boxes_like(box, on=x)

  player GX = ResnetGenerator(blocks=1, filters=4)
  player DX = PatchGAN(16, filters=4)
  player DET = retinanet_small(classes=1, filters=4)

  let y' = GX(x, mask(at))
  let real = detection(DET, y, box)
  let syn = detection(DET, y', at)
  let DET' = DET after SGD(lr=1e-4) on real + syn

  goal GX minimize adversarial(DX, y') + l1(y', x) + detection(DET', y, box) - syn
  goal DX minimize discriminate(DX, y, history(y', 5))
  goal DET minimize real + syn

  output image = y'
  output box = at

  pretrain GX, DX for 2 steps
  pretrain DET for 2 steps
  joint for 4 epochs
}

train gan = DetectorGAN(photos, full) {
  using Adam(lr=2e-4)
  batch 4
  report l1(y', x), AP(detections(DET, y), box)
}
"""


@pytest.mark.slow
def test_killed_in_the_joint_phase(tmp_path: Path) -> None:
    (tmp_path / "gan.ad").write_text(TEXT)
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}

    def started(out: str, *more: str) -> subprocess.Popen[bytes]:
        words = ["gan.ad", "--out", out, "--device", "cpu", *more]
        command = [sys.executable, "-m", "autodesign.interpreter.cli", *words]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)

    assert started("whole").wait() == 0
    broken = started("broken")
    metrics = tmp_path / "broken" / "gan" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_bytes().count(b"joint") >= 1):
        assert broken.poll() is None
        time.sleep(0.005)
    broken.kill()
    broken.wait()
    assert not (tmp_path / "broken" / "gan" / "result.json").exists()
    assert started("broken", "--resume").wait() == 0
    for name in FILES:
        whole, resumed = (tmp_path / run / "gan" / name for run in ("whole", "broken"))
        assert whole.read_bytes() == resumed.read_bytes(), name
    page = (tmp_path / "broken" / "report.html").read_text()
    made, found = page[page.index("What it makes") :].split("What it finds")
    # x, what was made of it, and the detector on that: 8 of each; all 6 validation images, twice
    assert (made.count("<image href="), found.count("<image href=")) == (24, 12)
    assert made.count('stroke="#1a9850"') >= 8
