"""How a run is shown on a terminal: bars with rate and time left, or a line for each epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.diagnostics.terminal import render
from autodesign.dsl.growth import Search
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.growth.progress import SearchBars, SearchLines, found
from autodesign.interpreter.growth.result import SearchResult
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.numbers import number
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.sweeps.result import SweepResult, cells
from autodesign.interpreter.sweeps.tradeoff import tradeoffs

KEEP_LENGTH = 40
"""A criterion that is not reported is shown with each epoch if its text is not longer."""


def listener_for(console: Console) -> Listener:
    return Bars(console) if console.is_terminal else Lines(console)


class Lines(SearchLines):
    """One line for each epoch, for logs."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def run_started(self, directory: Path, device: str) -> None:
        self.say(f"run {directory} on {device}")

    def job_started(self, job: spec.Train, epoch: int, steps: int) -> None:
        resumed = f", from epoch {epoch + 1}" if epoch else ""
        self.say(f"{job.name}: {job.epochs} epochs of {steps} steps{resumed}")

    def epoch_ended(self, job: spec.Train, record: Mapping[str, Any]) -> None:
        self.say(f"{job.name} {record['epoch']}/{job.epochs}  {summary(job, record)}")

    def pipeline_started(self, job: PipelineJob, step: int, steps: int) -> None:
        resumed = f", from step {step + 1}" if step else ""
        self.say(f"{job.name}: {steps} steps{resumed}")

    def pipeline_epoch_ended(
        self, job: PipelineJob, record: Mapping[str, Any], epochs: int
    ) -> None:
        self.say(f"{job.name} {record['epoch']}/{epochs}  {players_summary(record)}")

    def warned(self, job: spec.Train | PipelineJob | Search, warning: Diagnostic) -> None:
        text = Text.from_ansi(render(warning, color=self.console.is_terminal))
        self.console.print(text, highlight=False, soft_wrap=True)

    def job_skipped(self, job: spec.Train | PipelineJob, result: Result) -> None:
        self.say(f"{job.name}: done before")

    def sweep_started(self, sweep: spec.Sweep, points: int, done: int, processes: int) -> None:
        self.left, self.points = points - done, points
        before = f", {done} of them done before," if done else ""
        several = f" in {processes} processes" if processes > 1 else ""
        self.say(f"{sweep.name}: {points} points{before}{several}".rstrip(","))

    def point_ended(self, point: str, result: Result | None, failure: Sequence[Diagnostic]) -> None:
        self.left -= 1
        came = f"failed: {failure[0].message} ({failure[0].code})" if failure else ""
        if result:
            values = {text: number(v) for text, v in result.values.items() if text != "cost"}
            if result.greatest:
                values["cost"] = f"{result.cost:,.0f}"
            came = "  ".join(f"{text} {value}" for text, value in values.items())
        self.say(f"{self.points - self.left}/{self.points} {point}  {came}")

    def sweep_ended(self, result: SweepResult) -> None:
        self.console.print(sweep_table(result))
        for plot in result.sweep.plots:
            for one in tradeoffs(result, plot):
                if one.whole:
                    of = f" ({one.of})" if one.of else ""
                    self.say(f"{plot.vertical.name}{of}: {one}")
        self.say(f"report: {result.directory / 'report.html'}")

    def run_ended(self, directory: Path, results: Sequence[Result]) -> None:
        if results:
            self.console.print(table(results))
        self.say(f"report: {directory / 'report.html'}")


