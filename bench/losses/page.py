"""The page of results: every cell that was run, won or lost."""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

import torch

from losses.journal import Journal, Run
from losses.methods import METHODS
from losses.tasks import Task, tasks

USUAL = ("cross-entropy", "weighted", "squares")
OURS = ("mixed", "quantile mixed", "lightly mixed", "plugin", "quantile", "idw")


@dataclass(frozen=True)
class Tried:
    """One method in one cell: values at its rate, on validation and on test rows, by seed."""

    rate: float
    valid: tuple[float, ...]
    test: tuple[float, ...]

    @property
    def mean(self) -> float:
        return mean(self.test)

    @property
    def deviation(self) -> float:
        return stdev(self.test) if len(self.test) > 1 else float("nan")

    def __str__(self) -> str:
        seeds = f" ({len(self.test)} seeds)" if len(self.test) != 5 else ""
        return f"{self.mean:.3f} ± {self.deviation:.3f}{seeds}"


Cell = dict[str, Tried]
"""By method"""


@dataclass(frozen=True)
class Verdict:
    """The best of ours by its mean validation value against the best usual one."""

    ours: str
    usual: str
    sds: float

    @property
    def word(self) -> str:
        return "better" if self.sds > 1 else "worse" if self.sds < -1 else "same"


def page(journal: Journal) -> str:
    cells = {
        (task, judged.name): cell(journal, task.name, judged.name)
        for task in tasks()
        for judged in task.judged
    }
    done = {key: found for key, found in cells.items() if found}
    verdicts = {key: verdict(found, by_test) for key, found in done.items()}
    alike = {key: verdict(found, by_validation) for key, found in done.items()}
    return "\n".join(
        [
            head(),
            "## In short\n",
            summary("best of ours on validation rows, usual loss by test rows", verdicts),
            summary("both on validation rows", alike),
            alone(done),
            "## Every cell\n",
            *(section(task, done, verdicts) for task in dict.fromkeys(task for task, _ in done)),
            missing(cells),
            DROPPED,
        ]
    )


def cell(journal: Journal, task: str, metric: str) -> Cell:
    """Methods with at least two seeds at the rate chosen on the first."""
    found = {}
    for name in METHODS:
        runs = journal.found(task, name, metric)
        first = [run for run in runs if run.seed == 0]
        if not first:
            continue
        rate = max(first, key=lambda run: run.valid).rate
        chosen: list[Run] = sorted((r for r in runs if r.rate == rate), key=lambda r: r.seed)
        if len(chosen) > 1:
            found[name] = Tried(rate, tuple(r.valid for r in chosen), tuple(r.test for r in chosen))
    return found


def by_validation(tried: Tried) -> float:
    return mean(tried.valid)


def by_test(tried: Tried) -> float:
    return tried.mean


def verdict(found: Cell, usual_by: Callable[[Tried], float]) -> Verdict | None:
    usual = [name for name in USUAL if name in found]
    ours = [name for name in OURS if name in found]
    if not usual or not ours:
        return None
    return against(found, max(ours, key=lambda name: by_validation(found[name])), usual_by)


def against(found: Cell, own: str, usual_by: Callable[[Tried], float] = by_test) -> Verdict:
    theirs = max((one for one in USUAL if one in found), key=lambda one: usual_by(found[one]))
    return Verdict(own, theirs, distance(found[own], found[theirs]))


def distance(one: Tried, other: Tried) -> float:
    """Of the means, in standard deviations over seeds (root mean square of both)."""
    both = sqrt((one.deviation**2 + other.deviation**2) / 2)
    gap = one.mean - other.mean
    return gap / both if both else 0.0 if not gap else float("inf") * gap


def summary(title: str, verdicts: Mapping[tuple[Task, str], Verdict | None]) -> str:
    lines = [f"| {title} | cells | better | same | worse |", "|---|---|---|---|---|"]
    groups = {"linear models": "linear", "MLPs": "MLP", "convolutional networks": ""}
    left = {key: one for key, one in verdicts.items() if one}
    for group, mark in groups.items():
        taken = {key: left.pop(key) for key in list(left) if mark in key[0].name}
        words = Counter(one.word for one in taken.values())
        lines.append(
            f"| {group} | {len(taken)} | {words['better']} | {words['same']} | {words['worse']} |"
        )
    return "\n".join(lines) + "\n"


def alone(done: dict[tuple[Task, str], Cell]) -> str:
    """Each method by itself against the best usual one."""
    lines = ["| one method everywhere | cells | better | same | worse |", "|---|---|---|---|---|"]
    for name in METHODS:
        if name in USUAL:
            continue
        words = Counter(
            against(found, name).word
            for found in done.values()
            if name in found and any(one in found for one in USUAL)
        )
        counts = [sum(words.values()), *(words[word] for word in ("better", "same", "worse"))]
        lines.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines) + "\n"


