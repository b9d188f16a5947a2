"""Runs the jobs of a spec, in order, into a run directory."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.jobs import directory as run_directory
from autodesign.interpreter.jobs import identity
from autodesign.interpreter.jobs.device import find_device, threads
from autodesign.interpreter.jobs.directory import Facts, RunDirectory
from autodesign.interpreter.jobs.failures import RunError, failed, listed, refused
from autodesign.interpreter.jobs.feeding import feed
from autodesign.interpreter.jobs.interruption import Interruption, watched
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.readiness import check_ready
from autodesign.interpreter.jobs.report import write_report
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.settled import settled
from autodesign.interpreter.jobs.training import Training
from autodesign.interpreter.network.errors import NetworkError
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.data import load as load_data


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run, besides its spec.

    `command` and `settings` are recorded only. `out` None: a new folder under ./runs.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    job: str | None = None
    device: str = "auto"
    precision: str | None = None
    out: Path | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: where it is, and the result of each job by name."""

    directory: Path
    results: Mapping[str, Result]


def run(checked: spec.Spec, request: Request, listener: Listener) -> Run:
    """Runs all jobs, or the one asked for. Raises SpecError before and RunError after the start."""
    jobs = chosen(checked, request.job)
    device = find_device(request.device)
    for job in jobs:
        check_ready(job, device, precision_of(job, request))
    text = settled(checked)
    place, facts = _opened(checked, request, jobs, device, text)
    with threads(facts.threads), watched() as interruption, explained(place):
        listener.run_started(place.path, facts.device)
        try:
            results = [
                _run_job(job, request, place, device, listener, interruption) for job in jobs
            ]
            write_report(place, text, place.facts(), jobs, results)
            listener.run_ended(place.path, results)
        finally:
            listener.close()
    return Run(place.path, {result.job: result for result in results})


def chosen(checked: spec.Spec, name: str | None) -> list[spec.Train]:
    """Raises SpecError AD762 for an unknown job, AD763 where there is none at all."""
    if not checked.jobs:
        raise refused(
            "AD763",
            f"{checked.name} has no job, so there is nothing to run",
            help="add a job (`train NAME = NETWORK on DATA { ... }`), or only check the file "
            "with `interpret check`",
        )
    if name is None:
        return list(checked.jobs.values())
    if name not in checked.jobs:
        raise refused(
            "AD762",
            f"{checked.name} has no job `{name}`",
            notes=[f"Its jobs are {listed(checked.jobs)}."],
            help="name one of them with --job, or leave it out to run all",
        )
    return [checked.jobs[name]]


def precision_of(job: spec.Train, request: Request) -> str:
    return request.precision or job.precision


def _opened(
    checked: spec.Spec,
    request: Request,
    jobs: Sequence[spec.Train],
    device: torch.device,
    text: str,
) -> tuple[RunDirectory, Facts]:
    """The run directory with its run.json, a new one or the one to be resumed."""
    stem = Path(checked.name).stem.strip("<>")
    identities = {job.name: _identity(job, request) for job in jobs}
    if request.resume:
        place = run_directory.find(request.out, stem)
        facts = place.facts()
        for name, said in identities.items():
            if name in facts.jobs:
                where = f"the job `{name}` of the run in {place.path}"
                identity.check_same(facts.jobs[name], said, where)
        facts = facts.model_copy(update={"jobs": {**facts.jobs, **identities}})
    else:
        place = run_directory.create(request.out, stem)
        seeds = {job.name: job.seed for job in jobs}
        count = torch.get_num_threads()
        facts = run_directory.facts_of(
            stem,
            request.command,
            request.settings,
            seeds,
            str(device),
            count,
            identities,
        )
        place.put_spec(text)
    place.put_facts(facts)
    return place, facts


def _identity(job: spec.Train, request: Request) -> dict[str, str]:
    return {**identity.identity(job), "precision": precision_of(job, request)}


def _run_job(
    job: spec.Train,
    request: Request,
    place: RunDirectory,
    device: torch.device,
    listener: Listener,
    interruption: Interruption,
) -> Result:
    there = place.job(job.name)
    if there.result.exists():
        result = Result.model_validate_json(there.result.read_bytes())
        listener.job_skipped(job, result)
        return result
    there.path.mkdir(exist_ok=True)
    splits = load_data(job.data.call)
    _check_data(job, splits, place)
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(cuda):
        torch.manual_seed(job.seed)
        module = DynamicNetwork(job.network).to(device)
        fed = feed(job, splits.fields, module, device, precision_of(job, request))
        said = _identity(job, request)
        return Training(job, splits, fed, there, said, listener, interruption).run()


def _check_data(job: spec.Train, splits: Any, place: RunDirectory) -> None:
    """Notes what the data are, or compares with what they were. Raises RunError AD904, AD907."""
    facts, found = place.facts(), identity.fingerprint(splits)
    if facts.data.get(job.name, found) != found:
        raise identity.data_changed(job)
    place.put_facts(facts.model_copy(update={"data": {**facts.data, job.name: found}}))
    bags = [goal.method.args.get("bag", 1) for goal in job.goals]
    largest = max((bag for bag in bags if isinstance(bag, int)), default=1)
    if min(len(splits.train), job.batch) < largest:
        raise failed(
            "AD907",
            f"the job `{job.name}` has no bag of {largest} examples to learn from",
            job.span,
            notes=[f"Its batches are of {job.batch}, its training split of {len(splits.train)}."],
            help="make the bag smaller, or the batch larger",
        )


@contextmanager
def explained(place: RunDirectory) -> Iterator[None]:
    """Turns whatever else goes wrong into a diagnostic; its traceback goes to log.txt."""
    try:
        yield
    except SpecError:
        raise
    except NetworkError as problem:
        raise RunError(problem.diagnostics) from problem
    except Exception as problem:
        if _out_of_memory(problem):
            raise _too_large(problem) from problem
        raise unexpected(problem, place.log) from problem


def unexpected(problem: Exception, log: Path) -> RunError:
    """AD900, with the traceback in `log`, as far as it can be written."""
    text = "".join(traceback.format_exception(problem))
    try:
        log.write_text(text, encoding="utf-8")
        note = f"What the interpreter was doing stands in {log}."
    except OSError:
        note = f"The error was {type(problem).__name__}; its details could not be written to {log}."
    return failed(
        "AD900",
        "the interpreter itself made a mistake, and the run has stopped",
        notes=[note],
        help="please report it with that file; what the run had saved is kept",
    )


def _out_of_memory(problem: Exception) -> bool:
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(problem, RuntimeError) and "not enough memory" in str(problem)


def _too_large(problem: Exception) -> RunError:
    return failed(
        "AD905",
        "there is not enough memory for this run",
        notes=[str(problem).split("\n")[0]] if str(problem) else [],
        help="make the batch smaller, then continue the run with --resume",
    )
