"""Candidates as tasks of a Ray cluster whose machines share the folder of the run.

Ray's own retries are off: a candidate whose process dies is tried again by the same rule as on one
machine, so the same candidates come of it.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.growth.assignment import RESULT, Outcome
from autodesign.interpreter.growth.engine import Ended, Told
from autodesign.interpreter.growth.perform import LIVES, Work, lost, perform
from autodesign.interpreter.jobs.crew import variables
from autodesign.interpreter.jobs.failures import failed, refused
from autodesign.interpreter.jobs.interruption import Interruption

POLL = 0.5
"""Seconds after which a wait looks whether it is to end."""


@dataclass(frozen=True, slots=True)
class OnRay:
    """At most `workers` candidates at a time, each with as many `threads` and this share of a GPU
    (0: on the CPU). The cluster is the one named by RAY_ADDRESS, else one on this machine."""

    workers: int
    threads: int
    gpu: float

    def run(
        self, works: Sequence[Work], interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        """Ray sends no messages on the way, so `told` hears nothing."""
        if not works:
            return
        ray = connected()
        waiting = deque(works)
        deaths: Counter[str] = Counter()
        running: dict[Any, Work] = {}
        task = self._task(ray)

        def give_out() -> None:
            while waiting and len(running) < self.workers:
                work = waiting.popleft()
                running[task(work, self.threads, self.gpu > 0)] = work

        try:
            while (waiting or running) and not interruption.asked:
                give_out()
                for ready in ray.wait(list(running), timeout=POLL)[0]:
                    work = running.pop(ready)
                    give_out()  # before what came of this one is fetched and written down
                    death = self._death(ray, ready, work, ended)
                    if death is None:
                        continue
                    deaths[work.assignment.id] += 1
                    if deaths[work.assignment.id] < LIVES:
                        waiting.appendleft(work)
                    else:
                        how = f"as Ray says: {death.splitlines()[-1].strip()}"
                        ended(work, lost(work.assignment, how, death.encode()))
        finally:
            for reference in running:
                with suppress(Exception):
                    ray.cancel(reference, force=True)

    def close(self) -> None:
        """The cluster is left as it is; a program that ends leaves it by itself."""

    def _task(self, ray: Any) -> Callable[..., Any]:
        task = ray.remote(
            num_cpus=self.threads,
            num_gpus=self.gpu,
            max_retries=0,
            runtime_env={"env_vars": variables(self.threads)},
        )
        return task(_performed).remote  # type: ignore[no-any-return]

    def _death(self, ray: Any, ready: Any, work: Work, ended: Ended) -> str | None:
        """Takes the result of a task; of one whose process died, what Ray says of it."""
        try:
            ending = ray.get(ready)
        except ray.exceptions.RayError as problem:
            return str(problem)
        shared = (work.assignment.directory / RESULT).exists()
        if isinstance(ending, Outcome) and not shared:
            ended(work, tuple(not_shared(work).diagnostics))
        else:
            ended(work, ending)
        return None


def connected() -> Any:
    """Ray, connected to a cluster. Raises SpecError AD682 where it is not installed, AD683 where no
    cluster can be reached."""
    try:
        import ray
    except ImportError:
        raise refused(
            "AD682",
            "--engine ray needs Ray, which is not installed",
            help="install it with `pip install 'autodesign[ray]'`, or leave --engine out",
        ) from None
    if not ray.is_initialized():
        try:
            ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
        except Exception as problem:
            raise refused(
                "AD683",
                "I cannot reach a Ray cluster",
                notes=[f"Ray says: {next(iter(str(problem).splitlines()), '')}"],
                help="start one with `ray start --head`, name it in RAY_ADDRESS, or unset that "
                "for one on this machine",
            ) from problem
    return ray


def _performed(work: Work, threads: int, cuda: bool) -> Outcome | tuple[Diagnostic, ...]:
    """What a task of the cluster does."""
    import torch

    torch.set_num_threads(threads)
    try:
        return perform(work, torch.device("cuda" if cuda else "cpu"), _Silent())
    except SpecError as refusal:
        return tuple(refusal.diagnostics)


class _Silent:
    def stepped(self, done: int, total: int) -> None: ...


def not_shared(work: Work) -> SpecError:
    return failed(
        "AD982",
        f"the candidate {work.assignment.id} was trained by a machine that does not share the "
        "folder of the run",
        notes=[f"{work.assignment.directory} is not here."],
        help="name with --out a folder that all machines of the cluster reach by the same path",
    )