def section(
    task: Task,
    done: dict[tuple[Task, str], Cell],
    verdicts: dict[tuple[Task, str], Verdict | None],
) -> str:
    metrics = [metric for one, metric in done if one is task]
    lines = [f"### {task.name}\n", "| | " + " | ".join(metrics) + " |"]
    lines.append("|---|" + "---|" * len(metrics))
    for name in METHODS:
        shown = [str(done[task, m].get(name, "")) for m in metrics]
        if any(shown):
            lines.append(f"| {name} | " + " | ".join(shown) + " |")
    said = [_said(verdicts[task, metric]) for metric in metrics]
    lines.append("| *ours against the usual* | " + " | ".join(said) + " |")
    return "\n".join(lines) + "\n"


def _said(found: Verdict | None) -> str:
    if found is None:
        return ""
    return f"*{found.word}* ({found.ours} − {found.usual}: {found.sds:+.1f} sd)"


DROPPED = """## Tried and dropped

Shirt at 1:49, two seeds, 250 steps at a constant rate, before the runs above. Test values.

- *Logistic bits*: the slope of each bit that of its logarithm, weighed by how much the bit counts
  (as LambdaRank does). Average precision .144 with the linear model (`plugin` .265, cross-entropy
  .205), .300 with the MLP (.369, .401). It is cross-entropy over pairs again: what is hopelessly
  wrong pulls most.
- *Margins*: every comparison must be won by 1. Average precision .262 with the linear model:
  nothing gained.
- *The k-th greatest comparison itself* in place of the soft one of `quantile`, times 1 beside
  cross-entropy, at one rate. Precision at 1 %: .465 with the linear model and .284 with the MLP,
  where the soft one has .541 and .603 (cross-entropy .364, .574). All of the gradient falls on one
  example, and it is another one in each step.
"""


def missing(cells: dict[tuple[Task, str], Cell]) -> str:
    def gaps() -> Iterator[str]:
        for (task, metric), found in cells.items():
            judged = next(one for one in task.judged if one.name == metric)
            fits = [name for name, method in METHODS.items() if method.fits(task, judged)]
            lacking = [name for name in fits if name not in found]
            if lacking:
                what = "everything" if lacking == fits else ", ".join(lacking)
                yield f"- {task.name}, {metric}: {what}"

    lines = list(gaps())
    return "\n".join(["## Not run\n", *lines, ""]) if lines else ""


def head() -> str:
    return f"""# Losses derived from metrics against cross-entropy, on test data

Written by `python bench/losses.py`; Python {platform.python_version()}, torch {torch.__version__},
CPU. Mean and standard deviation of the test metric over seeds. What it means for a user is said in
[docs/metrics.md](../../docs/metrics.md#when-it-is-worth-it).

**Equal for all.** Three learning rates, compared on the first seed by the validation value (the
metric itself); the best is used for all seeds. Adam, the rate falling to 0. Batches that hold each
class in proportion. Of ten moments of a run the best on validation rows is kept. Thresholds (F2)
and decision rules (kappa: the highest score, or the least expected cost) are chosen on validation
rows, also for our losses. Test rows choose nothing.

**Cells.** `1:49` is one class of Fashion-MNIST against the rest, 200 of 10,000 rows to learn from,
half as many to choose by, 27,600 to test on; `1:9` has 500 of 5,000. Images at half their size
(14 x 14). Another seed is another draw of rows, other first weights, another order.

**Methods.** `mixed` is the `plugin` surrogate, times 10 (times 1 where the metric counts against a
number), with cross-entropy beside it; `quantile mixed` the interpolation `quantile`, times 3,
likewise; `lightly mixed` a tenth of that (by order where there is a count). `weighted`: positives
weigh as much in all as negatives. `smooth rank`: Smooth-AP.
`LibAUC`: its average precision loss, on batches half of positives, as its sampler makes them, at
0.3 times the rates (which suit it better), by Adam and without the warm start that its authors
advise. `squares`: squared error to bells around the points. `squares` and `weighted` count among
the usual losses.

**What was chosen before.** Weights, steps and rates were tried out on two seeds of shirts at 1:49,
where test values were looked at too. `lightly mixed` was added when all other cells of `mixed` and
of the usual losses were known, because `mixed` lost with MLPs. All cells were run with it.

**Verdict.** Ours is the one of our losses with the best validation value; the usual loss is the one
with the best *test* value, to its advantage. The second table chooses both on validation rows.
*Better* or *worse*: further apart than one standard deviation (the root mean square of both). Ours
are more methods than the usual ones, so ours have more to choose from; the third table has no
choice in it.
"""