class Bars(Lines):
    """A bar for each job, with steps a second and the time left."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[last]}", markup=False),
            console=console,
        )
        self.steps = 1
        self.candidates = SearchBars(self.bars)

    def job_started(self, job: spec.Train, epoch: int, steps: int) -> None:
        self.bars.start()
        self.steps = steps
        total, done = job.epochs * steps, epoch * steps
        self.task = self.bars.add_task(job.name, total=total, completed=done, last="")

    def stepped(self, epoch: int, step: int) -> None:
        self.bars.update(self.task, completed=epoch * self.steps + step)

    def epoch_ended(self, job: spec.Train, record: Mapping[str, Any]) -> None:
        self.bars.update(self.task, last=summary(job, record))

    def pipeline_started(self, job: PipelineJob, step: int, steps: int) -> None:
        self.bars.start()
        self.name = job.name
        self.task = self.bars.add_task(job.name, total=steps, completed=step, last="")

    def pipeline_stepped(self, phase: str, step: int) -> None:
        self.bars.update(self.task, completed=step, description=f"{self.name}, {phase}")

    def pipeline_epoch_ended(
        self, job: PipelineJob, record: Mapping[str, Any], epochs: int
    ) -> None:
        self.bars.update(self.task, last=players_summary(record))

    def sweep_started(self, sweep: spec.Sweep, points: int, done: int, processes: int) -> None:
        super().sweep_started(sweep, points, done, processes)
        self.bars.start()
        self.running: dict[str, TaskID] = {}
        self.task = self.bars.add_task(sweep.name, total=points, completed=done, last="points")

    def point_stepped(self, point: str, done: int, total: int) -> None:
        if point not in self.running:
            self.running[point] = self.bars.add_task(point, total=total, last="")
        self.bars.update(self.running[point], completed=done, total=total)

    def point_ended(self, point: str, result: Result | None, failure: Sequence[Diagnostic]) -> None:
        super().point_ended(point, result, failure)
        self.bars.advance(self.task)
        if point in self.running:
            self.bars.remove_task(self.running.pop(point))

    def sweep_ended(self, result: SweepResult) -> None:
        self.bars.remove_task(self.task)
        super().sweep_ended(result)

    def search_started(self, search: Search, done: int, workers: int) -> None:
        super().search_started(search, done, workers)
        self.candidates.start(search, done)

    def candidate_stepped(self, candidate: str, done: int, total: int) -> None:
        self.candidates.stepped(candidate, done, total)

    def candidate_ended(self, candidate: Candidate, best: Candidate | None) -> None:
        super().candidate_ended(candidate, best)
        self.candidates.ended(candidate.id, found(self.search, best))

    def search_ended(self, result: SearchResult) -> None:
        self.candidates.end()
        super().search_ended(result)

    def run_ended(self, directory: Path, results: Sequence[Result]) -> None:
        self.close()
        super().run_ended(directory, results)

    def close(self) -> None:
        self.bars.stop()


class Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="dim")


def summary(job: spec.Train, record: Mapping[str, Any]) -> str:
    """An epoch in a few words: its losses, and what validation found."""
    shown = {report.text for report in job.reports} | {job.keep.text[:KEEP_LENGTH]}
    words = [f"loss {sum(record['losses'].values()):.4g}"]
    if "explore" in record:
        words.append(f"explore {record['explore']:.2f}")
    validation = record.get("validation", {})
    values = validation.get("values", {})
    words += [f"{text} {number(v)}" for text, v in values.items() if text in shown]
    for goal, count in record.get("skipped_batches", {}).items():
        words.append(f"{goal} undefined for {count} batches")
    if record.get("skipped_bags"):
        words.append(f"{record['skipped_bags']} of {record['bags']} bags without a reward")
    return "  ".join(words)


def players_summary(record: Mapping[str, Any]) -> str:
    """An epoch of a pipeline in a few words: its phase, what its goals were, what was reported."""
    losses = [f"{goal} {value:.4g}" for goal, value in record["losses"].items()]
    values = record.get("validation", {}).get("values", {})
    reported = [f"{text} {number(value)}" for text, value in values.items()]
    return "  ".join([record["phase"], *losses, *reported])


def table(results: Sequence[Result]) -> Table:
    """All jobs on the test split, one line each."""
    reports = list(dict.fromkeys(text for r in results for text in r.values if text != "cost"))
    shown = Table(title="on the test split", min_width=24)
    shown.add_column("job")
    costs = ("cost", "of greatest") if any(result.greatest for result in results) else ()
    for text in (*reports, *costs):
        shown.add_column(Text(text), justify="right")
    for result in results:
        values = [number(result.values[t]) if t in result.values else "" for t in reports]
        cost = [f"{result.cost:,.0f}", _share(result)] if result.greatest else []
        shown.add_row(Text(result.job), *values, *cost)
    return shown


def sweep_table(result: SweepResult) -> Table:
    """A sweep on the test split: a line for each point, with its mean and deviation over seeds."""
    repeated = len(result.seeds) > 1
    title = f"{result.sweep.name}, on the test split"
    shown = Table(title=f"{title}, over {len(result.seeds)} seeds" if repeated else title)
    shown.add_column(Text(", ".join(a.param for a in result.sweep.axes if not a.repeats)))
    for figure in result.figures:
        shown.add_column(Text(figure.name), justify="right")
    for mean in (*result.means, *result.beside_means):
        shown.add_row(Text(result.name_of(mean)), *cells(mean, result.figures))
    return shown


def _share(result: Result) -> str:
    return f"{result.relative_cost:.0%}"
