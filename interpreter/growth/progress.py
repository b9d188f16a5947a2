"""How a search is shown: a line for each candidate, its tree after each step, the best so far."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from autodesign.dsl.grow.told import told_search
from autodesign.dsl.growth import Criterion, Search
from autodesign.dsl.spec import Call
from autodesign.interpreter.growth.journal import Candidate, Step
from autodesign.interpreter.growth.result import SearchResult
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.numbers import number
from autodesign.stdlib.criteria.shown import short
from autodesign.stdlib.criteria.shown import shown as shown_criterion

WIDE = 200
"""Columns that a tree may take where nobody looks at it on a terminal."""


class SearchLines(Listener):
    """A line for each candidate, and the tree of those that are kept after each step."""

    console: Console

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def search_started(self, search: Search, done: int, workers: int) -> None:
        self.search, self.before, self.began = search, done, time.monotonic()
        self.done = done
        for line in told_search(search):
            self.say(line)
        self.say(f"  compared by {', then '.join(map(_compared, search.criteria))}")
        several = f"{workers} at a time" if workers > 1 else "one at a time"
        before = f", {done} of them were done before" if done else ""
        self.say(f"  {several}{before}")

    def step_started(self, step: int, children: int, done: int) -> None:
        if step and children > done:
            known = f", {done} of them done before" if done else ""
            which = "candidate" if children == 1 else "candidates"
            self.say(f"{self.search.name}: step {step}, {children} {which}{known}")

    def finish_started(self, best: Candidate) -> None:
        training = self.search.training
        assert training
        more = f"{training.finish:,} {training.unit}"
        self.say(f"{self.search.name}: the best, {best.id}, is trained for {more} more")

    def candidate_ended(self, candidate: Candidate, best: Candidate | None) -> None:
        self.done += 1
        count = max(self.search.space.trainings, self.done)
        what = f"{self.done}/{count} {candidate.id} {candidate.origin}"
        self.say(f"{what}  {came(self.search, candidate)}{standing(self.search, candidate, best)}")

    def step_ended(self, step: Step, candidates: Mapping[str, Candidate]) -> None:
        width = None if self.console.is_terminal else WIDE
        for kept in trees(self.search, step, candidates):
            self.console.print(kept, highlight=False, no_wrap=True, crop=False, width=width)
        left = self.time_left()
        self.say(
            f"{self.search.name}: step {step.step} done, {len(step.kept)} of {len(step.children)} "
            f"candidates kept{f', about {left} left' if left else ''}"
        )

    def search_ended(self, result: SearchResult) -> None:
        self.console.print(best_table(result))
        taken = disk(result.directory)
        self.say(
            f"{result.search.name}: {len(result.tree.nodes)} candidates, {result.images:,} images "
            f"learned from, {shown(result.seconds)} of all workers together, {taken} on disk"
        )
        self.say(f"analysis: {result.directory / 'analysis.html'}")

    def time_left(self) -> str:
        """The time that the rest will take if it goes on like this; "" where nothing is known."""
        trained = self.done - self.before
        rest = self.search.space.trainings - self.done
        if trained < 1 or rest < 1:
            return ""
        return shown((time.monotonic() - self.began) / trained * rest)


class SearchBars:
    """The bars of a search: one over all of its candidates, one for each that is being trained."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.running: dict[str, TaskID] = {}

    def start(self, search: Search, done: int) -> None:
        self.bars.start()
        total = max(search.space.trainings, done)
        self.task = self.bars.add_task(search.name, total=total, completed=done, last="candidates")

    def stepped(self, candidate: str, done: int, total: int) -> None:
        if candidate not in self.running:
            self.running[candidate] = self.bars.add_task(candidate, total=total, last="")
        self.bars.update(self.running[candidate], completed=done, total=total)

    def ended(self, candidate: str, best: str) -> None:
        self.bars.update(self.task, advance=1, last=f"best: {best}")
        if candidate in self.running:
            self.bars.remove_task(self.running.pop(candidate))

    def end(self) -> None:
        self.bars.remove_task(self.task)


def trees(search: Search, step: Step, candidates: Mapping[str, Candidate]) -> list[Tree]:
    """Those that were kept in a step, and how they came to be: a tree for each that they began
    with."""
    branches: dict[str, Tree] = {}

    def branch(candidate: str) -> Tree:
        if candidate not in branches:
            one = candidates[candidate]
            label = Text(f"{one.origin}  {came(search, one)}")
            branches[candidate] = branch(one.parent).add(label) if one.parent else Tree(label)
        return branches[candidate]

    for candidate in step.kept:
        branch(candidate)
    return [one for name, one in branches.items() if candidates[name].parent is None]


def best_table(result: SearchResult) -> Table:
    """The best at each resolution."""
    some = Table(title=f"{result.search.name}: the best at each resolution", min_width=24)
    told = (*result.search.criteria, *result.search.reports)
    names = _names(told)
    ratios = any(one.normalised for one in result.best_at.values())
    some.add_column("resolution", justify="right")
    some.add_column("candidate")
    for name in names.values():
        some.add_column(Text(name), justify="right")
    if ratios:
        some.add_column("of the baseline's", justify="right")
    for resolution, one in result.best_at.items():
        ratio = next((f"{v:.3g}" for v in one.normalised.values() if v is not None), "")
        cells = [number(one.values.get(text)) for text in names]
        some.add_row(str(resolution or ""), one.id, *cells, *([ratio] if ratios else []))
    return some


def came(search: Search, one: Candidate) -> str:
    """What came of a candidate in a few words."""
    if one.outcome != "done":
        return f"{one.outcome}: {one.error}" if one.error else one.outcome
    sized = [f"{one.resolution}x{one.resolution}"] if one.resolution else []
    return "  ".join([*sized, *_values(search, one)])


def standing(search: Search, one: Candidate, best: Candidate | None) -> str:
    """How it stands beside the best so far."""
    if best is None:
        return ""
    if best.id == one.id:
        return "  the best so far"
    return f"  best so far: {found(search, best)}"


def found(search: Search, one: Candidate | None) -> str:
    """By the first criterion, at the highest resolution."""
    if one is None:
        return "none"
    where = f" at {one.resolution}x{one.resolution}" if one.resolution else ""
    return f"{number(one.values.get(search.criteria[0].text))}{where}"


def _values(search: Search, one: Candidate) -> Sequence[str]:
    names = _names(search.criteria)
    return [f"{name} {number(one.values.get(text))}" for text, name in names.items()]


def _names(criteria: Sequence[Criterion]) -> dict[str, str]:
    """By its text, the short name of each criterion; the text itself where others share that."""
    names = {one.text: _short(one) for one in criteria}
    shared = {name for name in names.values() if [*names.values()].count(name) > 1}
    return {text: text if name in shared else name for text, name in names.items()}


def _short(criterion: Criterion) -> str:
    return short(criterion.value) if isinstance(criterion.value, Call) else criterion.text


def _compared(criterion: Criterion) -> str:
    better = "less" if criterion.direction == "minimize" else "more"
    return f"{shown_criterion(criterion)} ({better} is better)"


def shown(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`"""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def disk(folder: Path) -> str:
    """What the files in a folder take."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
