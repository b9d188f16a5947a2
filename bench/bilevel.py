"""Two papers that `P after OPT on L` is enough for: specs/bilevel, measured.

    python bench/bilevel.py          # about ten minutes on one core

- Learning to reweight (Ren et al. 2018): test accuracy on MNIST with 40 % of the training labels
  wrong, five seeds, beside the same network on those labels and on true ones.
- The short-horizon bias (Wu et al. 2018): the rate that looks one step ahead on the noisy
  quadratic, beside the exact greedy rate and the best schedule. Both come from the expected loss,
  which has a closed form: with m the mean square of a coordinate of curvature h, a step of rate a
  makes it (1 - a h)^2 m + a^2 h.

What was measured goes to bench/results/bilevel.json and .md; the runs stay in runs/, and those that
are there already are not repeated.
"""

import argparse
import json
import platform
from pathlib import Path
from statistics import fmean, stdev

import torch
from torch import Tensor

import autodesign as ad

HERE = Path(__file__).parent
SPECS = HERE.parent / "specs" / "bilevel"
RESULTS = HERE / "results"
SIZE, STEPS, EPOCH = 100, 2_000, 50
"""Those of horizon.ad: coordinates, steps, steps of an epoch."""
SHOWN = (1, 2, 4, 10, 20, 40)


def reweighting(runs: Path) -> dict[str, list[float]]:
    """Test accuracies by job, one for each seed."""
    out = runs / "reweight"
    spec = ad.load(SPECS / "reweight.ad")
    done = spec.run("seeds", out=out, resume=(out / "run.json").exists(), device="cpu")
    found: dict[str, list[float]] = {}
    for row in (*done.sweeps["seeds"].rows, *done.sweeps["seeds"].beside):
        [value] = [v for text, v in row.result.values.items() if text.startswith("Accuracy")]
        found.setdefault(row.job, []).append(float(value or 0.0))
    return found


def learned(runs: Path) -> list[tuple[float, float]]:
    """The rate and the loss after each epoch."""
    out = runs / "horizon"
    ad.load(SPECS / "horizon.ad").run(out=out, resume=(out / "run.json").exists(), device="cpu")
    lines = (out / "greedy" / "metrics.jsonl").read_text().splitlines()
    values = [json.loads(line)["validation"]["values"] for line in lines]
    return [(v["alpha"], v["mean(curvature * theta() ^ 2)"] * SIZE / 2) for v in values]


def step(m: Tensor, h: Tensor, rate: Tensor) -> Tensor:
    return (1 - rate * h).square() * m + rate.square() * h


def greedy() -> list[tuple[float, float]]:
    """The rate that makes the expected loss after one step least, and that loss."""
    h = 1 / torch.arange(1, SIZE + 1, dtype=torch.float64)
    m, found = torch.ones_like(h), []
    for _ in range(STEPS):
        rate = (h.square() * m).sum() / (h**3 * m + h.square()).sum()
        m = step(m, h, rate)
        found.append((float(rate), float((h * m).sum() / 2)))
    return found[EPOCH - 1 :: EPOCH]


def best(rounds: int = 150) -> list[tuple[float, float]]:
    """The schedule, constant within each epoch, whose expected loss at the end is least."""
    h = 1 / torch.arange(1, SIZE + 1, dtype=torch.float64)
    rates = torch.full((STEPS // EPOCH,), -2.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([rates], lr=0.1)

    def losses() -> list[Tensor]:
        m, found = torch.ones_like(h), []
        for rate in rates.exp():
            for _ in range(EPOCH):
                m = step(m, h, rate)
            found.append((h * m).sum() / 2)
        return found

    for _ in range(rounds):
        optimizer.zero_grad()
        losses()[-1].backward()
        optimizer.step()
    with torch.no_grad():
        return list(zip(rates.exp().tolist(), map(float, losses()), strict=True))


def table(
    accuracies: dict[str, list[float]],
    schedules: dict[str, list[tuple[float, float]]],
    about: dict[str, str],
) -> str:
    lines = [
        "# Bilevel training in two specs",
        "",
        "`python bench/bilevel.py` writes this page.",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        "",
        "## Learning to reweight: 40 % of the labels wrong",
        "",
        "| job of specs/bilevel/reweight.ad | test accuracy, mean and deviation of five seeds |",
        "|---|---|",
        *(f"| {job} | {fmean(a):.4f} ± {stdev(a):.4f} |" for job, a in accuracies.items()),
        "",
        "## The short horizon: rate and expected loss on the noisy quadratic",
        "",
        "| step | " + " | ".join(f"{name}, rate | loss" for name in schedules) + " |",
        "|---|" + "---|---|" * len(schedules),
    ]
    for epoch in SHOWN:
        cells = [f"{s[epoch - 1][0]:.4f} | {s[epoch - 1][1]:.4f}" for s in schedules.values()]
        lines.append(f"| {epoch * EPOCH} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the runs are")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    options = parser.parse_args()
    about = {
        "machine": f"{platform.machine()}, {platform.processor() or 'unnamed processor'}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    accuracies = reweighting(options.runs)
    schedules = {"learned": learned(options.runs), "greedy, exact": greedy(), "best": best()}
    text = table(accuracies, schedules, about)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bilevel.md").write_text(text, encoding="utf-8")
    data = {"about": about, "accuracies": accuracies, "schedules": schedules}
    (options.out / "bilevel.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
