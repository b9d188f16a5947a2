"""The data that jobs learn from: each data set read once, what other jobs make when they have."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.readiness import check_data
from autodesign.interpreter.jobs.request import Job
from autodesign.interpreter.pipeline.readiness import check_draws
from autodesign.stdlib.data import load as load_data
from autodesign.stdlib.data.made import FILE, MADE
from autodesign.stdlib.data.reading.examples import Splits

Make = Callable[[PipelineJob, spec.Call], Path]
"""(the job that makes examples, the call `Made(...)`) -> the file that holds them"""


class Sources:
    """Data sets by what they are, as far as they have been read."""

    def __init__(self) -> None:
        self._read: dict[str, Splits] = {}

    def read_for(self, jobs: Iterable[Job]) -> None:
        """Reads all that no job has to make first, and checks it. Raises SpecError."""
        for job in jobs:
            if not any(True for data in data_of(job) for _ in made_in(data.call)):
                self.of(job)

    def of(self, job: Job, make: Make | None = None) -> tuple[Splits, ...]:
        """The data of a job: for a pipeline that of each draw. Raises SpecError.

        `make` is asked for what other jobs make.
        """
        found = tuple(self._splits(data, job, make) for data in data_of(job))
        if isinstance(job, PipelineJob):
            check_draws(job, found)
        else:
            check_data(job, found[0])
        return found

    def _splits(self, data: spec.Data, job: Job, make: Make | None) -> Splits:
        key = repr(data.call)
        if key not in self._read:
            makers = {maker.name: maker for maker in job.makers}
            call = data.call
            if make is not None:
                for made in made_in(data.call):
                    file = make(makers[maker_of(made)], made)
                    call = _with_file(call, made, file)
            self._read[key] = load_data(call)
        return self._read[key]


def data_of(job: Job) -> list[spec.Data]:
    if isinstance(job, PipelineJob):
        return [draw.data for draw in job.pipeline.draws]
    return [job.data]


def made_in(call: spec.Call) -> Iterator[spec.Call]:
    """The calls `Made(...)` in a data source."""
    if call.name == MADE:
        yield call
        return
    for value in call.args.values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, spec.Call):
                yield from made_in(one)


def maker_of(made: spec.Call) -> str:
    """The name of the job that makes its examples."""
    job = made.args["job"]
    assert isinstance(job, spec.Call)
    return job.name


def _with_file(call: spec.Call, made: spec.Call, file: Path) -> spec.Call:
    """The source, in which the examples of one call are those in a file."""
    if call is made:
        return replace(call, args={**call.args, FILE: str(file)})

    def changed(value: spec.Value) -> spec.Value:
        if isinstance(value, spec.Call):
            return _with_file(value, made, file)
        return tuple(changed(one) for one in value) if isinstance(value, tuple) else value

    return replace(call, args={name: changed(value) for name, value in call.args.items()})
