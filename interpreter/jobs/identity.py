"""What a job is, as short named texts: two runs are of the same job iff they are equal.

They stand in the run directory and in every checkpoint, so that a difference can be named.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.failures import RunError, failed, listed, refused
from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits

SAMPLES = 64
"""Examples of a split that its fingerprint looks at."""

DIGESTS = (
    *("node ", "player ", "job ", "draws", "value of the goals", "ends of the network"),
    *("moves", "recipe"),
)
"""What begins like this is told as a digest."""


def identity(job: spec.Train) -> dict[str, str]:
    """By name: what the job's result depends on. Spans and documentation take no part."""
    told: dict[str, Any] = {
        "network": job.network.name,
        **{f"node {n.name}": digest(replace(n, doc="")) for n in job.network.nodes},
        "ends of the network": digest((job.network.inputs, job.network.outputs)),
        "data": said(job.data.call),
        "goal": "; ".join(f"{g.direction} {g.text} by {said(g.method)}" for g in job.goals),
        "value of the goals": digest([goal.term for goal in job.goals]),
        "optimizer": said(job.optimizer),
        "schedule": said(job.schedule) if job.schedule else "none",
        "number of epochs": job.epochs,
        "batch": f"{job.batch} stratified by {job.stratified}" if job.stratified else job.batch,
        "criterion to keep": job.keep.text,
        "patience": job.patience,
        "clip": job.clip,
        "precision": job.precision,
        "seed": job.seed,
    }
    starts = of_starts(job.starts, identity, "all nodes")
    return {name: str(value) for name, value in told.items()} | starts


def of_starts(
    starts: Sequence[spec.Start], of: Callable[[Any], dict[str, str]], all_parts: str
) -> dict[str, str]:
    """What else a job is that starts from the weights of others; `of` gives the identity of one."""
    told = "; ".join(_start(start, of, all_parts) for start in starts)
    return {"weights to start from": told} if starts else {}


def check_same(saved: Mapping[str, str], now: Mapping[str, str], where: str) -> None:
    """Raises SpecError AD768 that names each difference."""
    names = dict.fromkeys([*now, *saved])
    differing = [name for name in names if saved.get(name) != now.get(name)]
    if differing:
        raise refused(
            "AD768",
            f"{where} is of another spec",
            notes=[_difference(name, saved.get(name), now.get(name)) for name in differing],
            help="put the spec back as it was, or start a new run without --resume",
        )


def check_fits(saved: Mapping[str, Tensor], module: nn.Module, where: str) -> None:
    """Raises SpecError AD768 where a checkpoint's weights are not those of this network."""
    wanted = {name: list(value.shape) for name, value in module.state_dict().items()}
    found = {name: list(value.shape) for name, value in saved.items()}
    notes = [
        f"`{name}` is {found.get(name, 'not')} there and {wanted.get(name, 'not')} in this network."
        for name in sorted({*wanted, *found})
        if found.get(name) != wanted.get(name)
    ]
    if notes:
        raise refused(
            "AD768",
            f"{where} is of another network",
            notes=notes[:8],
            help="put the spec back as it was, or start a new run without --resume",
        )


def fingerprint(splits: Splits) -> str:
    """A digest of the training and validation examples (some of them) and of all sizes.

    The test examples are not looked at: nothing but the last evaluation ever does.
    """
    digest = hashlib.sha256()
    for examples in (splits.train, splits.validation, splits.test):
        digest.update(f"{len(examples)};".encode())
    for examples in (splits.train, splits.validation):
        if len(examples):
            count = min(SAMPLES, len(examples))
            indices = torch.linspace(0, len(examples) - 1, count, dtype=torch.float64).long()
            for name, value in sorted(_seen(examples, indices).items()):
                digest.update(f"{name}{list(value.shape)}".encode())
                digest.update(value.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _seen(examples: Examples, indices: Tensor) -> Batch:
    """Some examples; those that change at random each time they are seen, as they change first."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        return examples.batch(indices)


def data_changed(job: spec.Train | PipelineJob) -> RunError:
    draws = () if isinstance(job, spec.Train) else job.pipeline.draws
    data = [job.data] if isinstance(job, spec.Train) else [draw.data for draw in draws]
    return failed(
        "AD904",
        f"the data {listed(dict.fromkeys(one.name for one in data))} are not those with which the "
        f"job `{job.name}` began",
        data[0].span,
        notes=["The number of examples, or what is in them, has changed since."],
        help="put the data back as they were, or start a new run without --resume",
    )


def _start(start: spec.Start, of: Callable[[Any], dict[str, str]], all_parts: str) -> str:
    if isinstance(start.source, spec.Call):
        source = said(start.source)
    else:
        source = f"{start.source.name} ({digest(sorted(of(start.source).items()))[:8]})"
    pairs = ", ".join(f"{here}={there}" for here, there in start.pairs)
    return f"{source}: {pairs or all_parts}"


def _difference(name: str, saved: str | None, now: str | None) -> str:
    if saved is None or now is None:
        return f"The {name} is {'not there' if saved is None else 'not in this spec'}."
    if name.startswith(DIGESTS):
        return f"The {name} differs."
    return f"The {name} is {saved} there, and {now} in this spec."


def said(value: Any) -> str:
    """A call as the spec would write it, all arguments by name."""
    match value:
        case spec.Call(name=name, args=args):
            inner = ", ".join(f"{k}={said(v)}" for k, v in args.items())
            return f"{name}({inner})"
        case tuple():
            return f"[{', '.join(said(v) for v in value)}]"
        case _:
            return str(value)


def digest(value: object) -> str:
    """A short text, the same for the same value in every process."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
