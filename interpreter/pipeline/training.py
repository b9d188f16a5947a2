"""A pipeline's job from its first step to its result: phases, epochs, validation, checkpoints."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import PipelineJob, ValueReport
from autodesign.interpreter.jobs import checkpoint, course, files
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below
from autodesign.interpreter.jobs.course import Progress, better, interrupted, kept
from autodesign.interpreter.jobs.curves import Curves
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.failures import RunError, failed
from autodesign.interpreter.jobs.identity import check_fits, check_same
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.mishaps import out_of_memory, too_large
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.pipeline import weights
from autodesign.interpreter.pipeline.evaluation import Evaluator
from autodesign.interpreter.pipeline.learner import Diverged, Learner
from autodesign.interpreter.pipeline.rehearsal import rehearse
from autodesign.interpreter.pipeline.shown import show
from autodesign.interpreter.pipeline.tally import Tally
from autodesign.interpreter.pipeline.timetable import Timetable, title
from autodesign.interpreter.pipeline.tools import placements
from autodesign.stdlib.data.reading.examples import Splits


@dataclass(frozen=True, slots=True)
class Around:
    """What a job has around it: its folder, what it is, who hears of it and who may end it."""

    directory: JobDirectory
    identity: Mapping[str, str]
    listener: Listener
    interruption: Interruption
    resume_with: str
    device: torch.device


class PipelineTraining:
    """One job, its players (in order), and the data of each of its draws."""

    def __init__(
        self,
        job: PipelineJob,
        modules: Sequence[nn.Module],
        data: Sequence[Splits],
        around: Around,
    ) -> None:
        self.job, self.modules, self.data, self.around = job, modules, data, around
        names = (player.name for player in job.pipeline.players)
        self.players = dict(zip(names, modules, strict=True))
        self.pipeline, self.directory = job.pipeline, around.directory
        examples = [splits.train for splits in data]
        self.timetable = Timetable(job.pipeline.phases, len(examples[0]), job.batch)
        self.validation = self._evaluator([splits.validation for splits in data])
        places = placements(job.pipeline, examples)
        self.learner = Learner(job, modules, self.timetable, examples, places, around.device)
        self.progress, self.tally = Progress(), Tally()
        rehearse(job.pipeline, modules, examples, places, around.device)

    def run(self) -> Result:
        """Trains to the end, from the last checkpoint where there is one. Raises RunError."""
        self._restore()
        self.curves = Curves(self.directory.events, self.progress.epoch)
        self.saved = time.monotonic()
        self.around.listener.pipeline_started(self.job, self._step, self.timetable.total)
        try:
            while self.progress.epoch < self.timetable.epochs:
                self._train_epoch()
                self._end_epoch()
        except Diverged as problem:
            raise self._diverged(problem) from None
        except Exception as problem:
            if not out_of_memory(problem):
                raise
            raise too_large(problem, smaller(self.job)) from problem
        finally:
            self.curves.close()
        return self._result()

    @property
    def _step(self) -> int:
        """How many steps of the job are done."""
        if self.progress.epoch >= self.timetable.epochs:
            return self.timetable.total
        return self.timetable.at(self.progress.epoch).before + self.progress.step

    def _train_epoch(self) -> None:
        progress, epoch = self.progress, self.timetable.at(self.progress.epoch)
        phase = title(self.pipeline, self.pipeline.phases[epoch.phase])
        if progress.step == 0:
            self.learner.begin(epoch)
        while progress.step < epoch.steps:
            self.learner.step(epoch, progress.step, self.tally)
            progress.step += 1
            self.around.listener.pipeline_stepped(phase, epoch.before + progress.step)
            if self.around.interruption.asked:
                self._save()
                raise interrupted(self.job.name, self._step, self.around.resume_with)
            if time.monotonic() - self.saved > course.SAVE_EVERY:
                self._save()

    def _end_epoch(self) -> None:
        progress, epoch = self.progress, self.timetable.at(self.progress.epoch)
        rates = self.learner.rates(epoch)
        self.learner.end_epoch(epoch)
        values = self._validate()
        record: dict[str, Any] = {
            "epoch": progress.epoch + 1,
            "step": epoch.before + epoch.steps,
            "phase": title(self.pipeline, self.pipeline.phases[epoch.phase]),
            "lr": rates,
            **self.tally.record(),
        }
        if values:
            record["validation"] = {"values": {text: _json(v) for text, v in values.items()}}
        progress.epoch, progress.step, self.tally = progress.epoch + 1, 0, Tally()
        if epoch.phase == len(self.pipeline.phases) - 1:
            self._keep(values)
        line = json.dumps(record)
        files.append(self.directory.metrics, line)
        progress.metrics += len(line.encode()) + 1
        self._save()
        self.curves.add(record)
        self.around.listener.pipeline_epoch_ended(self.job, record, self.timetable.epochs)

    def _reports(self) -> list[ValueReport]:
        """What is reported, and what decides which weights are kept."""
        also = [self.job.keep] if self.job.keep else []
        return list({one.text: one for one in (*self.job.reports, *also)}.values())

    def _validate(self) -> dict[str, float]:
        if all(len(splits.validation) == 0 for splits in self.data):
            return {}
        return self.validation.values(self._reports())

    def _evaluator(self, examples: Sequence[Any]) -> Evaluator:
        job, device = self.job, self.around.device
        places = placements(job.pipeline, examples)
        return Evaluator(job.pipeline, self.modules, examples, places, job.batch, job.seed, device)

    def _keep(self, values: Mapping[str, float]) -> None:
        """Keeps the weights if they are the best so far of the last phase, or the last."""
        keep, progress = self.job.keep, self.progress
        value = values.get(keep.text, math.nan) if keep else math.nan
        if keep is None and progress.epoch < self.timetable.epochs:
            return
        if keep and values and not better(value, progress.best, keep.greater):
            return
        progress.best = None if math.isnan(value) else value
        progress.best_epoch = progress.epoch
        facts = {"job": dict(self.around.identity), "epoch": progress.epoch, "value": repr(value)}
        weights.keep(self.players, self.directory, facts)

    def _result(self) -> Result:
        """Measures the kept weights on the test split: the one time that it is looked at."""
        weights.load(self.players, self.directory)
        for player in self.learner.players:
            player.learns(True)  # as before the first phase: reports may unroll any player
        values = self._evaluator([splits.test for splits in self.data]).values(self.job.reports)
        made = self._evaluator([splits.train for splits in self.data])
        show(made, self.validation, self.job, self.directory)
        result = Result(
            job=self.job.name,
            epochs=self.progress.epoch,
            best_epoch=self.progress.best_epoch,
            examples=len(self.data[0].test),
            values={text: _json(value) for text, value in values.items()},
        )
        files.write(self.directory.result, result.model_dump_json(indent=2).encode() + b"\n")
        self.around.listener.job_ended(self.job, result)
        return result

    # --- checkpoints ---

    def _save(self) -> None:
        """Raises Diverged where a weight is no longer finite: what is saved is good."""
        self.learner.check_weights()
        learner = self.learner.state()
        facts = {
            **learner.facts,
            "job": dict(self.around.identity),
            "progress": self.progress.state(),
            "tally": self.tally.state(),
        }
        checkpoint.write(self.directory.last, Checkpoint(learner.tensors, facts))
        self.saved = time.monotonic()

    def _restore(self) -> None:
        """From the last checkpoint; what was written after it is cut off. Raises SpecError."""
        if self.directory.last.exists():
            where = f"the checkpoint {self.directory.last}"
            saved = checkpoint.read(self.directory.last)
            check_same(saved.facts["job"], self.around.identity, where)
            for name, module in self.players.items():
                own = below("weights", below(name, below("players", saved.tensors)))
                check_fits(own, module, where)
            self.learner.restore(saved)
            self.progress = Progress(**saved.facts["progress"])
            self.tally = Tally.restored(saved.facts["tally"])
        files.cut(self.directory.metrics, self.progress.metrics)

    def _diverged(self, problem: Diverged) -> RunError:
        return failed(
            "AD901",
            f"the job `{self.job.name}` stopped at step {self._step + 1}: {problem}",
            problem.span,
            notes=[kept(self.directory.last)],
            help="lower the learning rate, or bound the gradient with `clip 1.0`",
        )


def smaller(job: PipelineJob) -> str:
    """What to lower where memory does not suffice, what helps most first."""
    made = [value.made for value in job.pipeline.values]
    ways = [f"make the batch smaller than {job.batch}"] if job.batch > 1 else []
    if any(isinstance(one, checked.After) and not one.lean for one in made):
        ways.append("unroll with `lean`")
    ways.append("make the images smaller with `Resize`")
    sizes = [one.size for one in made if isinstance(one, checked.History)]
    if sizes:
        ways.append(f"keep fewer than {max(sizes)} examples in a history")
    last = ways.pop()
    return f"{', '.join(ways)}, or {last}" if ways else last


def _json(value: float) -> float | None:
    return value if math.isfinite(value) else None
