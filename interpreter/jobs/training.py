"""A job from its first step to its result: epochs, validation, checkpoints, the test at the end."""

import json
import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.jobs import checkpoint, course, files
from autodesign.interpreter.jobs.batches import Batches, rare
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.jobs.course import Progress, better, interrupted, kept
from autodesign.interpreter.jobs.curves import Curves
from autodesign.interpreter.jobs.degeneracy import degenerate
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.evaluation import Evaluation, evaluate
from autodesign.interpreter.jobs.failures import RunError, failed
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.identity import check_fits, check_same
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.learner import Diverged, Learner
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.ranks import Ranks
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.shown import show
from autodesign.interpreter.jobs.tally import Tally
from autodesign.stdlib.data.reading.examples import Examples, Splits


class Training:
    """One job, its data and its folder."""

    def __init__(
        self,
        job: spec.Train,
        splits: Splits,
        feed: Feed,
        directory: JobDirectory,
        identity: Mapping[str, str],
        listener: Listener,
        interruption: Interruption,
        resume_with: str,
        ranks: Ranks,
    ) -> None:
        self.job, self.splits, self.feed, self.directory = job, splits, feed, directory
        self.resume_with = resume_with
        self.identity, self.listener, self.interruption = identity, listener, interruption
        self.batches = Batches.of(job, splits.train)
        self.steps = len(self.batches)
        self.ranks, self.learner = ranks, Learner(job, feed, self.steps, ranks)
        self.progress, self.tally, self.warned = Progress(), Tally(), set[str]()

    def run(self) -> Result:
        """Trains to the end, from the last checkpoint where there is one. Raises RunError."""
        self._restore()
        self.curves = Curves(self.directory.events, self.progress.epoch)
        self.saved = time.monotonic()
        self.listener.job_started(self.job, self.progress.epoch, self.steps)
        if warning := rare(self.job, self.batches):
            self._warn([warning])
        try:
            while not self._finished():
                self._train_epoch()
                self._end_epoch()
        except Diverged as problem:
            raise self._diverged(problem) from None
        finally:
            self.curves.close()
        return self._result()

    def _finished(self) -> bool:
        progress, patience = self.progress, self.job.patience
        waited = progress.epoch - progress.best_epoch
        tired = patience is not None and progress.epoch > 0 and waited >= patience
        return progress.epoch >= self.job.epochs or tired

    def _train_epoch(self) -> None:
        progress = self.progress
        batches = self.batches.epoch(progress.epoch)
        while progress.step < self.steps:
            batch = batches[progress.step]
            fields = self.splits.train.batch(self.ranks.part(batch))
            passed = progress.epoch + progress.step / self.steps
            asked = self.interruption.asked
            asked = self.learner.step(fields, len(batch), passed, self.tally, asked)
            progress.step += 1
            self.listener.stepped(progress.epoch, progress.step)
            self._pause(asked)

    def _pause(self, asked: bool) -> None:
        """Between two steps: saves when it is time to, ends when any process was asked to."""
        if asked or (self.ranks.alone and self.interruption.asked):
            self._save()
            step = self.progress.epoch * self.steps + self.progress.step
            raise interrupted(self.job.name, step, self.resume_with)
        if time.monotonic() - self.saved > course.SAVE_EVERY:
            self._save()

    def _end_epoch(self) -> None:
        progress = self.progress
        rates = self.learner.rates()
        self.learner.end_epoch()
        validation = self._evaluate(self.splits.validation)
        record: dict[str, Any] = {
            "epoch": progress.epoch + 1,
            "step": (progress.epoch + 1) * self.steps,
        }
        record |= rates | self.tally.record()
        if validation:
            record["validation"] = validation.record()
        warnings = degenerate(self.job, record, self.steps)
        if warnings:
            record["warnings"] = [f"{one.code}: {one.message}" for one in warnings]
        progress.epoch, progress.step, self.tally = progress.epoch + 1, 0, Tally()
        self._keep(validation)
        line = json.dumps(record)
        files.append(self.directory.metrics, line)
        progress.metrics += len(line.encode()) + 1
        self._save()
        self.curves.add(record)
        self.listener.epoch_ended(self.job, record)
        self._warn(warnings)

    def _warn(self, warnings: Iterable[Diagnostic]) -> None:
        """Tells each warning once."""
        for one in warnings:
            if one.message not in self.warned:
                self.warned.add(one.message)
                self.listener.warned(self.job, one)

    def _keep(self, validation: Evaluation | None) -> None:
        """Keeps the weights if they are the best so far on the validation split."""
        value = validation.values[self.job.keep.text] if validation else math.nan
        if validation and not better(value, self.progress.best, self.job.keep_greater):
            return
        self.progress.best = None if math.isnan(value) else value
        self.progress.best_epoch = self.progress.epoch
        weights = under("network", self.feed.module.state_dict())
        facts = {"job": dict(self.identity), "epoch": self.progress.epoch, "value": repr(value)}
        checkpoint.write(self.directory.best, Checkpoint(weights, facts))

    def _evaluate(self, examples: Examples) -> Evaluation | None:
        return evaluate(self.feed, examples, self.job) if len(examples) else None

    def _result(self) -> Result:
        """Measures the best weights on the test split: the one time that it is looked at."""
        best = checkpoint.read(self.directory.best)
        self.feed.module.load_state_dict(below("network", best.tensors))
        progress = self.progress
        test = self._evaluate(self.splits.test)
        result = Result.of(self.job, test, progress.epoch, progress.best_epoch)
        show(self.feed, self.splits, self.job, self.directory, test)
        files.write(self.directory.result, result.model_dump_json(indent=2).encode() + b"\n")
        self.listener.job_ended(self.job, result)
        return result

    # --- checkpoints ---

    def _save(self) -> None:
        learner, progress = self.learner.state(), self.progress
        facts = {
            **learner.facts,
            "job": dict(self.identity),
            "progress": progress.state(),
            "tally": self.tally.state(),
        }
        checkpoint.write(self.directory.last, Checkpoint(learner.tensors, facts))
        self.saved = time.monotonic()

    def _restore(self) -> None:
        """From the last checkpoint; what was written after it is cut off. Raises SpecError."""
        if self.directory.last.exists():
            where = f"the checkpoint {self.directory.last}"
            saved = checkpoint.read(self.directory.last)
            check_same(saved.facts["job"], self.identity, where)
            check_fits(below("network", saved.tensors), self.feed.module, where)
            self.learner.restore(saved)
            self.progress = Progress(**saved.facts["progress"])
            self.tally = Tally(**saved.facts["tally"])
        files.cut(self.directory.metrics, self.progress.metrics)

    # --- ends before the end ---

    def _diverged(self, problem: Diverged) -> RunError:
        step = self.progress.epoch * self.steps + self.progress.step + 1
        what = (
            f"the loss of `{problem.goal}` is {problem.value}"
            if problem.goal
            else ("a weight of the network is no longer a finite number")
        )
        goal = next((g for g in self.job.goals if g.text == problem.goal), self.job.goals[0])
        return failed(
            "AD901",
            f"the job `{self.job.name}` stopped at step {step}: {what}",
            goal.span,
            notes=[kept(self.directory.last)],
            help="lower the learning rate, or bound the gradient with `clip 1.0`",
        )
