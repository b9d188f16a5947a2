"""Who is told how a run goes on. A `Listener` itself says nothing, those of progress.py do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.growth import Search
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.result import Result

if TYPE_CHECKING:
    from autodesign.interpreter.growth.journal import Candidate, Step
    from autodesign.interpreter.growth.result import SearchResult
    from autodesign.interpreter.sweeps.result import SweepResult


class Listener:
    """Each method is called when what it is named after has happened."""

    def run_started(self, directory: Path, device: str) -> None: ...

    def job_started(self, job: spec.Train, epoch: int, steps: int) -> None:
        """`epoch` epochs are done already; each has `steps` steps."""

    def stepped(self, epoch: int, step: int) -> None: ...

    def epoch_ended(self, job: spec.Train, record: Mapping[str, Any]) -> None:
        """`record` is the epoch's line in metrics.jsonl."""

    def warned(self, job: spec.Train | PipelineJob | Search, warning: Diagnostic) -> None:
        """Something of the job is likely not meant."""

    def pipeline_started(self, job: PipelineJob, step: int, steps: int) -> None:
        """`step` of its `steps` steps are done already."""

    def pipeline_stepped(self, phase: str, step: int) -> None:
        """`step` steps are done, the last one in a phase."""

    def pipeline_epoch_ended(
        self, job: PipelineJob, record: Mapping[str, Any], epochs: int
    ) -> None:
        """`record` is the epoch's line in metrics.jsonl, `epochs` how many the job has."""

    def job_ended(self, job: spec.Train | PipelineJob, result: Result) -> None: ...

    def job_skipped(self, job: spec.Train | PipelineJob, result: Result) -> None:
        """The job was done before the run was resumed."""

    def sweep_started(self, sweep: spec.Sweep, points: int, done: int, processes: int) -> None:
        """`done` of its `points` were done before the run was resumed."""

    def point_stepped(self, point: str, done: int, total: int) -> None:
        """`done` of the `total` steps of a point of the sweep are done."""

    def point_ended(self, point: str, result: Result | None, failure: Sequence[Diagnostic]) -> None:
        """`result` is None where it failed."""

    def sweep_ended(self, result: "SweepResult") -> None: ...

    def search_started(self, search: Search, done: int, workers: int) -> None:
        """`done` of its candidates were done before the run was resumed."""

    def step_started(self, step: int, children: int, done: int) -> None:
        """`done` of the candidates of a step are known already."""

    def candidate_stepped(self, candidate: str, done: int, total: int) -> None:
        """`done` of the `total` training steps of a candidate are done."""

    def candidate_ended(self, candidate: "Candidate", best: "Candidate | None") -> None:
        """`best` is the best so far."""

    def step_ended(self, step: "Step", candidates: "Mapping[str, Candidate]") -> None:
        """`candidates` are all that there are, by id."""

    def finish_started(self, best: "Candidate") -> None:
        """The best candidate is about to be trained on."""

    def search_ended(self, result: "SearchResult") -> None: ...

    def run_ended(self, directory: Path, results: Sequence[Result]) -> None: ...

    def close(self) -> None:
        """Nothing more will happen, for better or worse."""
