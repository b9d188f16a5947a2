"""`time` in a sweep: nodes are timed before the points start, which would disturb each other."""

from collections.abc import Sequence

from autodesign.dsl import spec
from autodesign.interpreter.jobs.device import find_device, threads
from autodesign.interpreter.jobs.request import precision_of
from autodesign.interpreter.jobs.times import Times, tells_time
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.sweeps.points import Task


def time_nodes(tasks: Sequence[Task], count: int) -> None:
    """Gives each point whose job says `time` a table of its nodes' times, computing with `count`
    threads. Points of the same network, batch and precision share one, also with those that an
    earlier run of the sweep has left."""
    timing = [task for task in tasks if tells_time(task.job)]
    for task in timing:
        place = task.place.job(task.job.name)
        if place.times.exists() or place.last.exists():
            continue
        table = next((t for other in timing if (t := _known(other, task))), None)
        place.path.mkdir(parents=True, exist_ok=True)
        (table or _measured(task, count)).write(place.times)


def _known(other: Task, task: Task) -> Times | None:
    """The table of another point, if there is one and it holds for this point."""
    place = other.place.job(other.job.name)
    same = (
        _network(other) == _network(task)
        and other.job.batch == task.job.batch
        and precision_of(other.job, other.request) == precision_of(task.job, task.request)
    )
    return Times.read(place.times) if same and place.times.exists() else None


def _measured(task: Task, count: int) -> Times:
    device = find_device(task.request.device)
    network = DynamicNetwork(_network(task)).to(device)
    with threads(count):
        return Times.measured(network, task.job.batch, device, precision_of(task.job, task.request))


def _network(task: Task) -> spec.Network:
    assert isinstance(task.job, spec.Train), "only jobs of networks say `time`"
    return task.job.network
