"""What an architecture promises untrained, against what it gets right: specs/growth/classifier.ad.

    python bench/classifier.py                # both searches, some minutes on one core
    python bench/classifier.py --seeds 0 1 2

One search trains its candidates and compares them by accuracy; TE-NAS' criterion is told beside
it. The other goes by that criterion alone; the best that it finds is trained at the end along its
own way, as the first search would have trained it. A run is continued where it was interrupted.
What was measured goes to bench/results/classifier.json and .md.
"""

import argparse
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch
from scipy.stats import spearmanr

import autodesign as ad
from autodesign.interpreter.growth.analysis.history import History, read
from autodesign.interpreter.growth.journal import Candidate

HERE = Path(__file__).parent
SPEC = HERE.parent / "specs" / "growth" / "classifier.ad"
RESULTS = HERE / "results"
ACCURACY, PROMISE = "Accuracy(scores, label)", "TeNas()"
CHOSEN = """
search chosen = Classifier on clothes {{
  maximize Accuracy(scores, label)
  by path({moves})
  train CrossEntropyLoss(scores, label) using Adam(lr=3e-3) for epochs epochs
  batch 64
  seed seed
}}
"""


def measure(seed: int, runs: Path, settings: Mapping[str, str]) -> dict[str, Any]:
    place = runs / f"seed-{seed}"
    _run(SPEC.read_text("utf-8"), place, settings, seed)
    trained, untrained = read(place / "trained"), read(place / "untrained")
    moves = [one.move for one in untrained.tree.route(str(untrained.best)) if one.move]
    text = SPEC.read_text("utf-8") + CHOSEN.format(moves=", ".join(moves))
    _run(text, runs / f"chosen-{seed}", settings, seed, job="chosen")
    chosen = read(runs / f"chosen-{seed}" / "chosen")
    return {
        "correlations": _correlations(trained),
        "trained": _cost(trained),
        "untrained": _cost(untrained),
        "best": {
            "first": _accuracy(trained, trained.tree.route(str(trained.best))[0]),
            "trained": _accuracy(trained, trained.candidates[str(trained.best)]),
            "untrained": _accuracy(chosen, list(chosen.candidates.values())[-1]),
            "moves": moves,
        },
    }


def _run(
    text: str, place: Path, settings: Mapping[str, str], seed: int, job: str | None = None
) -> None:
    spec = ad.loads(text, {**settings, "seed": seed})
    begun = (place / "run.json").exists()
    spec.run(job, out=place, resume=begun, device="cpu", processes=1)


def _accuracy(history: History, one: Candidate) -> float | None:
    return one.values[ACCURACY]


def _cost(history: History) -> dict[str, Any]:
    candidates = list(history.candidates.values())
    return {
        "candidates": len(candidates),
        "seconds": sum(one.seconds for one in candidates),
        "images": sum(one.images for one in candidates),
    }


def _correlations(history: History) -> list[dict[str, Any]]:
    """Over all candidates, and over those of each step alone: candidates of one step were trained
    for the same time. `by_size`: what the number of parameters alone says."""
    steps = sorted({one.step for one in history.done})
    parts = [("all", history.done)] + [
        (f"step {step}", [one for one in history.done if one.step == step]) for step in steps
    ]
    return [_correlation(name, these) for name, these in parts if len(these) >= 5]


def _correlation(name: str, candidates: Sequence[Candidate]) -> dict[str, Any]:
    accuracies = [one.values[ACCURACY] for one in candidates]
    promises = [-(one.values[PROMISE] or 0.0) for one in candidates]
    sizes = [sum(one.parameters.values()) for one in candidates]
    found, by_size = spearmanr(promises, accuracies), spearmanr(sizes, accuracies)
    return {
        "of": name,
        "candidates": len(candidates),
        "promise": float(found[0]),
        "by_chance": float(found[1]),
        "by_size": float(by_size[0]),
    }


# --- tables ---------------------------------------------------------------------------------------


def tables(seeds: Mapping[str, Any]) -> str:
    return "\n\n".join([_agreement(seeds), _costs(seeds)])


def _agreement(seeds: Mapping[str, Any]) -> str:
    lines = [
        "| seed | over | candidates | TE-NAS' criterion | by chance | number of parameters |",
        "|---|---|---|---|---|---|",
    ]
    for seed, one in seeds.items():
        for row in one["correlations"]:
            lines.append(
                f"| {seed} | {row['of']} | {row['candidates']} | {row['promise']:+.2f} | "
                f"{row['by_chance']:.2g} | {row['by_size']:+.2f} |"
            )
    return "\n".join(lines)


def _costs(seeds: Mapping[str, Any]) -> str:
    found = list(seeds.values())
    lines = [
        "| search | candidates | seconds a candidate | seconds | accuracy of its best, trained |",
        "|---|---|---|---|---|",
        f"| none: the first network | | | | {_mean([one['best']['first'] for one in found])} |",
    ]
    for name in ("trained", "untrained"):
        costs = [one[name] for one in found]
        each = [cost["seconds"] / cost["candidates"] for cost in costs]
        counts = ", ".join(str(cost["candidates"]) for cost in costs)
        accuracy = _mean([one["best"][name] for one in found])
        seconds = _mean([cost["seconds"] for cost in costs])
        lines.append(f"| {name} | {counts} | {_mean(each)} | {seconds} | {accuracy} |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{fmean(values):.3g}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(description="A criterion that trains nothing, and accuracy.")
    parser.add_argument("--seeds", type=int, nargs="+", default=(0,))
    parser.add_argument("--runs", type=Path, default=Path("runs") / "classifier")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settings = dict(one.split("=", 1) for one in arguments.set)
    seeds = {str(seed): measure(seed, arguments.runs, settings) for seed in arguments.seeds}
    facts = {"torch": torch.__version__, "python": platform.python_version(), "seeds": seeds}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "classifier.json").write_text(json.dumps(facts, indent=2) + "\n")
    about = (
        "A classifier of clothes that grows (specs/growth/classifier.ad, 16x16, 6,000 images):\n"
        "rank correlation (Spearman) of accuracy on the validation split with what the\n"
        "architecture promises untrained (TE-NAS), and with its size. Candidates of one step were\n"
        "trained for as long as each other. Seconds of the search that trains include those of\n"
        "its reports.\n"
        "Written by `python bench/classifier.py`.\n\n"
    )
    (RESULTS / "classifier.md").write_text(
        f"# Promises of the untrained\n\n{about}{tables(seeds)}\n"
    )
    print(tables(seeds))


if __name__ == "__main__":
    main()
