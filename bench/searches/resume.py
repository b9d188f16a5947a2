"""How long a search with many candidates takes to go on.

`python -m searches.resume OUT` measures it once, in a process that knows nothing of the search yet.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.assignment import Assignment, Outcome
from autodesign.interpreter.growth.engine import Ended, Told
from autodesign.interpreter.growth.perform import Work, perform
from autodesign.interpreter.growth.result import Plan
from autodesign.interpreter.growth.sampling import chance
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from searches.grown import searched


class Enough(Exception):
    """There are as many candidates as were asked for, or the first one was given to a worker."""


class Pretending:
    """Says at once that candidates are done, until there are `most`; it trains nothing."""

    workers = 1

    def __init__(self, most: int) -> None:
        self.left = most

    def run(
        self, works: Sequence[Work], interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        for work in works:
            if not self.left:
                raise Enough
            self.left -= 1
            ended(work, perform(work, torch.device("cpu"), None))  # type: ignore[arg-type]

    def close(self) -> None: ...


def pretended(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    (criterion,) = assignment.search.criteria
    return Outcome(outcome="done", values={criterion.text: chance(0, assignment.id, "value")})


def thesis() -> Search:
    """24 insertions; 50 steps of about 192 candidates."""
    return searched(16, [8, 9, 10, 11, 12, 13], 100, 70)


def go_on(out: Path, most: int) -> float:
    """Seconds until the search wants more than `most` candidates more."""
    plan = Plan(thesis(), out / "grown", keep=20, sample=0.4)
    began = time.perf_counter()
    try:
        run_search(plan, Pretending(most), pretended, Listener(), Interruption(), "")
    except Enough:
        return time.perf_counter() - began
    raise AssertionError("the search has ended")


def resume(out: Path, many: int) -> dict[str, float]:
    sync, os.fsync = os.fsync, lambda file: None
    try:
        go_on(out, many)
    finally:
        os.fsync = sync
    command = [sys.executable, "-m", "searches.resume", str(out)]
    told = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(3)]
    found = sorted(float(one.stdout) for one in told)
    lines = (out / "grown" / "journal.jsonl").read_bytes()
    return {"candidates": many, "megabytes": len(lines) / 1e6, "seconds": found[1]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(go_on(Path(sys.argv[1]), 0))
