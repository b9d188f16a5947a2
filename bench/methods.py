"""What the images of each method of the thesis' fourth chapter are worth to a detector, small.

    python bench/methods.py                     # table 4.1: some 40 minutes on two cores
    python bench/methods.py psgan_methods       # table 4.5: half an hour more

For a table the sweep specs/detector/NAME.ad is run, or taken from runs/NAME where it is there
(what was begun is gone on with). Five seeds: other labelled images, other weights everywhere. All
methods of a seed begin with the same generators, and every fresh detector is measured on the same
300 images. What was measured goes to bench/results/NAME.json and .md:

- AP and recall of a fresh detector, and how its AP compares with that of a detector which learned
  from real images alone, seed by seed;
- what the detector told the generators: the norms of these terms' gradients and of the local
  discriminator's, as the training measured them (medians over epochs and seeds).
"""

import argparse
import json
import platform
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

import torch

import autodesign as ad
from autodesign.interpreter.sweeps.result import Row, SweepResult

HERE = Path(__file__).parent
SPECS = HERE.parent / "specs" / "detector"
RESULTS = HERE / "results"
TABLES = ("methods", "psgan_methods")
FEEDBACK = ("syn", "detection(DET'", "adversarial(DL")
"""What the terms begin with, but for a sign and a weight, whose gradients are compared."""


def swept(name: str, runs: Path) -> SweepResult:
    out = runs / name
    resume = (out / "run.json").exists()
    run = ad.load(SPECS / f"{name}.ad").run("methods", out=out, resume=resume, device="cpu")
    return run.sweeps["methods"]


def norms(result: SweepResult, rows: Iterable[Row]) -> dict[str, float]:
    """By term: the median norm of its gradient, over the epochs of the rows' generators."""
    found: dict[str, list[float]] = {}
    for row in rows:
        log = result.directory / f"gan,{row.point}" / "gan" / "metrics.jsonl"
        for line in map(json.loads, log.read_text().splitlines()):
            (of_generators,) = (n for players, n in line["norms"].items() if players[0] == "G")
            for term, norm in of_generators.items():
                if any(one in term for one in FEEDBACK):
                    found.setdefault(term, []).append(norm)
    return {term: median(values) for term, values in found.items()}


def measured(result: SweepResult) -> dict[str, Any]:
    plain = {row.settings["seed"]: values(row) for row in result.beside}
    found: dict[str, Any] = {"real only": told(list(plain.values()))}
    for mean in result.means:
        own = [values(row) for row in mean.rows]
        over = [
            ap / plain[row.settings["seed"]][0] for row, (ap, _) in zip(mean.rows, own, strict=True)
        ]
        method = str(mean.settings["method"])
        more = {"over real only": over, "norms": norms(result, mean.rows)}
        found[method] = told(own) | more
    return found


def values(row: Row) -> tuple[float, float]:
    """AP and recall of a fresh detector."""
    ap, recall = row.result.values.values()
    assert ap is not None and recall is not None
    return ap, recall


def told(own: list[tuple[float, float]]) -> dict[str, Any]:
    return {"AP": [ap for ap, _ in own], "recall": [recall for _, recall in own]}


def spread(numbers: list[float], digits: int = 3) -> str:
    return f"{fmean(numbers):.{digits}f} ± {stdev(numbers):.{digits}f}"


def page(name: str, found: dict[str, Any], machine: dict[str, Any]) -> str:
    lines = [
        f"# specs/detector/{name}.ad",
        "",
        f"AP at an IoU of 0.5 and recall of a fresh detector, {len(found['real only']['AP'])} "
        "seeds, mean and standard deviation; AP over that of real images alone, seed by seed. "
        "`python bench/methods.py` writes this page.",
        "",
        *(f"- {key}: {value}" for key, value in machine.items()),
        "",
        "| the detector learned from | AP | recall | over real only | of each seed |",
        "|---|---|---|---|---|",
    ]
    for method, own in found.items():
        label = method if method == "real only" else f"real and made, `{method}`"
        over = own.get("over real only", [])
        each = " ".join(f"{one:.2f}" for one in over)
        cells = [label, spread(own["AP"]), spread(own["recall"])]
        cells += [f"{fmean(over):.2f}" if over else "1", each]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Norms of gradients by the generators' weights, medians:", ""]
    lines += ["| method | term | norm |", "|---|---|---|"]
    for method, own in found.items():
        lines += [f"| {method} | `{term}` | {n:.2g} |" for term, n in own.get("norms", {}).items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", nargs="?", choices=TABLES, default="methods")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    machine = {
        "machine": f"{platform.machine()}, {platform.processor() or 'unnamed processor'}",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    name = arguments.table
    found = measured(swept(name, arguments.runs))
    text = page(name, found, machine)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps({"machine": machine, "found": found}, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
