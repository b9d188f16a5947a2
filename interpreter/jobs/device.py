"""Where a run computes, and with what: device, threads, seeds."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from autodesign.interpreter.jobs.failures import refused


def find_device(name: str) -> torch.device:
    """`auto`, `cpu`, `cuda`, `cuda:1`, `mps`. Raises SpecError AD764 where it is not there."""
    if name == "auto":
        return torch.device(_available()[-1])
    known = [*_available(), *(["cuda"] if torch.cuda.is_available() else [])]
    if name not in known:
        raise refused(
            "AD764",
            f"there is no device `{name}` here",
            notes=[f"This machine has {', '.join(known)}."],
            help="leave --device out, and the best device that is there is taken",
        )
    return torch.device("cuda:0" if name == "cuda" else name)


def _available() -> list[str]:
    """All devices of this machine, the one to prefer last."""
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.append("mps")
    found += [f"cuda:{i}" for i in reversed(range(torch.cuda.device_count()))]
    return found


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Computes with `count` threads: their number decides in which order sums are rounded."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def order(examples: int, seed: int, epoch: int) -> torch.Tensor:
    """The order in which an epoch goes through the examples: a permutation, int64 [examples]."""
    generator = torch.Generator().manual_seed(stream(seed, epoch))
    return torch.randperm(examples, generator=generator)


def stream(seed: int, number: int) -> int:
    """The seed of a job's `number`-th stream of random numbers, unlike that of its others."""
    mixed = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9) & (2**63 - 1)
    return mixed ^ (mixed >> 31)
