"""The processes that train together, each on its part of every batch (`torchrun`).

Every process passes its part through the network; what came out is gathered, so that all compute
the same losses on the whole batch. The gradients of the parts are then added up (a node that no
example of a process reached has none there), and all take the same step: that of one process.

The first process writes the run's folder and speaks; the others work on a copy that is thrown away.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import torch
import torch.distributed as dist
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.growth import Search
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.device import stream
from autodesign.interpreter.jobs.directory import RunDirectory
from autodesign.interpreter.jobs.failures import failed, refused
from autodesign.interpreter.jobs.q_learning import Actor
from autodesign.interpreter.jobs.terms import Batch
from autodesign.interpreter.jobs.times import tells_time
from autodesign.interpreter.metric.processes import gathered, same_random

PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others: longer than one may need for a report"""

OTHERS = 1 << 32
"""From here on lie the streams of random numbers of all processes but the first"""

STARTED_BY_TORCHRUN = "TORCHELASTIC_RUN_ID"


@dataclass(frozen=True, slots=True)
class Ranks:
    """Process `rank` of `count`; a run that was started as usual is the only one."""

    rank: int = 0
    count: int = 1

    @property
    def alone(self) -> bool:
        return self.count == 1

    def part(self, rows: Tensor) -> Tensor:
        """This process' part of the rows of a batch; it may be empty."""
        return torch.tensor_split(rows, self.count)[self.rank]

    def own_random(self, seed: int, step: int) -> None:
        """Random numbers of a step (dropout) that no other process draws; the first one goes on."""
        if self.rank:
            torch.manual_seed(stream(seed, OTHERS + step * self.count + self.rank))

    def together(
        self, batch: Batch, actors: Sequence[Actor], fields: Iterable[str]
    ) -> tuple[Batch, list[Actor]]:
        """The whole batch, of whose fields only the named ones, and the actors on it."""
        if self.alone:
            return batch, list(actors)
        parts = [batch.outputs, batch.present, {name: batch.fields[name] for name in fields}]
        tensors = [tensor for part in parts for tensor in part.values()] + [batch.cost]
        tensors += [t for one in actors for t in (one.scores, one.actions, one.ran)]
        with _connected():
            found = iter(gathered(tensors, averaged=False))
        outputs, present, named = ({name: next(found) for name in part} for part in parts)
        whole = Batch(outputs, present, named, next(found))
        return whole, [
            replace(a, scores=next(found), actions=next(found), ran=next(found)) for a in actors
        ]

    @contextmanager
    def same_random(self, like: Tensor) -> Iterator[None]:
        """All processes draw what the first one draws."""
        with ExitStack() as stack:
            with _connected():
                stack.enter_context(same_random(like))
            yield

    def add_up(self, module: nn.Module, learns: bool, asked: bool) -> tuple[bool, bool]:
        """Adds up the gradients; whether any process learns from this batch, or was asked to end.

        A parameter has a gradient afterwards iff it has one in some process.
        """
        if self.alone:
            return learns, asked
        weights = [p for p in module.parameters() if p.requires_grad]
        there = [float(p.grad is not None) for p in weights]
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in weights]
        flags = torch.tensor([*there, float(learns), float(asked)])
        with _connected():
            total = torch.cat([*(part.reshape(-1).float() for part in parts), flags])
            dist.all_reduce(total)
        *there, learned, ending = total[-len(flags) :].tolist()
        sizes = [p.numel() for p in weights]
        for p, count, part in zip(
            weights, there, torch.split(total, [*sizes, len(flags)]), strict=False
        ):
            p.grad = part.view_as(p).to(p.dtype) if count else None
        return learned > 0, ending > 0

    @contextmanager
    def folder(
        self, open_it: Callable[[], AbstractContextManager[RunDirectory]]
    ) -> Iterator[RunDirectory]:
        """The run's folder, which the first process opens, or a copy of it.

        Where the first one is refused, so are all.
        """
        if self.rank:
            place = self.tell("")
            if not place:
                raise SpecError([])
            with TemporaryDirectory() as copy:
                shutil.copytree(place, copy, dirs_exist_ok=True)
                self.wait()
                yield RunDirectory(Path(copy))
            return
        with ExitStack() as stack:
            try:
                found = stack.enter_context(open_it())
            except BaseException:
                self.tell("")
                raise
            self.tell(str(found.path.absolute()))
            self.wait()
            yield found

    def tell(self, text: str) -> str:
        """What the first process says, in all of them."""
        if self.alone:
            return text
        said = [text]
        with _connected():
            dist.broadcast_object_list(said)
        return said[0]

    def wait(self) -> None:
        """Until all have come here."""
        if not self.alone:
            with _connected():
                dist.barrier()


@contextmanager
def joined() -> Iterator[Ranks]:
    """This process among those that `torchrun` has started; alone where it has not."""
    count = int(os.environ.get("WORLD_SIZE", "1")) if STARTED_BY_TORCHRUN in os.environ else 1
    if count == 1:
        yield Ranks()
    elif dist.is_initialized():
        yield Ranks(dist.get_rank(), dist.get_world_size())
    else:
        with _connected():
            dist.init_process_group("gloo", timeout=PATIENCE)
        before = signal.signal(signal.SIGTERM, _unheard)
        yield Ranks(dist.get_rank(), dist.get_world_size())
        signal.signal(signal.SIGTERM, before)
        dist.destroy_process_group()


def _unheard(number: int, frame: FrameType | None) -> None:
    """Where one process was lost, torchrun asks the others to end, and they have yet to say why."""


@contextmanager
def _connected() -> Iterator[None]:
    """RunError AD977 where another process does not answer."""
    try:
        yield
    except RuntimeError as problem:
        raise failed(
            "AD977",
            "another process of this run has ended, or does not answer",
            notes=["The processes that torchrun has started train together or not at all."],
            help="look at what that process has said, then continue the run with --resume",
        ) from problem


def check_together(
    ranks: Ranks,
    jobs: Iterable[spec.Train | PipelineJob],
    several: Iterable[spec.Sweep | Search],
    device: torch.device,
) -> None:
    """Raises SpecError AD978 for what only one process can do."""
    if ranks.alone:
        return
    unfit = [
        f"the {'sweep' if isinstance(one, spec.Sweep) else 'search'} `{one.name}` starts processes "
        "of its own"
        for one in several
    ]
    for job in jobs:
        if isinstance(job, PipelineJob):
            unfit.append(f"the job `{job.name}` plays a pipeline")
        elif tells_time(job):
            unfit.append(f"the job `{job.name}` measures time, which differs between processes")
    if device.type != "cpu":
        unfit.append(f"the device {device} is only one, and the processes are {ranks.count}")
    if unfit:
        raise refused(
            "AD978",
            f"{ranks.count} processes cannot run this together",
            notes=[f"{one[0].upper()}{one[1:]}." for one in unfit],
            help="run it without torchrun, or name what fits with --job and `--device cpu`",
        )
