"""Accuracy against cost: specs/highlow_mnist.ad for three values of lam and three seeds each.

    python bench/tradeoff.py                  # all twelve runs, about ten minutes on one core
    python bench/tradeoff.py --seeds 0        # a first look

For each seed the high path is also trained alone. The dynamic network of the middle lam is to come
within one point of its accuracy at no more than 70 % of its multiplications. What was measured goes
to bench/results/tradeoff.json and .md; runs that are there already are not repeated.
"""

import argparse
import json
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch

import autodesign as ad

HERE = Path(__file__).parent
SPEC = HERE.parent / "specs" / "highlow_mnist.ad"
RESULTS = HERE / "results"
ACCURACY = "Accuracy(y, label)"
HIGH = "high_alone"
LAMS = (0.85, 0.97, 0.995)


def run(job: str, settings: dict[str, Any], out: Path) -> dict[str, Any]:
    """One job's accuracy and mean multiplications on the test split."""
    spec = ad.load(SPEC, set=settings)
    done = spec.run(job, out=out, resume=(out / "run.json").exists(), device="cpu", quiet=True)
    result = done.results[job]
    return {
        "job": job,
        **settings,
        "accuracy": result.values[ACCURACY],
        "cost": result.cost,
        "paths": dict(result.paths),
    }


def measure(lams: Sequence[float], seeds: Sequence[int], runs: Path) -> list[dict[str, Any]]:
    measured = []
    for seed in seeds:
        measured.append(run(HIGH, {"seed": seed}, runs / f"high-{seed}"))
        print(shown(measured[-1]), flush=True)
        for lam in lams:
            out = runs / f"dynamic-{lam}-{seed}"
            measured.append(run("dynamic", {"lam": lam, "seed": seed}, out))
            print(shown(measured[-1]), flush=True)
    return measured


def shown(one: dict[str, Any]) -> str:
    name = one["job"] + (f" lam={one['lam']}" if "lam" in one else "")
    return f"{name} seed={one['seed']}: accuracy {one['accuracy']:.4f}, cost {one['cost']:,.0f}"


def table(measured: Sequence[dict[str, Any]], lams: Iterable[float]) -> str:
    """Means and standard deviations over seeds, as a Markdown table."""
    high = [one for one in measured if one["job"] == HIGH]
    full = mean(one["cost"] for one in high)
    lines = [
        "| network | accuracy | against the high path | multiplications | share |",
        "|---|---|---|---|---|",
        _row("high path alone", high, high, full),
    ]
    for lam in lams:
        chosen = [one for one in measured if one.get("lam") == lam]
        lines.append(_row(f"dynamic, lam = {lam}", chosen, high, full))
    return "\n".join(lines)


def _row(
    name: str, chosen: Sequence[dict[str, Any]], high: Sequence[dict[str, Any]], full: float
) -> str:
    accuracies = [100 * one["accuracy"] for one in chosen]
    gap = mean(accuracies) - mean(100 * one["accuracy"] for one in high)
    spread = f" ± {stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
    cost = mean(one["cost"] for one in chosen)
    return (
        f"| {name} | {mean(accuracies):.2f} %{spread} | {gap:+.2f} | {cost:,.0f} | "
        f"{cost / full:.0%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy against cost of a dynamic network.")
    parser.add_argument("--lams", type=float, nargs="+", default=LAMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--runs", type=Path, default=Path("runs") / "tradeoff")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    measured = measure(arguments.lams, arguments.seeds, arguments.runs)
    text = table(measured, arguments.lams)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    facts = {"torch": torch.__version__, "python": platform.python_version(), "runs": measured}
    (RESULTS / "tradeoff.json").write_text(json.dumps(facts, indent=2) + "\n")
    about = (
        f"MNIST, 5,000 digits, test split; {len(arguments.seeds)} seeds, mean ± standard deviation."
        "\nWritten by `python bench/tradeoff.py`.\n\n"
    )
    (RESULTS / "tradeoff.md").write_text(f"# Accuracy against cost\n\n{about}{text}\n")


if __name__ == "__main__":
    main()
