"""The weights that a job starts from: those of another job, or of a checkpoint."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.pipeline import PipelineJob
from autodesign.dsl.spec import Shape
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import below, under
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.data import weights_torch

Job = spec.Train | PipelineJob

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
    if isinstance(job, PipelineJob):
        return list(job.makers)
    return [s.source for s in job.starts if isinstance(s.source, spec.Train)] + list(job.makers)


def check_starts(job: spec.Train) -> None:
    """Raises SpecError AD374 where weights do not fit, and as data do where they are not there."""
    here = _shapes(job.network) if job.starts else {}
    for start in job.starts:
        if isinstance(start.source, spec.Train):
            there, whose = _shapes(start.source.network), f"the job `{start.source.name}`"
        else:
            there, whose = weights_torch.shapes(start.source), str(start.source.args["file"])
        differences = list(_differences(_nodes(start, here, there), here, there))
        if differences:
            raise _other_architecture(job, start, whose, differences)


def begin(module: nn.Module, job: spec.Train, best: Callable[[str], Path]) -> None:
    """Gives the nodes the weights that they start from, which `check_starts` accepted.

    `best` says where another job has its best weights. Raises RunError AD903 for damaged ones.
    """
    here = module.state_dict()
    for start in job.starts:
        there = _weights(start, best)
        for node, other in _nodes(start, here, there):
            own = under(node, below(other, there))
            module.load_state_dict(own, strict=False)


def _weights(start: spec.Start, best: Callable[[str], Path]) -> Mapping[str, Tensor]:
    if isinstance(start.source, spec.Train):
        return below("network", checkpoint.read(best(start.source.name)).tensors)
    return weights_torch.weights(start.source)


def _shapes(network: spec.Network) -> dict[str, Shape]:
    with torch.device("meta"):
        state = DynamicNetwork(network).state_dict()
    return {name: tuple(value.shape) for name, value in state.items()}


def _nodes(
    start: spec.Start, here: Iterable[str], there: Iterable[str]
) -> Sequence[tuple[str, str]]:
    """Pairs of a node here and the one it starts as: all that share a name where none is named."""
    if start.nodes:
        return start.nodes
    others = {name.split(".")[0] for name in there}
    names = dict.fromkeys(name.split(".")[0] for name in here)
    return [(name, name) for name in names if name in others]


def _differences(
    nodes: Sequence[tuple[str, str]], here: Mapping[str, Shape], there: Mapping[str, Shape]
) -> Iterator[str]:
    """What keeps nodes from starting as others, tensor by tensor."""
    if not any(below(other, there) for _, other in nodes):
        yield "No weights of its nodes are there."
    for node, other in nodes:
        own, given = below(node, here), below(other, there)
        for rest in sorted({*own, *given}):
            if rest not in given:
                yield f"`{node}.{rest}` is {list(own[rest])} here, and not there."
            elif rest not in own:
                yield f"`{other}.{rest}` is {list(given[rest])} there, and not here."
            elif own[rest] != given[rest]:
                yield f"`{node}.{rest}` is {list(own[rest])} here, and {list(given[rest])} there."


def _other_architecture(
    job: spec.Train, start: spec.Start, whose: str, differences: Sequence[str]
) -> SpecError:
    more = len(differences) - SHOWN
    return refused(
        "AD374",
        f"the weights of {whose} are of another architecture than `{job.network.name}`",
        start.span,
        label="these weights",
        notes=[*differences[:SHOWN], *([f"So are {more} more."] if more > 0 else [])],
        help="make the nodes alike, or name only those that are, as in `from JOB(N1, N3)`",
    )
