"""Accuracy against cost: specs/highlow_mnist.ad swept over three values of lam and three seeds.

    python bench/tradeoff.py                  # all twelve runs, about ten minutes on one core
    python bench/tradeoff.py --seeds 0        # a first look

For each seed the high path is also trained alone. The dynamic network of the middle lam is to come
within one point of its accuracy at no more than 70 % of its multiplications. What was measured goes
to bench/results/tradeoff.json and .md; the sweep with its picture stays in runs/tradeoff, and runs
that are there already are not repeated.
"""

import argparse
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

import autodesign as ad
from autodesign.interpreter.sweeps.result import Mean, Row, SweepResult

HERE = Path(__file__).parent
SPEC = HERE.parent / "specs" / "highlow_mnist.ad"
RESULTS = HERE / "results"
LAMS = (0.85, 0.97, 0.995)
SWEEP = """
sweep tradeoff = dynamic over lam in {lams}, seed in {seeds} beside high_alone {{
  plot Accuracy against cost
}}
"""


def measure(text: str, lams: Sequence[float], seeds: Sequence[int], out: Path) -> SweepResult:
    spec = ad.loads(text + SWEEP.format(lams=list(lams), seeds=list(seeds)))
    done = spec.run("tradeoff", out=out, resume=(out / "run.json").exists(), device="cpu")
    return done.sweeps["tradeoff"]


def table(found: SweepResult) -> str:
    """Means and standard deviations over seeds, as a Markdown table."""
    [high] = found.beside_means
    lines = [
        "| network | accuracy | against the high path | multiplications | share |",
        "|---|---|---|---|---|",
        _line("high path alone", high, high, found),
        *(_line(f"dynamic, {mean.label}", mean, high, found) for mean in found.means),
    ]
    return "\n".join(lines)


def _line(name: str, mean: Mean, high: Mean, found: SweepResult) -> str:
    [plot] = found.sweep.plots
    accuracies, cost = mean.values(plot.vertical), fmean(mean.values(plot.horizontal))
    gap = fmean(accuracies) - fmean(high.values(plot.vertical))
    deviation = mean.deviation(plot.vertical)
    spread = "" if deviation is None else f" ± {100 * deviation:.2f}"
    share = cost / fmean(high.values(plot.horizontal))
    return (
        f"| {name} | {100 * fmean(accuracies):.2f} %{spread} | {100 * gap:+.2f} | {cost:,.0f} | "
        f"{share:.0%} |"
    )


def record(row: Row, found: SweepResult) -> dict[str, Any]:
    """One run's accuracy, mean multiplications and paths on the test split."""
    [plot] = found.sweep.plots
    paths = dict(row.result.paths)
    measured = {"accuracy": row.value(plot.vertical), "cost": row.result.cost, "paths": paths}
    return {"job": row.job, **row.settings, **measured}


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy against cost of a dynamic network.")
    parser.add_argument("--lams", type=float, nargs="+", default=LAMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--runs", type=Path, default=Path("runs") / "tradeoff")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    text = SPEC.read_text("utf-8")
    found = measure(text, arguments.lams, arguments.seeds, arguments.runs)
    RESULTS.mkdir(exist_ok=True)
    runs = [record(row, found) for row in (*found.rows, *found.beside)]
    facts = {"torch": torch.__version__, "python": platform.python_version(), "runs": runs}
    (RESULTS / "tradeoff.json").write_text(json.dumps(facts, indent=2) + "\n")
    about = (
        f"MNIST, 5,000 digits, test split; {len(arguments.seeds)} seeds, mean ± standard deviation."
        "\nWritten by `python bench/tradeoff.py`.\n\n"
    )
    (RESULTS / "tradeoff.md").write_text(f"# Accuracy against cost\n\n{about}{table(found)}\n")


if __name__ == "__main__":
    main()
