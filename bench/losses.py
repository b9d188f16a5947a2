"""Is a loss that is derived from the metric better than cross-entropy? Test metric, five seeds.

    python bench/losses.py                    # an hour or two on one core; goes on where it was
    python bench/losses.py --only "1:49, linear" --only digits --seeds 2
    python bench/losses.py --report            # bench/results/losses.md from what there is
    python bench/losses.py --check             # the values by sorting are those of the metrics

Every method is trained at the same three learning rates on the first seed; the rate with the best
validation value is used for the others. Each run keeps the weights of its best moment, of ten, on
validation rows, where thresholds and decision rules are chosen as well. LibAUC is compared
where it is installed (`pip install libauc`). Runs are kept in bench/results/losses.jsonl.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import torch
from losses.checks import check
from losses.journal import Journal, Run
from losses.judged import Judged
from losses.methods import METHODS, missing
from losses.page import page
from losses.tasks import Task, tasks
from losses.training import run

RESULTS = Path(__file__).resolve().parent / "results"
FIRST = ("cross-entropy", "weighted", "squares", "mixed", "quantile mixed", "lightly mixed")
"""Methods that are compared on all tasks before the others"""

WHOLE = 5
"""Tasks, the first ones, on which all methods are compared before that"""


def measure(task: Task, name: str, seeds: int, journal: Journal) -> None:
    """A method on a task, for all metrics it is there for."""
    method = METHODS[name]
    judged = [one for one in task.judged if method.fits(task, one)]
    groups = [[one] for one in judged] if method.aimed else [judged] * bool(judged)
    for group in groups:
        for rate in task.rates:
            trained(task, name, group, rate * method.pace, 0, journal)
        for seed in range(1, seeds):
            for rate in sorted({chosen(task, name, one, journal) for one in group}):
                trained(task, name, group, rate, seed, journal)


def chosen(task: Task, method: str, judged: Judged, journal: Journal) -> float:
    """The rate with the best validation value on the first seed."""
    first = [one for one in journal.found(task.name, method, judged.name) if one.seed == 0]
    return max(first, key=lambda one: one.valid).rate


def trained(
    task: Task, name: str, group: Iterable[Judged], rate: float, seed: int, journal: Journal
) -> None:
    keys = [(task.name, name, one.name, rate, seed) for one in group]
    if all(key in journal.runs for key in keys):
        return
    found = run(task, METHODS[name], group, rate, seed)
    for metric, values in found.items():
        journal.add(Run(task.name, name, metric, rate, seed, **values))
        print(f"{task.name} | {metric} | {name} {rate:g} {seed} | {values['test']:.4f}", flush=True)


def available(name: str) -> bool:
    return name != "LibAUC" or not missing("libauc.losses.auc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="tasks whose name holds this")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--report", action="store_true", help="write the page and stop")
    parser.add_argument("--check", action="store_true", help="check how values are found and stop")
    parser.add_argument("--journal", type=Path, default=RESULTS / "losses.jsonl")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.check:
        return check()
    journal = Journal(arguments.journal)
    wanted = [t for t in tasks() if not arguments.only or any(o in t.name for o in arguments.only)]
    if not arguments.report:
        for chosen_tasks, names in ((wanted[:WHOLE], METHODS), (wanted, FIRST), (wanted, METHODS)):
            for task in chosen_tasks:
                for name in filter(available, names):
                    measure(task, name, arguments.seeds, journal)
    (RESULTS / "losses.md").write_text(page(journal), encoding="utf-8")


if __name__ == "__main__":
    main()
