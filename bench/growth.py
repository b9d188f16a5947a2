"""DGGAN against ProgGAN on Fashion-MNIST: specs/growth/dggan_small.ad, in several seeds.

    python bench/growth.py                    # three seeds one after the other
    python bench/growth.py --seeds 1          # one of them; in several processes, one on each core
    python bench/growth.py --judge            # what is there, finished or not, judged as it stands
    python bench/growth.py --tell             # the tables of what was judged

A run is continued where it was interrupted (runs/growth/seed-0, ...). The best of each search at
each resolution is then judged anew, on other noise and more images than the search chose it by, so
that none is the best by luck; and through another extractor, which no search has seen. What was
measured goes to bench/results/growth.json and .md.
"""

import argparse
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch

import autodesign as ad
from autodesign.dsl.grow import replay
from autodesign.dsl.growth import Search
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth import ranking
from autodesign.interpreter.growth.analysis.history import History, read
from autodesign.interpreter.growth.judging import Judge
from autodesign.interpreter.growth.lineage import Weights, with_weights
from autodesign.interpreter.growth.tree import moves_to
from autodesign.interpreter.growth.workshop import WORKSHOP
from autodesign.stdlib.library import standard

HERE = Path(__file__).parent
SPEC = HERE.parent / "specs" / "growth" / "dggan_small.ad"
RESULTS = HERE / "results"
SEARCHES = ("proggan", "grown")
THESIS = {8: 0.49, 16: 0.55, 32: 0.66}
"""DGGAN's FID over ProgGAN's on CIFAR-10, table 5.1"""
IMAGES = 5_000
"""That the best are judged by; as many other real ones are the floor."""
NOISE = 10_000
"""Seed of the noise that the best are judged on; the searches' is 0, 1, ..."""
KERNEL = "KernelDistance(Features(eyes), n=n)"
WITNESS = "FrechetDistance(MobileNetV2(size=96), n=2_000, projection=48)"


def run(seed: int, place: Path, workers: int | None, settings: Mapping[str, str]) -> None:
    """Both searches, or what is left of them."""
    spec = ad.load(SPEC, {**settings, "seed": seed})
    spec.run(out=place, resume=(place / "run.json").exists(), device="cpu", processes=workers)


def judged(seed: int, place: Path, settings: Mapping[str, str], images: int) -> dict[str, Any]:
    """What both searches cost, and their best at each resolution, judged anew."""
    text = SPEC.read_text("utf-8").replace(f"report {KERNEL}", f"report {KERNEL}, {WITNESS}")
    assert WITNESS in text
    here = {**settings, "seed": str(seed), "n": str(images)}
    checked, found = load_text(text, SPEC.name, standard(), here, SPEC.parent)
    assert checked, found
    searches = checked.searches
    return {name: _search(searches[name], place, seed) for name in SEARCHES}


def _search(search: Search, place: Path, seed: int) -> dict[str, Any]:
    history = read(place / search.name)
    judge = Judge(search, WORKSHOP.data(search.data), torch.device("cpu"), place)
    bests = ranking.best_at(history.goals, history.done)
    candidates = list(history.candidates.values())
    return {
        "candidates": len(candidates),
        "lost": len(candidates) - len(history.done),
        "images": sum(one.images for one in candidates),
        "seconds": sum(one.seconds for one in candidates),
        "best": {side: _best(search, judge, history, one.id, seed) for side, one in bests.items()},
    }


def _best(search: Search, judge: Judge, history: History, name: str, seed: int) -> dict[str, Any]:
    one, route = history.candidates[name], history.tree.route(name)
    moves = moves_to(search.growth, history.candidates, name)
    architecture = replay(search.growth, moves, standard())
    weights = Weights.read(history.directory / "candidates" / name, architecture)
    states = {**weights.networks, **weights.averages}
    modules = {
        net: with_weights(architecture.networks[net], own).eval() for net, own in states.items()
    }
    with torch.no_grad():
        found = judge.judge(architecture, modules, NOISE + seed)
    return {
        "id": name,
        "moves": [move.text for move in moves],
        "parameters": dict(one.parameters),
        "images": sum(parent.images for parent in route),
        "last_images": sum(p.images for p in route if p.layers == one.layers),
        "seen": dict(one.values),
        "normalised": dict(one.normalised),
        "judged": {text: [j.value, j.floor, j.n] for text, j in found.items()},
    }


# --- tables ---------------------------------------------------------------------------------------


def tables(seeds: Mapping[str, Any]) -> str:
    sides = sorted({int(side) for one in seeds.values() for side in one["grown"]["best"]})
    first = next(iter(seeds.values()))["proggan"]["best"]
    texts = list(next(iter(first.values()))["judged"])
    parts = [_table(seeds, sides, text) for text in texts]
    return "\n\n".join([*parts, _costs(seeds), _routes(seeds)])


