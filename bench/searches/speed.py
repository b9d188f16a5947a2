"""What the engine takes for a candidate, and what more workers gain."""

import json
import multiprocessing
import os
from collections.abc import Sequence
from functools import cache
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch

from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.assignment import Assignment
from autodesign.interpreter.growth.children import Nursery
from autodesign.interpreter.growth.engine_local import Local
from autodesign.interpreter.growth.engine_ray import OnRay
from autodesign.interpreter.jobs.crew import variables
from autodesign.stdlib.library import standard
from searches.grown import searched
from searches.timed import run, tail, timed, times_of, waits, window

LONG = 60.0
"""Seconds of the candidate that overhead is a share of."""


def overhead(out: Path, filters: int, iterations: int) -> dict[str, float]:
    """One worker and short candidates, so that what is not training shows."""
    search = searched(16, range(16, 16 + filters), iterations, 1)
    ended = run(search, Local(1, 1, ("cpu",)), out)
    times = times_of(out)
    begun = min(one.iterations[0] for one in times)
    each = (ended - begun - sum(one.own for one in times)) / len(times)
    return {"candidates": len(times), "seconds": each, "share": each / LONG}


def candidates(filters: int, iterations: int) -> Search:
    """Alike but for the size and number of filters. The search starts twice, so that two workers
    are both there before the candidates that are measured."""
    return searched(32, range(32, 32 + filters), iterations, 1, starts=2)


@cache
def one_worker(filters: int, iterations: int, out: Path) -> Path:
    """Where one worker of this machine has trained them, once for all that is compared with it."""
    run(candidates(filters, iterations), Local(1, 1, ("cpu",)), out)
    return out


def workers(out: Path, filters: int, iterations: int) -> dict[str, float]:
    """Two workers against one, and beside them two plain processes against one: the most that two
    workers of this machine can reach. Plain processes train for a third as long."""
    one, two = one_worker(filters, iterations, out.parent / "one"), out / "two"
    run(candidates(filters, iterations), Local(2, 1, ("cpu",)), two)
    search = candidates(filters, max(1, iterations // 3))
    floor = plain(search, one, out / "plain one", 1) / plain(search, one, out / "plain two", 2)
    return compared(one, two) | {"floor": floor}


def ray(out: Path, filters: int, iterations: int) -> dict[str, float]:
    one, two = one_worker(filters, iterations, out.parent / "one"), out / "ray"
    run(candidates(filters, iterations), OnRay(2, 1, 0), two)
    return compared(one, two)


def compared(one: Path, two: Path) -> dict[str, float]:
    """The same candidates by one worker and by two; both have found the same."""
    assert values(one) == values(two)
    alone, both = times_of(one), times_of(two)
    return {
        "candidates": len(alone),
        "each": fmean(time.own for time in alone),
        "one": window(alone),
        "two": window(both),
        "gain": window(alone) / window(both),
        "wait": median(waits(both)),
        "tail": tail(both),
    }


def values(out: Path) -> dict[str, dict[str, float]]:
    return {line["id"]: line["values"] for line in told(out)}


def told(out: Path) -> list[dict[str, Any]]:
    """What the journal of the search tells of its candidates."""
    lines = [
        json.loads(line) for line in (out / "grown" / "journal.jsonl").read_text().splitlines()
    ]
    return [line for line in lines if line["kind"] == "candidate"]


# --- without an engine ----------------------------------------------------------------------------


def plain(search: Search, grown: Path, out: Path, processes: int) -> float:
    """Seconds that processes take which train and judge the candidates in equal shares, and do
    nothing else. They grow from a first candidate that is there in `grown`; each process has
    trained one before, as workers have."""
    first = next(line["id"] for line in told(grown) if line["parent"] is None)
    parent = grown / "grown" / "candidates" / first
    _, sprouts = Nursery(search, "plain", 1.0, standard()).children([(first, ())], 1)
    sprouts.sort(key=lambda one: (-one.multiplications, one.id))
    folder = out / "grown" / "candidates"
    works = [
        Assignment(search, one.architecture.moves, parent, one.id, seed, folder / one.id)
        for seed, one in enumerate(sprouts)
    ]
    os.environ |= variables(1)
    spawning = multiprocessing.get_context("spawn")
    together = spawning.Barrier(processes)
    started = [
        spawning.Process(target=train_all, args=(before(search, folder, turn), share, together))
        for turn, share in enumerate(shares(works, processes))
    ]
    for one in started:
        one.start()
    for one in started:
        one.join()
        assert one.exitcode == 0
    return window(times_of(out))


def shares(works: Sequence[Assignment], count: int) -> list[list[Assignment]]:
    """Dealt out to and fro, the longest first: 1 2, 2 1, 1 2 and so on."""
    dealt: list[list[Assignment]] = [[] for _ in range(count)]
    for number, one in enumerate(works):
        turn, place = divmod(number, count)
        dealt[place if turn % 2 == 0 else count - 1 - place].append(one)
    return dealt


def before(search: Search, folder: Path, turn: int) -> Assignment:
    """The growth's networks as they begin."""
    return Assignment(search, (), None, f"first{turn}", turn, folder / f"first{turn}")


def train_all(first: Assignment, works: Sequence[Assignment], together: Barrier) -> None:
    torch.set_num_threads(1)
    for work in (first, *works):
        work.partial.mkdir(parents=True)
        timed(work, torch.device("cpu"), Silent())
        if work is first:
            together.wait()


class Silent:
    def stepped(self, done: int, total: int) -> None: ...
