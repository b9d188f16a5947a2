"""Where a run computes, and with what: device, threads, seeds."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.failures import refused

ONE_THREAD = 20_000_000
"""Multiplications of a step up to which threads wait for each other longer than they compute."""


def find_device(name: str) -> torch.device:
    """`auto` (CUDA where it is, else the CPU), `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises SpecError AD764 where it is not there.
    """
    known = _available()
    if name in ("auto", "cuda"):
        name = "cuda:0" if "cuda:0" in known else {"auto": "cpu"}.get(name, name)
    if name not in known:
        raise refused(
            "AD764",
            f"there is no device `{name}` here",
            notes=[f"This machine has {', '.join(known)}."],
            help="leave --device out: CUDA is taken where it is, else the CPU",
        )
    return torch.device(name)


def _available() -> list[str]:
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *mps, *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]


def thread_count(jobs: Iterable[spec.Train | PipelineJob]) -> int:
    """As many threads as torch would take, or one for jobs whose steps are short ones."""
    longest = max((_cost(job) * job.batch for job in jobs), default=0)
    return torch.get_num_threads() if longest > ONE_THREAD else 1


def _cost(job: spec.Train | PipelineJob) -> float:
    """Multiplications for an example; endlessly many for a detector, which has no rule of cost."""
    if isinstance(job, spec.Train):
        return job.network.analysis.greatest
    return sum(_of_body(player.body) for player in job.pipeline.players)


def _of_body(body: tuple[spec.Step, ...] | spec.Network | spec.Call) -> float:
    match body:
        case spec.Network():
            return body.analysis.greatest
        case tuple():
            return sum(s.cost if isinstance(s, spec.Layer) else _of_body(s.network) for s in body)
        case _:
            return math.inf


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Computes with `count` threads: their number decides in which order sums are rounded."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def stream(seed: int, number: int) -> int:
    """The seed of a job's `number`-th stream of random numbers, unlike that of its others."""
    mixed = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9) & (2**63 - 1)
    return mixed ^ (mixed >> 31)
