"""The figures of docs/your-own-metric.md: its jobs, over several seeds.

    python bench/own_metric.py                # five seeds, about a minute on one core

The data and the spec are the blocks of the page itself. What was measured goes to
bench/results/own_metric.json and .md.
"""

import argparse
import json
import os
import platform
import re
import tempfile
from pathlib import Path
from statistics import mean, stdev

import torch

import autodesign as ad

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "your-own-metric.md"
RESULTS = HERE / "results"
METRICS = ("GroupRecall(y, label)", "Accuracy(y, label)")

Measured = dict[str, dict[str, list[float]]]


def block(fence: str) -> str:
    """The first block of the page that begins with this fence."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^```{re.escape(fence)}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found is not None, fence
    return found[1]


def measure(seeds: int, folder: Path) -> Measured:
    """The reported values by job and metric, one for each seed, on the test split."""
    os.chdir(folder)
    exec(compile(block("python run"), str(PAGE), "exec"), {})
    spec = folder / "scarce.ad"
    spec.write_text(block("ad file=scarce.ad"), encoding="utf-8")
    measured: Measured = {}
    for seed in range(seeds):
        out = folder / f"seed-{seed}"
        done = ad.load(spec, set={"seed": seed}).run(out=out, device="cpu", quiet=True)
        for job, result in done.results.items():
            values = measured.setdefault(job, {name: [] for name in METRICS})
            for name in METRICS:
                values[name].append(result.values[name])
        print({job: values[METRICS[0]][-1] for job, values in measured.items()}, flush=True)
    return measured


def table(measured: Measured) -> str:
    lines = ["| job | " + " | ".join(METRICS) + " |", "| --- |" + " --- |" * len(METRICS)]
    for job, values in measured.items():
        cells = [f"{mean(values[name]):.3f} ± {stdev(values[name]):.3f}" for name in METRICS]
        lines.append(f"| {job} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(measured: Measured, seeds: int) -> str:
    return f"""# A metric of one's own: the harmonic mean of recall over three groups

Written by `python bench/own_metric.py`; Python {platform.python_version()}, torch
{torch.__version__}. The jobs of [the guide](../../docs/your-own-metric.md), on the test split: mean
and standard deviation over {seeds} seeds.

{table(measured)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(seeds, Path(folder))
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"seeds": seeds, "measured": measured}, indent=1)
    (RESULTS / "own_metric.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "own_metric.md").write_text(page(measured, seeds), encoding="utf-8")


if __name__ == "__main__":
    main()
