"""What the loss of average precision costs: forward and backward, at 1e3 to 1e7 comparisons.

    python bench/surrogate.py              # a few minutes on one core; 16 GB for the last row
    python bench/surrogate.py --quick      # up to 1e5 comparisons
    python bench/surrogate.py --device cuda

Everything is measured in one process, in turns. The floor is what no such loss can do without: the
difference of each pair, its sigmoid, and the gradient of both. `plugin` and `idw` are the library's
losses, called as users call them, from scores and flags; a tenth of the examples is positive.
`materialised` is idw with its 48 anchors and the best written out, the metric evaluated on each and
gradients by autograd. Memory is what a process of its own uses at most above what it had before its
first step of this size.
Results go to bench/results/surrogate.json and .md.
"""

import argparse
import json
import multiprocessing
import os
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from clock import seconds

import autodesign as ad
from autodesign.interpreter.metric import idw

RESULTS = Path(__file__).parent / "results"
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
ROUNDS = {1_000: 30, 10_000: 30, 100_000: 10, 1_000_000: 5, 10_000_000: 3}
POSITIVE = 0.1
WRITTEN_OUT = 49 * 4 * 3
"""Bytes that the anchors of one comparison take, written out, subtracted and squared"""

SMALL = 40_000
"""Comparisons of a step before memory is measured"""

Step = Callable[[], None]


def steps(comparisons: int, device: str) -> dict[str, Step]:
    """One training step of each kind, on the same scores."""
    examples = round((comparisons / POSITIVE) ** 0.5)
    positives = round(examples * POSITIVE)
    scores = torch.randn(examples, device=device, requires_grad=True)
    flags = torch.arange(examples, device=device) < positives
    metric = ad.metric("std.metrics.AveragePrecision")
    losses = {
        "plugin": metric.uniloss(),
        "idw": metric.uniloss(interpolation="idw", seed=0),
        "materialised": metric.uniloss(interpolation="idw", seed=0),
    }

    def floor() -> None:
        differences = scores.unsqueeze(0) - scores[:positives].unsqueeze(1)
        torch.autograd.backward(torch.sigmoid(differences).sum())

    def step(name: str) -> Step:
        return lambda: torch.autograd.backward(losses[name](scores, flags))

    made = {"floor": floor} | {name: step(name) for name in losses}
    made["materialised"] = written_out(made["materialised"])
    return made


def written_out(step: Step) -> Step:
    """The same step with every anchor written out and the metric evaluated on it."""

    def slow() -> None:
        kept = idw.PLAIN_BELOW, idw.MOST_BITS
        idw.PLAIN_BELOW = idw.MOST_BITS = 1 << 62
        try:
            step()
        finally:
            idw.PLAIN_BELOW, idw.MOST_BITS = kept

    return slow


def memory(comparisons: int, name: str, device: str) -> int:
    """Bytes that a step uses at most above what there was before, in a process of its own."""
    if device != "cpu":
        step = steps(comparisons, device)[name]
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        return torch.cuda.max_memory_allocated() - before
    fresh = multiprocessing.get_context("spawn")
    receiver, sender = fresh.Pipe(duplex=False)
    child = fresh.Process(target=send_memory, args=(sender, comparisons, name))
    child.start()
    child.join()
    return int(receiver.recv()) if receiver.poll() else 0


def send_memory(sender: Any, comparisons: int, name: str) -> None:
    """After a small step, so that code which is read from disk is not counted."""
    torch.set_num_threads(1)
    small, step = (steps(size, "cpu")[name] for size in (SMALL, comparisons))
    small()
    before = resident()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    step()
    sender.send(peak() - before)


def peak() -> int:
    """The most bytes held since the reset. `ru_maxrss` would count what the parent held, too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def available() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def measure(comparisons: int, device: str) -> dict[str, Any]:
    made = steps(comparisons, device)
    if device == "cpu" and comparisons * WRITTEN_OUT > available():
        del made["materialised"]
    slow = {name: made.pop(name) for name in ("materialised",) if name in made}
    rounds = ROUNDS[comparisons]
    times = in_turns(made, rounds, device)
    beside = in_turns({"idw": made["idw"], **slow}, rounds, device) if slow else {}
    return {
        "comparisons": comparisons,
        "seconds": times,
        "seconds_beside_materialised": beside,
        "bytes": {name: memory(comparisons, name, device) for name in made},
    }


def in_turns(made: dict[str, Step], rounds: int, device: str) -> dict[str, float]:
    """The median time of each step. What leaves gigabytes behind is not in turns with the floor."""
    for step in made.values():
        step()
    times: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(rounds):
        for name, step in made.items():
            times[name].append(seconds(step, device))
    return {name: median(all_) for name, all_ in times.items()}


def table(measured: list[dict[str, Any]]) -> str:
    lines = [
        "| comparisons | floor | plugin / floor | idw / floor | materialised / idw "
        "| memory: floor | plugin / floor | idw / floor |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in measured:
        time, used = one["seconds"], one["bytes"]
        beside = one["seconds_beside_materialised"]
        slow = f"{beside['materialised'] / beside['idw']:.1f}" if beside else "no memory"
        large = one["comparisons"] >= 1_000_000  # below, a step is lost in a process's own pages
        floor = f"{used['floor'] / 1e6:.0f} MB" if large else ""
        shares = [f"{used[n] / used['floor']:.1f}" if large else "" for n in ("plugin", "idw")]
        lines.append(
            f"| {one['comparisons']:,} | {1e3 * time['floor']:.2f} ms "
            f"| {time['plugin'] / time['floor']:.1f} | {time['idw'] / time['floor']:.1f} | {slow} "
            f"| {floor} | {' | '.join(shares)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the loss of average precision costs.")
    parser.add_argument("--quick", action="store_true", help="up to 1e5 comparisons")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sizes = [size for size in SIZES if size <= 100_000 or not arguments.quick]
    measured = []
    for size in sizes:
        measured.append(measure(size, arguments.device))
        print(table(measured[-1:]).splitlines()[-1], flush=True)
    about = (
        f"Average precision, one training step, torch {torch.__version__} on {arguments.device}, "
        "one thread.\nWritten by `python bench/surrogate.py`.\n\n"
    )
    RESULTS.mkdir(exist_ok=True)
    name = "surrogate" if arguments.device == "cpu" else f"surrogate_{arguments.device}"
    facts = {"torch": torch.__version__, "python": platform.python_version(), "measured": measured}
    (RESULTS / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(f"# What a surrogate costs\n\n{about}{table(measured)}\n")


if __name__ == "__main__":
    main()
