"""The processes that run the points of a sweep, and what is said where one was ended."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.jobs.crew import Crew, Death, Message
from autodesign.interpreter.jobs.failures import failed
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.sweeps.points import Task

Ending = Result | tuple[Diagnostic, ...]
"""What came of a point: its result, or the reasons why there is none."""


def crew(processes: int, threads: int) -> Crew[Task]:
    return Crew(processes, "autodesign.interpreter.sweeps.worker", threads)


def ending(task: Task, last: Message | Death) -> Ending:
    """What came of a point whose process said this last."""
    if not isinstance(last, Death):
        found: Ending = last[1]
        return found
    notes = []
    if last.words:
        task.place.path.mkdir(parents=True, exist_ok=True)
        task.place.log.write_bytes(last.words)
        notes = [f"What it said last stands in {task.place.log}."]
    error = failed(
        "AD791",
        f"the process of the point {task.name} was ended {last.how}",
        notes=[*notes, *last.hints],
        help="start the sweep again with --resume; fewer --workers take less memory",
    )
    return tuple(error.diagnostics)