def _table(seeds: Mapping[str, Any], sides: Sequence[int], text: str) -> str:
    lines = [
        f"## {text}",
        "",
        "| | floor | ProgGAN | DGGAN | ratio | of each seed | as the search saw it | thesis |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for side in sides:
        pairs = [_pair(one, side, text) for one in seeds.values() if _both(one, side)]
        if not pairs:
            continue
        ratios = [grown / fixed for fixed, grown, _, _ in pairs if fixed > 0]
        seen = [ratio for *_, ratio in pairs if ratio is not None]
        cells = [
            f"{side}x{side}",
            f"{pairs[0][2]:.3g}" if pairs[0][2] is not None else "",
            _mean([fixed for fixed, *_ in pairs]),
            _mean([grown for _, grown, *_ in pairs]),
            _mean(ratios),
            ", ".join(f"{ratio:.2f}" for ratio in ratios),
            _mean(seen) if seen else "",
            f"{THESIS[side]:.2f}" if text.startswith("FrechetDistance(Features") else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _both(one: Mapping[str, Any], side: int) -> bool:
    return all(str(side) in one[name]["best"] for name in SEARCHES)


def _pair(
    one: Mapping[str, Any], side: int, text: str
) -> tuple[float, float, float | None, float | None]:
    """ProgGAN's and DGGAN's value, the floor, and the ratio that the search went by."""
    fixed, grown = (one[name]["best"][str(side)] for name in SEARCHES)
    value, floor, _ = grown["judged"][text]
    return fixed["judged"][text][0], value, floor, grown["normalised"].get(text)


def _mean(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{fmean(values):.3g}{spread}" if values else ""


def _costs(seeds: Mapping[str, Any]) -> str:
    lines = [
        "## What it cost",
        "",
        "| | candidates | without a value | images learned from | hours of all workers |",
        "|---|---|---|---|---|",
    ]
    for seed, one in seeds.items():
        for name in SEARCHES:
            cost = one[name]
            lines.append(
                f"| {name}, seed {seed} | {cost['candidates']} | {cost['lost']} | "
                f"{cost['images']:,} | {cost['seconds'] / 3600:.2f} |"
            )
    return "\n".join(lines)


def _routes(seeds: Mapping[str, Any]) -> str:
    lines = [
        "## The best at the highest resolution",
        "",
        "| | actions | parameters | images on the way | of these in the last architecture |",
        "|---|---|---|---|---|",
    ]
    for seed, one in seeds.items():
        for name in SEARCHES:
            best = one[name]["best"][max(one[name]["best"], key=int)]
            sizes = ", ".join(f"{net} {count:,}" for net, count in best["parameters"].items())
            moves = ", ".join(f"`{move}`" for move in best["moves"])
            lines.append(
                f"| {name}, seed {seed} | {moves} | {sizes} | {best['images']:,} | "
                f"{best['last_images']:,} |"
            )
    return "\n".join(lines)


def tell(runs: Path) -> None:
    """Writes the tables of all seeds that were judged."""
    files = sorted(runs.glob("seed-*/judged.json"))
    seeds = {file.parent.name.removeprefix("seed-"): json.loads(file.read_text()) for file in files}
    if not seeds:
        raise SystemExit(f"nothing is judged yet in {runs}")
    RESULTS.mkdir(exist_ok=True)
    facts = {"torch": torch.__version__, "python": platform.python_version(), "seeds": seeds}
    (RESULTS / "growth.json").write_text(json.dumps(facts, indent=2) + "\n")
    about = (
        "Fashion-MNIST, 20,000 images, from 8x8 to 32x32 (specs/growth/dggan_small.ad); means ±\n"
        "standard deviations over seeds. `Features(eyes)` is a classifier trained on the same\n"
        "clothes. The best of each resolution are judged anew, on other noise and "
        f"{IMAGES:,} images;\nthe floor is the distance between as many real images.\n"
        "Written by `python bench/growth.py`.\n\n"
    )
    (RESULTS / "growth.md").write_text(f"# DGGAN against ProgGAN\n\n{about}{tables(seeds)}\n")
    print(tables(seeds))


def main() -> None:
    parser = argparse.ArgumentParser(description="DGGAN against ProgGAN on Fashion-MNIST.")
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--runs", type=Path, default=Path("runs") / "growth")
    parser.add_argument("--workers", type=int, help="candidates that are trained at a time")
    parser.add_argument("--images", type=int, default=IMAGES, help="that the best are judged by")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--judge", action="store_true", help="train nothing")
    parser.add_argument("--tell", action="store_true", help="only the tables of what was judged")
    arguments = parser.parse_args()
    settings = dict(one.split("=", 1) for one in arguments.set)
    for seed in () if arguments.tell else arguments.seeds:
        place = arguments.runs / f"seed-{seed}"
        if not arguments.judge:
            run(seed, place, arguments.workers, settings)
        found = judged(seed, place, settings, arguments.images)
        (place / "judged.json").write_text(json.dumps(found, indent=2) + "\n")
    tell(arguments.runs)


if __name__ == "__main__":
    main()
