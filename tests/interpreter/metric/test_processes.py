"""Under two processes metrics, losses and gradients are those of the gathered batch in one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autodesign as ad

PROGRAM = """
import torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
import autodesign as ad

dist.init_process_group("gloo")
rank = dist.get_rank()
images = torch.randn(21, 6, generator=torch.Generator().manual_seed(0))
flags, labels = torch.arange(21) % 4 == 0, torch.arange(21) % 3
CUT = 13  # 13 examples in one process, 8 in the other
mine = slice(0, CUT) if rank == 0 else slice(CUT, 21)


def network(outputs):
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, outputs))


def trained(module, loss, x, y, squeeze):
    torch.manual_seed(7 if dist.get_rank() == 0 else 8)  # random anchors are those of the first
    scores = module(x)
    value = loss(scores.squeeze(1) if squeeze else scores, y)
    value.backward()
    return value, [p.grad for p in module.parameters()]


for name, y, outputs, options in (
    ("AveragePrecision", flags, 1, {}),
    ("AveragePrecision", flags, 1, {"interpolation": "idw"}),
    ("F2", flags, 1, {"temperature": 2.0, "subset": 0.5}),
    ("Accuracy", labels, 3, {}),
):
    metric = ad.metric(f"std.metrics.{name}")
    loss = metric.uniloss(**options)
    torch.manual_seed(7)
    alone = metric.uniloss(gather=False, **options)
    whole = network(outputs)
    scores = whole(images)
    torch.manual_seed(7)
    expected = alone(scores.squeeze(1) if outputs == 1 else scores, y)
    expected.backward()
    parallel = DistributedDataParallel(network(outputs))
    value, gradients = trained(parallel, loss, images[mine], y[mine], outputs == 1)
    torch.testing.assert_close(value, expected, rtol=1e-6, atol=1e-7)
    for one, other in zip(gradients, (p.grad for p in whole.parameters())):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)  # sums in another order

    exact = metric.torchmetric()
    own = whole(images[mine])
    exact.update((own.squeeze(1) if outputs == 1 else own).detach(), y[mine])
    together = (scores.squeeze(1) if outputs == 1 else scores).detach()
    assert exact.compute() == metric(together, y)

# a process without examples takes part, one without positives has the others'
ap = ad.metric("std.metrics.AveragePrecision")
scores = torch.randn(21, generator=torch.Generator().manual_seed(3))
few = slice(0, 21) if rank == 0 else slice(21, 21)
whole = ap.uniloss(gather=False)(scores, flags)
torch.testing.assert_close(ap.uniloss()(scores[few], flags[few]), whole)
none = torch.zeros(21, dtype=torch.bool)
loss, given = ap.uniloss(), scores[mine].clone().requires_grad_()
value = loss(given, none[mine])
value.backward()
assert value == 0 and loss.skipped == 1 and not given.grad.any()

# what is wrong in one process is refused in all: none waits for the others
infinite, wide = scores[mine] / (0 if rank else 1), scores[mine, None].expand(-1, 1 + rank)
for wrong, code in ((infinite, "AD462"), (wide, "AD475")):
    try:
        ap.uniloss()(wrong, flags[mine])
    except ValueError as refusal:
        assert refusal.diagnostics[0].code == code, refusal
    else:
        raise AssertionError(code)
dist.barrier()  # a process that is left first may take the other's threads down
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_agree_with_one(tmp_path: Path) -> None:
    pytest.importorskip("torchmetrics")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", str(program)]
    path = str(Path(ad.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(run, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
