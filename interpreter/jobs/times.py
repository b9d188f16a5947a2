"""`time` in goals and reports: the measured time of the nodes that an example ran.

Each node is timed once, on the device and at the batch size of the job. The table is kept in the
job's folder, so that a resumed run goes on with the same numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.terms import parts
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.timing import node_times


class Times(BaseModel):
    """times.json. `nodes` holds the microseconds of each node, by dotted path, for so many
    examples at once; `batch` is the size of a batch in the job, and the largest of these numbers.
    """

    model_config = ConfigDict(frozen=True)

    device: str
    threads: int
    precision: str
    batch: int
    nodes: Mapping[str, Mapping[int, float]]

    @classmethod
    def measured(
        cls, net: DynamicNetwork, batch: int, device: torch.device, precision: str
    ) -> "Times":
        return cls(
            device=str(device),
            threads=torch.get_num_threads(),
            precision=precision,
            batch=batch,
            nodes=node_times(net, batch, device, precision),
        )

    @classmethod
    def read(cls, path: Path) -> "Times":
        """Raises RunError AD903 where the file is damaged."""
        return files.read(path, cls)

    def write(self, path: Path) -> None:
        files.write(path, self.model_dump_json(indent=2).encode() + b"\n")

    @property
    def of_example(self) -> dict[str, float]:
        """Microseconds of each node for one example of a whole batch, by dotted path."""
        return {path: times[self.batch] / self.batch for path, times in self.nodes.items()}

    def of(self, names: Iterable[str]) -> float:
        """Microseconds of the named nodes for one example, with all nodes of networks in them."""
        wanted = tuple(names)
        return sum(
            time
            for path, time in self.of_example.items()
            if any(path == name or path.startswith(f"{name}.") for name in wanted)
        )

    def of_batch(self, rows: Mapping[str, float]) -> float:
        """Microseconds of a pass in which each node gets so many examples: straight lines between
        the numbers that were timed, and nothing for a node that gets none."""
        return sum(_between(self.nodes[path], count) for path, count in rows.items() if count)


def timed(
    job: spec.Train,
    net: DynamicNetwork,
    place: JobDirectory,
    device: torch.device,
    precision: str,
) -> tuple[spec.Train, dict[str, float]]:
    """The job with `time(N1, N2)` as the numbers that they are, and the microseconds of each node
    for one example; no times where the job does not ask for them. Raises RunError AD903."""
    if not tells_time(job):
        return job, {}
    if not place.times.exists():
        if place.last.exists():
            raise files.damaged(place.times)
        Times.measured(net, job.batch, device, precision).write(place.times)
    times = Times.read(place.times)
    if times.batch != job.batch or times.nodes.keys() != set(net.names.nodes):
        raise files.damaged(place.times)
    return priced(job, times), times.of_example


def tells_time(job: spec.Train | PipelineJob) -> bool:
    """A pipeline never does."""
    return isinstance(job, spec.Train) and any(
        isinstance(part, spec.TimeOf) or part == spec.Cost("time")
        for term in _terms(job)
        for part in parts(term)
    )


def priced(job: spec.Train, times: Times) -> spec.Train:
    """The job with `time(N1, N2)` as the numbers that they are."""

    def of(report: spec.Report) -> spec.Report:
        return replace(report, term=_priced(report.term, times))

    goals = tuple(replace(goal, term=_priced(goal.term, times)) for goal in job.goals)
    return replace(job, goals=goals, reports=tuple(map(of, job.reports)), keep=of(job.keep))


def _terms(job: spec.Train) -> list[spec.Term]:
    return [*(g.term for g in job.goals), *(r.term for r in (*job.reports, job.keep))]


def _priced(term: spec.Term, times: Times) -> spec.Term:
    match term:
        case spec.TimeOf(nodes):
            return spec.Constant(times.of(nodes))
        case spec.Arithmetic(op, left, right):
            return spec.Arithmetic(op, _priced(left, times), _priced(right, times))
        case spec.Negative(operand):
            return spec.Negative(_priced(operand, times))
        case spec.Measure(inputs=inputs):
            return replace(term, inputs=tuple(_priced(one, times) for one in inputs))
        case _:
            return term


def _between(times: Mapping[int, float], count: float) -> float:
    known = sorted(times.items())
    if count <= known[0][0]:
        return known[0][1]
    for (low, before), (high, after) in pairwise(known):
        if count <= high:
            return before + (after - before) * (count - low) / (high - low)
    return known[-1][1] * count / known[-1][0]
