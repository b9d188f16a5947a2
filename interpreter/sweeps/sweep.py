"""A sweep from its first point to its table and pictures."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.diagnostics.terminal import render_all
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.crew import Death, Message
from autodesign.interpreter.jobs.directory import Facts, RunDirectory
from autodesign.interpreter.jobs.failures import failed, refused
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.sweeps.points import Task, check_unchanged, tasks_of
from autodesign.interpreter.sweeps.processes import Ending, crew, ending
from autodesign.interpreter.sweeps.report import write_sweep
from autodesign.interpreter.sweeps.result import Row, SweepResult
from autodesign.interpreter.sweeps.sources import take_weights, waves
from autodesign.interpreter.sweeps.timing import time_nodes

FAILURE = "failure.txt"
"""The file in a point's folder that says why it has no result."""

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep with its points as runs, and how many processes are to run them."""

    sweep: spec.Sweep
    tasks: tuple[Task, ...]
    beside: tuple[Task, ...]
    sources: tuple[Task, ...]
    directory: RunDirectory
    processes: int


def jobs_of(sweep: spec.Sweep) -> list[spec.Job]:
    """The job of each point, those beside it and those it starts from last."""
    return [point.job for point in (*sweep.points, *sweep.beside, *sweep.sources)]


def plan(
    sweep: spec.Sweep,
    checked: spec.Spec,
    request: Request,
    place: RunDirectory,
    device: torch.device,
) -> Plan:
    """Raises SpecError AD768 where a point that has begun is of another spec."""
    folder = place.path / sweep.name
    tasks = _spread(tasks_of(sweep, checked, request, folder), request)
    check_unchanged(tasks)
    points, beside = len(sweep.points), len(sweep.points) + len(sweep.beside)
    processes = process_count([sweep], request, device)
    return Plan(
        sweep,
        tuple(tasks[:points]),
        tuple(tasks[points:beside]),
        tuple(tasks[beside:]),
        RunDirectory(folder),
        processes,
    )


def process_count(sweeps: Sequence[spec.Sweep], request: Request, device: torch.device) -> int:
    """As many as there are cores, or CUDA devices, and not more than the largest sweep has points.

    Raises SpecError AD792 where fewer than one is asked for.
    """
    if request.processes is not None and request.processes < 1:
        raise refused(
            "AD792",
            f"a sweep runs in one process or more, and not in {request.processes}",
            help="leave it out: as many are taken as there are cores, or CUDA devices",
        )
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if device.type != "cpu":
        there = torch.cuda.device_count() if _takes_all(request) else 1
    most = max(len(jobs_of(sweep)) for sweep in sweeps)
    return max(1, min(request.processes or there or 1, most))


def point_threads(sweeps: Sequence[spec.Sweep], request: Request, device: torch.device) -> int:
    """The threads that torch would take, shared among the processes."""
    return max(1, torch.get_num_threads() // process_count(sweeps, request, device))


def _takes_all(request: Request) -> bool:
    """Whether the points may be spread over all CUDA devices."""
    return request.device in ("auto", "cuda") and torch.cuda.device_count() > 1


def _spread(tasks: Sequence[Task], request: Request) -> list[Task]:
    """Each point on the next CUDA device, where there are several and none is named."""
    if not _takes_all(request):
        return list(tasks)
    devices = (f"cuda:{number % torch.cuda.device_count()}" for number in count())
    return [
        replace(task, request=replace(task.request, device=device))
        for task, device in zip(tasks, devices, strict=False)
    ]


def run_sweep(
    plan: Plan, facts: Facts, listener: Listener, interruption: Interruption, hint: str
) -> SweepResult:
    """Runs the points that are not done; those that fail are passed over.

    Raises RunError AD906 where it was asked to end.
    """
    everything = [*plan.tasks, *plan.beside, *plan.sources]
    waiting = [task for task in everything if not task.done]
    for task in waiting:
        task.place.path.mkdir(parents=True, exist_ok=True)
    failures: dict[str, tuple[Diagnostic, ...]] = {}
    warnings: set[str] = set()
    ended = len(everything) - len(waiting)

    def tell(task: Task, message: Message) -> None:
        if message[0] == "stepped":
            listener.point_stepped(task.name, *message[1:])
        elif message[1].message not in warnings:
            warnings.add(message[1].message)
            listener.warned(task.job, message[1])

    def end(task: Task, last: Message | Death) -> None:
        nonlocal ended
        ended += 1
        came = ending(task, last)
        result = came if isinstance(came, Result) else None
        if not isinstance(came, Result):
            failures[task.name] = came
        _record(task, came)
        listener.point_ended(task.name, result, failures.get(task.name, ()))

    threads = facts.point_threads or 1
    time_nodes(everything, threads)
    listener.sweep_started(plan.sweep, len(everything), ended, plan.processes)
    with crew(plan.processes, threads) as at_work:
        for wave in waves(waiting):
            for task in wave:
                take_weights(task, everything)
            at_work.run(wave, interruption, tell, end)
    if interruption.asked:
        raise _interrupted(plan.sweep, ended, len(everything), hint)
    result = SweepResult(
        plan.sweep,
        plan.directory.path,
        _rows(plan.tasks, failures),
        _rows(plan.beside, failures),
        failures,
    )
    write_sweep(result, facts)
    listener.sweep_ended(result)
    return result


def _record(task: Task, ending: Ending) -> None:
    """Leaves the reasons of a failure in the point's folder, and takes old ones away."""
    path = task.place.path / FAILURE
    if isinstance(ending, Result):
        path.unlink(missing_ok=True)
    else:
        files.write(path, (render_all(ending, color=False) + "\n").encode())


def _rows(tasks: Sequence[Task], failures: Mapping[str, object]) -> tuple[Row, ...]:
    rows = []
    for task in tasks:
        if task.name not in failures:
            result = Result.read(task.place.job(task.job.name).result)
            rows.append(Row(task.name, task.job.name, task.point.settings, result))
    return tuple(rows)


def _interrupted(sweep: spec.Sweep, ended: int, points: int, hint: str) -> Exception:
    return failed(
        "AD906",
        f"the sweep `{sweep.name}` was interrupted; {ended} of its {points} points are done, and "
        "those that had begun are saved",
        help=f"continue it with: {hint}",
    )


def refuse_failures(swept: Sequence[SweepResult], hint: str) -> None:
    """Raises RunError AD790 where points failed, with each of them and its reason."""
    for result in swept:
        if not result.failures:
            continue
        points = len(jobs_of(result.sweep))
        notes = [
            f"{name}: {found[0].message} ({found[0].code})."
            for name, found in list(result.failures.items())[:MOST_LISTED]
        ]
        if len(result.failures) > MOST_LISTED:
            notes.append(f"And {len(result.failures) - MOST_LISTED} more.")
        raise failed(
            "AD790",
            f"{len(result.failures)} of the {points} points of the sweep `{result.sweep.name}` "
            "failed; the table and the pictures show the others",
            notes=[*notes, f"Each has its reasons in {result.directory}/POINT/{FAILURE}."],
            help=f"when the reasons are gone, continue with: {hint}",
        )
