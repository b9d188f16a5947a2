"""The searches of a run: which there are, what trains their candidates, and one after the other."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.grow.space import Plan as Counted
from autodesign.dsl.grow.space import space_of
from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.analysis import page
from autodesign.interpreter.growth.candidate import train_candidate
from autodesign.interpreter.growth.engine import Engine
from autodesign.interpreter.growth.engine_local import Local
from autodesign.interpreter.growth.engine_ray import OnRay, connected
from autodesign.interpreter.growth.fitting import check_examples
from autodesign.interpreter.growth.readiness import check_criteria
from autodesign.interpreter.growth.result import Plan, SearchResult
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.growth.workshop import WORKSHOP
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.request import Request
from autodesign.stdlib.library import standard


def with_baselines(searches: Iterable[Search]) -> list[Search]:
    """Searches, each after the one that its distances are divided by, none twice."""
    found: dict[str, Search] = {}
    for search in searches:
        baseline = [search.baseline] if search.baseline else []
        for one in (*with_baselines(baseline), search):
            found.setdefault(one.name, one)
    return list(found.values())


def as_asked(search: Search, request: Request) -> Search:
    """With the `keep` and `sample` of the request, counted anew."""
    if search.method.name == "path" or (request.keep is None and request.sample is None):
        return search
    asked = {"keep": request.keep, "sample": request.sample}
    args = {name: value for name, value in asked.items() if value is not None}
    method = replace(search.method, args={**search.method.args, **args})
    counted = (search.growth, search.data, method, search.path, search.until, search.training)
    space = space_of(Counted(*counted, search.batch), standard())
    return replace(search, method=method, space=space)


def check_request(searches: Sequence[Search], request: Request) -> None:
    """Raises SpecError AD684 for a number out of range, AD685 for an engine with nothing to do,
    AD682, AD683 where Ray is not there."""
    if request.keep is not None and request.keep < 1:
        raise refused(
            "AD684",
            f"a search keeps one parent or more in each step, and not {request.keep}",
            help="leave it out to keep as many as the spec says",
        )
    if request.sample is not None and not 0 < request.sample <= 1:
        raise refused(
            "AD684",
            f"a move is tried with a probability above 0, up to 1, and not with {request.sample}",
            help="leave it out to try moves as often as the spec says",
        )
    if request.engine == "ray" and not searches:
        raise refused(
            "AD685",
            "--engine ray spreads the candidates of searches, and none is to be run",
            help="leave --engine out: jobs and the points of sweeps run on this machine",
        )
    if request.engine == "ray":
        connected()


def check_data(search: Search) -> tuple[Diagnostic, ...]:
    """Whether its data and the weights of its extractors are there, and fit; what gives doubts
    about its criteria. Raises SpecError."""
    data = WORKSHOP.data(search.data)
    check_examples(search, data)
    return check_criteria(search, data)


def usual_workers(searches: Sequence[Search], device: torch.device) -> int:
    """As many as there are cores, or CUDA devices, and not more than there are moves to try.

    `keep` and `sample`, which may change before a search goes on, have no say in it.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if device.type != "cpu":
        there = len(_devices(device, all_of_them=True))
    most = max((1 if one.path else one.space.moves for one in searches), default=1)
    return max(1, min(there or 1, most))


def candidate_threads(searches: Sequence[Search], device: torch.device) -> int:
    """The threads that torch would take, shared among as many workers as are usual here.

    Not among those asked for: the number of threads decides in which order sums are rounded, and
    what comes of a candidate does not depend on how many others are trained beside it.
    """
    return max(1, torch.get_num_threads() // usual_workers(searches, device))


def engine_for(
    searches: Sequence[Search], request: Request, device: torch.device, threads: int
) -> Engine:
    """What trains the candidates."""
    if request.engine == "ray":
        return _on_ray(request, device, threads)
    devices = _devices(device, request.device in ("auto", "cuda"))
    return Local(request.processes or usual_workers(searches, device), threads, devices)


def _on_ray(request: Request, device: torch.device, threads: int) -> Engine:
    resources = connected().cluster_resources()
    there = int(resources.get("CPU", 1)) // threads
    gpus = resources.get("GPU", 0.0) if device.type == "cuda" else 0.0
    workers = max(1, request.processes or int(gpus) or there)
    return OnRay(workers, threads, min(1.0, gpus / workers))


def _devices(device: torch.device, all_of_them: bool) -> tuple[str, ...]:
    if device.type == "cuda" and all_of_them:
        return tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
    return (str(device),)


def run_searches(
    searches: Sequence[Search],
    place: Path,
    engine: Engine,
    listener: Listener,
    interruption: Interruption,
    hint: str,
) -> list[SearchResult]:
    """Each in a folder of its own. Raises RunError."""
    found: dict[str, SearchResult] = {}
    for search in searches:
        baseline = found[search.baseline.name].best_at if search.baseline else {}
        plan = Plan(search, place / search.name, *_settings(search), baseline)
        result = run_search(plan, engine, train_candidate, listener, interruption, hint)
        page.write(plan.place)
        found[search.name] = result
        listener.search_ended(result)
    return list(found.values())


def _settings(search: Search) -> tuple[int, float]:
    """How many parents are kept, and how often moves are tried; of a fixed path the one, always."""
    if search.method.name == "path":
        return 1, 1.0
    keep, sample = search.method.args["keep"], search.method.args["sample"]
    assert isinstance(keep, int) and isinstance(sample, int | float)
    return keep, float(sample)
