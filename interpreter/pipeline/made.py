"""The examples that a finished pipeline makes, as data for other jobs."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.pipeline.evaluation import Evaluator
from autodesign.interpreter.pipeline.needs import plan
from autodesign.interpreter.pipeline.played import module_of
from autodesign.interpreter.pipeline.tools import placements
from autodesign.interpreter.pipeline.weights import load
from autodesign.stdlib.data.reading.examples import Splits


def made_by(
    job: PipelineJob,
    call: spec.Call,
    data: Sequence[Splits],
    directory: JobDirectory,
    device: torch.device,
) -> Path:
    """The file of the examples of `Made(job, count, seed)`, which is written once, whole.

    Raises RunError AD902.
    """
    count, seed = call.args["count"], call.args["seed"]
    assert isinstance(count, int) and isinstance(seed, int)
    path = directory.path / f"made-{count}-{seed}.safetensors"
    if not path.exists():
        modules = {player.name: module_of(player).to(device) for player in job.pipeline.players}
        load(modules, directory)
        examples = [splits.train for splits in data]
        places = placements(job.pipeline, examples)
        evaluator = Evaluator(
            job.pipeline, list(modules.values()), examples, places, job.batch, job.seed, device
        )
        checkpoint.write(path, Checkpoint(made(evaluator, count, seed), {"job": job.name}))
    return path


def made(evaluator: Evaluator, count: int, seed: int) -> dict[str, Tensor]:
    """The pipeline's outputs for `count` examples drawn by a seed: [count, ...] by name.

    Images in 0..1 are kept as bytes, as image files hold them.
    """
    outputs = evaluator.pipeline.outputs
    parts: dict[str, list[Tensor]] = {name: [] for name, _ in outputs}
    needs = plan(evaluator.pipeline, (), [index for _, index in outputs])
    for size, values in evaluator.batches(needs, count, seed):
        for name, index in outputs:
            value = values[index].detach().cpu()
            parts[name].append(value.expand(size, *value.shape[1:]))
    found = {name: torch.cat(rows) for name, rows in parts.items()}
    for name, index in outputs:
        value = found[name]
        if is_image(evaluator.pipeline.values[index].type) and 0 <= value.min() <= value.max() <= 1:
            found[name] = as_bytes(value)
    return found


def is_image(type: spec.FieldType) -> bool:
    """Whether it can be shown: one channel or three."""
    return len(type.shape) == 3 and type.shape[0] in (1, 3)


def as_bytes(images: Tensor) -> Tensor:
    """Numbers in 0..1 as uint8; what lies outside is cut off."""
    return (images * 255).round().clamp(0, 255).to(torch.uint8)
