"""`interpret check` as a whole process, and on hostile files: python bench/check.py

A spec of N lines is made of cascades, blocks, data and jobs, all valid. Wall and CPU time are those
of the finished process as the operating system counts them; the median of several runs after one
that warms the caches, beside a Python that does nothing. Results: bench/results/check.{json,md}.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"

NETWORK = """
## Stage {i}: an easy example leaves early.
network Cascade{i} {{
  input   x: image[1, 32, 32]
  ## Reads the image once.
  node    N1(x)  = conv(4, 3) | MaxPool2d(2)
  node    N2(N1) = repeat(2, MaxPool2d(2)) | fc(32) | Linear(classes)
  control Q1(N1) = Flatten | Linear  ~> N3, skip
  node    N3(N1) = conv(8, 3) | conv(16, 3) | MaxPool2d(2)   # more of it
  node    N4(N3) = Flatten | Linear(classes)
  control Q2(N3) = Flatten | Linear  ~> N5, {{N6, N7}}, skip
  node    N5(N3) = conv(32, 3) | GroupNorm(4) | AdaptiveAvgPool2d(1) | Flatten | Linear(classes)
  node    N6(N3) = conv(16, 1)
  node    N7(N6 ?? 0) = AdaptiveAvgPool2d(1) | Flatten | Linear(classes)
  output  y = N7 ?? N5 ?? N4 ?? N2
}}

train job{i} = Cascade{i} on digits {{
  maximize lam * Accuracy(y, label) + (1 - lam) * (1 - cost / cost(N1, N3, N5))
  by       q_learning(bag=32, explore=linear(1, 0.05, epochs=10))
  minimize 0.5 * CrossEntropyLoss(y, label)
  using    Adam(lr=1e-3)
  schedule CosineAnnealingLR()
  epochs 30  batch 256  seed {i}
  report   Accuracy(y, label), cost, paths
}}
"""

HEAD = """ad 1

use std.metrics (Accuracy)

param lam: real in 0..1 = 0.5
param classes: int in 2.. = 10

data digits = Resize(Digits(split=[0.7, 0.1, 0.2]), size=32)

block conv(filters, size) = Conv2d(filters, size, padding=(size - 1) / 2) | ReLU
block fc(d) = Flatten | Linear(d) | ReLU
"""


def spec(lines: int) -> str:
    """A valid spec of at least so many lines."""
    text, count = HEAD, 0
    while text.count("\n") < lines:
        text += NETWORK.format(i=count)
        count += 1
    return text


GROWTH = """ad 1

data digits = Resize(Digits(), size=32)

block conv(filters, size) = EqualizedConv2d(filters, size) | LeakyReLU(0.2)

growth DGGAN {
  generator G {
    input  z: vector[128]
    node   base(z) = EqualizedLinear(64 * FIRST * FIRST) | Unflatten(1, [64, FIRST, FIRST])
    node   rgb(base) = EqualizedConv2d(1, 1)
    output made = rgb
  }
  discriminator D {
    input  x: image[1, FIRST, FIRST]
    node   stem(x) = conv(64, 1)
    node   score(stem) = conv(64, 3) | Flatten | EqualizedLinear(1)
    output critic = score
  }
  action grow_G(size in {3, 7}, filters in CHOICES) = conv(filters, size) before G.rgb
  action grow_D(size in {3, 7}, filters in CHOICES) = conv(filters, size) after D.stem
  action upscale = double G by conv(64, 3), D by conv(64, 3) with fade_in(0.5)
}

search grown = DGGAN on digits {
  minimize SlicedWasserstein(n=500)
  by       top_k(keep=20, sample=0.4)
  train    wgan_gp() using Adam(lr=1e-3, betas=[0, 0.99]) for 100_000 iterations
  until    resolution 32, layers LAYERS
}
"""


def growth(choices: str, first: int, layers: int) -> str:
    """A search among the architectures of a GAN, as DGGAN has it."""
    text = GROWTH.replace("CHOICES", choices).replace("FIRST", str(first))
    return text.replace("LAYERS", str(layers))


SEARCH = "25 moves, a search of 10 layers"
HOSTILE = {
    "997 moves, a search of 100 layers": growth("1..249", 1, 100),
    "10^9 moves": growth("1..1_000_000_000", 1, 100),
    "10,000 nested parentheses": "ad 1\nparam p = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n",
    "1 MB identifier": "ad 1\nblock "
    + "x" * 1_000_000
    + " = Linear(1)\ndata d = "
    + "y" * 1_000_000
    + "\n",
    "repeat(1_000_000_000, ...)": "ad 1\nnetwork N { input x: vector[4] "
    "node A(x) = repeat(1_000_000_000, Linear(4)) output y = A }\n",
    "10^12 elements": "ad 1\nnetwork N { input x: image[1000, 100_000, 10_000] "
    "node A(x) = Flatten | Linear(2) output y = A }\n",
    "100,000 summands": "ad 1\nparam p = " + " + ".join(["1"] * 100_000) + "\n",
    "blocks doubling 60 times": "ad 1\nblock b0 = Linear(4)\n"
    + "".join(f"block b{i} = b{i - 1} | b{i - 1}\n" for i in range(1, 49))
    + "network N { input x: vector[4] node A(x) = b48 output y = A }\n",
    "9^9^9^9": "ad 1\nparam p = 9^9^9^9\n",
}


def run(command: list[str]) -> tuple[float, float, int, int]:
    """Wall seconds, CPU seconds, peak memory in MB and exit status of a finished process."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir()
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, process.returncode


def measure(command: list[str], runs: int) -> dict[str, float]:
    run(command)
    found = [run(command) for _ in range(runs)]
    return {
        "wall_s": round(statistics.median(f[0] for f in found), 3),
        "cpu_s": round(statistics.median(f[1] for f in found), 3),
        "peak_mb": max(f[2] for f in found),
        "exit": found[0][3],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    interpret = str(Path(sys.executable).with_name("interpret"))
    rows: dict[str, dict[str, float]] = {
        "an interpreter that does nothing": measure([sys.executable, "-c", "pass"], runs)
    }
    with tempfile.TemporaryDirectory() as folder:
        cases = {f"{n:,} lines": spec(n) for n in (300, 10_000)}
        cases |= {SEARCH: growth("{32, 64, 128, 256, 512, 1024}", 8, 10)} | HOSTILE
        for name, text in cases.items():
            path = Path(folder) / "spec.ad"
            path.write_text(text)
            rows[name] = measure([interpret, "check", str(path)], 3 if name in HOSTILE else runs)
    _write(rows)


def _write(rows: dict[str, dict[str, float]]) -> None:
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
    machine += f"Python {platform.python_version()}"
    lines = [f"`interpret check`, {machine}", "", "| spec | wall s | CPU s | peak MB | exit |"]
    lines.append("|---|---|---|---|---|")
    for name, row in rows.items():
        cells = (row["wall_s"], row["cpu_s"], row["peak_mb"], row["exit"])
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "check.md").write_text("\n".join(lines) + "\n")
    (RESULTS / "check.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
