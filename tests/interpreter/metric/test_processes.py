"""Under two processes a torchmetric has the value of the gathered batch in one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autodesign as ad

PROGRAM = """
import torch, torch.distributed as dist
import autodesign as ad
dist.init_process_group("gloo")
scores = torch.randn(21, generator=torch.Generator().manual_seed(0))
flags = torch.arange(21) % 4 == 0
ap = ad.metric("std.metrics.AveragePrecision")
metric = ap.torchmetric()
mine = slice(0, 13) if dist.get_rank() == 0 else slice(13, 21)
metric.update(scores[mine], flags[mine])
assert metric.compute() == ap(scores, flags)
dist.destroy_process_group()
"""


def test_two_processes_agree_with_one(tmp_path: Path) -> None:
    pytest.importorskip("torchmetrics")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", str(program)]
    path = str(Path(ad.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(run, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
