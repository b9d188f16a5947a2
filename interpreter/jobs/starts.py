"""The weights that a job starts from: those of another job, or of a checkpoint."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.check.starts import Whole
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.pipeline import PipelineJob
from autodesign.dsl.spec import Shape
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import below, under
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.pipeline.played import module_of
from autodesign.interpreter.pipeline.weights import PLAYERS
from autodesign.stdlib.data import weights_torch

Job = spec.Train | PipelineJob

NETWORK = "network"
"""What a network's weights stand under in a checkpoint"""

SHOWN = 8
"""Differences that are named"""


def with_sources(jobs: Iterable[Job]) -> list[Job]:
    """Jobs, each after those that it needs, none twice."""
    found: dict[str, Job] = {}
    for job in jobs:
        for one in (*with_sources(sources(job)), job):
            found.setdefault(one.name, one)
    return list(found.values())


def sources(job: Job) -> list[Job]:
    """The jobs whose weights a job starts from, and those that make examples of its data."""
    given = [s.source for s in job.starts if not isinstance(s.source, spec.Call)]
    return [*given, *job.makers]


def check_starts(job: Job) -> None:
    """Raises SpecError AD374 where weights do not fit, AD379 where there are two for one part, and
    as data do where they are not there."""
    here = _shapes(job) if job.starts else {}
    given: dict[str, str] = {}
    for start in job.starts:
        if isinstance(start.source, spec.Call):
            there = weights_torch.shapes(start.source, _place(job))
            whose = str(start.source.args["file"])
        else:
            there, whose = _shapes(start.source), f"the job `{start.source.name}`"
        pairs = _pairs(start, here, there)
        differences = list(_differences(Whole.of(job), pairs, here, there))
        if differences:
            raise _other_architecture(Whole.of(job), start, whose, differences)
        for part, _ in pairs:
            if part in given:
                raise _two_sources(part, start, given[part])
            given[part] = whose


def told(job: Job) -> list[str]:
    """The sources of a job and the parts they give weights to, `base: G, D as its D2`.

    For a checkpoint those that are named: its file may be gone when this is asked.
    """
    return [_told(job, start) for start in job.starts]


def _told(job: Job, start: spec.Start) -> str:
    if not isinstance(start.source, spec.Call):
        name, pairs = start.source.name, _pairs(start, _shapes(job), _shapes(start.source))
    else:
        name, pairs = Path(str(start.source.args["file"])).name, start.pairs
    parts = [here if here == there else f"{here} as its {there}" for here, there in pairs]
    return f"{name}: {', '.join(parts) or f'all {Whole.of(job).part}s of the same name'}"


def begin(parts: Mapping[str, nn.Module], job: Job, best: Callable[[str], Path]) -> None:
    """Gives the nodes of a network or the players of a pipeline, by name, the weights that they
    start from, which `check_starts` accepted.

    `best` says where another job has its best weights. Raises RunError AD903 for damaged ones.
    """
    here = _together(parts)
    for start in job.starts:
        there = _weights(job, start, best)
        for part, other in _pairs(start, here, there):
            parts[part].load_state_dict(below(other, there))


def _weights(job: Job, start: spec.Start, best: Callable[[str], Path]) -> Mapping[str, Tensor]:
    if isinstance(start.source, spec.Call):
        return weights_torch.weights(start.source, _place(job))
    return below(_place(job), checkpoint.read(best(start.source.name)).tensors)


def _place(job: Job) -> str:
    """What the weights of such a job stand under in a checkpoint."""
    return NETWORK if isinstance(job, spec.Train) else PLAYERS


def _shapes(job: Job) -> dict[str, Shape]:
    with torch.device("meta"), warnings.catch_warnings():
        # trained weights that a layer comes with are read, and not wanted here
        warnings.filterwarnings("ignore", "for .*: copying from a non-meta parameter")
        if isinstance(job, spec.Train):
            state = DynamicNetwork(job.network).state_dict()
        else:
            state = _together({one.name: module_of(one) for one in job.pipeline.players})
    return {name: tuple(value.shape) for name, value in state.items()}


def _together(parts: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    return {
        name: value
        for part, module in parts.items()
        for name, value in under(part, module.state_dict()).items()
    }


def _pairs(
    start: spec.Start, here: Iterable[str], there: Iterable[str]
) -> Sequence[tuple[str, str]]:
    """Pairs of a part here and the one it starts as: all that share a name where none is named."""
    if start.pairs:
        return start.pairs
    others = {name.split(".")[0] for name in there}
    names = dict.fromkeys(name.split(".")[0] for name in here)
    return [(name, name) for name in names if name in others]


def _differences(
    whole: Whole,
    pairs: Sequence[tuple[str, str]],
    here: Mapping[str, Shape],
    there: Mapping[str, Shape],
) -> Iterator[str]:
    """What keeps parts from starting as others, tensor by tensor."""
    if not any(below(other, there) for _, other in pairs):
        yield f"No weights of its {whole.part}s are there."
    for part, other in pairs:
        own, given = below(part, here), below(other, there)
        for rest in sorted({*own, *given}):
            if rest not in given:
                yield f"`{part}.{rest}` is {list(own[rest])} here, and not there."
            elif rest not in own:
                yield f"`{other}.{rest}` is {list(given[rest])} there, and not here."
            elif own[rest] != given[rest]:
                yield f"`{part}.{rest}` is {list(own[rest])} here, and {list(given[rest])} there."


def _two_sources(part: str, start: spec.Start, first: str) -> SpecError:
    """What a check sees of jobs, and only now of a checkpoint after which no names stand."""
    return refused(
        "AD379",
        f"`{part}` would start from two sources",
        start.span,
        label="the second",
        notes=[f"The first is {first}."],
        help="name it in one of them",
    )


def _other_architecture(
    whole: Whole, start: spec.Start, whose: str, differences: Sequence[str]
) -> SpecError:
    more = len(differences) - SHOWN
    some = "N1, N3" if whole.part == "node" else "G, D"
    return refused(
        "AD374",
        f"the weights of {whose} are of another architecture than `{whole.name}`",
        start.span,
        label="these weights",
        notes=[*differences[:SHOWN], *([f"So are {more} more."] if more > 0 else [])],
        help=f"make the {whole.part}s alike, or name only those that are, as in `from JOB({some})`",
    )
