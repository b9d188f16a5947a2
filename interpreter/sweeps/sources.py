"""Points that start from the weights of another job: it is trained once for all that it fits."""

from collections.abc import Iterable, Sequence

from autodesign.dsl import spec
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.starts import with_sources
from autodesign.interpreter.sweeps.points import Task


def waves(tasks: Iterable[Task]) -> list[list[Task]]:
    """Tasks in groups, each group after those whose weights its jobs start from."""
    found: dict[int, list[Task]] = {}
    for task in tasks:
        found.setdefault(_depth(task.job), []).append(task)
    return [found[depth] for depth in sorted(found)]


def take_weights(task: Task, others: Sequence[Task]) -> None:
    """Puts into the folder of a point the jobs that it starts from, where another point has them.

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


def _depth(job: spec.Train) -> int:
    """How many jobs are trained one after the other before this one."""
    sources = [start.source for start in job.starts if isinstance(start.source, spec.Train)]
    return max((1 + _depth(source) for source in sources), default=0)
