"""Points that need other jobs, to start from their weights or to learn from what they make: each
is trained once for all that it fits."""

from collections.abc import Iterable, Sequence

from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.starts import Job, sources, with_sources
from autodesign.interpreter.sweeps.points import Task


def waves(tasks: Iterable[Task]) -> list[list[Task]]:
    """Tasks in groups, each group after those that its jobs need."""
    found: dict[int, list[Task]] = {}
    for task in tasks:
        found.setdefault(_depth(task.job), []).append(task)
    return [found[depth] for depth in sorted(found)]


def take_weights(task: Task, others: Sequence[Task]) -> None:
    """Puts into the folder of a point the jobs that it needs, where another point has them.

    Its run finds them done. What no other point has, it trains by itself. Raises RunError AD902.
    """
    for source in with_sources([task.job])[:-1]:
        place = task.place.job(source.name)
        given = next((other for other in others if other.job == source and other.done), None)
        if given is None or place.result.exists():
            continue
        there = given.place.job(source.name)
        place.path.mkdir(parents=True, exist_ok=True)
        for name in ("best", "metrics", "result"):  # the last one says that it is done
            files.write(getattr(place, name), getattr(there, name).read_bytes())


def _depth(job: Job) -> int:
    """How many jobs are trained one after the other before this one."""
    return max((1 + _depth(source) for source in sources(job)), default=0)
