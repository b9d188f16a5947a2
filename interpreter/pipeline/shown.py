"""What a report shows of a finished pipeline: what it was given and what it made, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from autodesign.dsl import pipeline as checked
from autodesign.dsl import spec
from autodesign.dsl.pipeline import Index, Pipeline, PipelineJob, ValueReport
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.pipeline.evaluation import Evaluator
from autodesign.interpreter.pipeline.made import as_bytes, is_image
from autodesign.interpreter.pipeline.needs import plan
from autodesign.interpreter.pipeline.reach import reached
from autodesign.interpreter.pipeline.values import Values

EXAMPLES = 8
MAKES, FINDS = "What it makes", "What it finds"
LONGEST_SIDE = 192


@dataclass(frozen=True, slots=True)
class Column:
    """Images of the same examples: `images` float [n, 1 or 3, height, width], boxes on them [n,
    most, 5] and detections [n, most, 6], in their pixels."""

    title: str
    images: Tensor
    boxes: Tensor | None = None
    found: Tensor | None = None


def show(made: Evaluator, seen: Evaluator, job: PipelineJob, directory: JobDirectory) -> None:
    """Writes examples.safetensors: what the pipeline makes from the data of `made`, and what its
    detectors find in those of `seen`, as far as there are such. Raises RunError AD902."""
    tensors: dict[str, Tensor] = {}
    groups: list[dict[str, Any]] = []
    for title, batches in ((MAKES, _makes(made)), (FINDS, _finds(seen, job.reports))):
        parts: dict[str, list[Tensor]] = {}
        columns: list[Column] = []
        for columns in batches:
            for number, column in enumerate(columns):
                for part, rows in _shrunk(column).items():
                    parts.setdefault(f"{len(groups)}.{number}.{part}", []).append(rows.cpu())
        if columns:
            tensors |= {name: together(rows) for name, rows in parts.items()}
            groups.append({"title": title, "columns": [column.title for column in columns]})
    if groups:
        checkpoint.write(directory.examples, Checkpoint(tensors, {"groups": groups}))


def _makes(evaluator: Evaluator) -> Iterator[list[Column]]:
    """Batches of what is drawn, what is made of it, and what detectors find there."""
    pipeline = evaluator.pipeline
    outputs = [index for _, index in pipeline.outputs]
    if any(is_image(pipeline.values[index].type) for index in outputs):
        inputs = _drawn_images(pipeline, outputs)
        needs = plan(pipeline, (), [*outputs, *inputs.values()])
        for _, values in evaluator.batches(needs, EXAMPLES, evaluator.seed):
            yield list(_columns(evaluator, values, inputs))


def _finds(evaluator: Evaluator, reports: Sequence[ValueReport]) -> Iterator[list[Column]]:
    """Batches of images whose detections are reported, with the boxes that were drawn with them."""
    pipeline = evaluator.pipeline
    found = [
        (index, dict(value.made.inputs)["x"])
        for index in sorted(reached(pipeline, (report.value for report in reports)))
        if isinstance((value := pipeline.values[index]).made, checked.Operation)
        and value.type.kind == "detections"
    ]
    if not found:
        return
    boxes = {image: _boxes_with(pipeline, image) for _, image in found}
    ends = [*boxes, *(i for i in boxes.values() if i is not None), *(i for i, _ in found)]
    needs = plan(pipeline, (), ends)
    for _, values in evaluator.batches(needs, min(EXAMPLES, evaluator.length(needs))):
        columns = []
        for image, there in boxes.items():
            placed = None if there is None else values[there]
            columns.append(Column(pipeline.values[image].text, values[image], placed))
            columns += [
                Column(pipeline.values[index].text, values[image], None, values[index])
                for index, of in found
                if of == image
            ]
        yield columns


def _boxes_with(pipeline: Pipeline, image: Index) -> Index | None:
    """The boxes that were drawn with an image."""
    made = pipeline.values[image].made
    if not isinstance(made, checked.Drawn):
        return None
    for index, value in enumerate(pipeline.values):
        same = isinstance(value.made, checked.Drawn) and value.made.draw == made.draw
        if same and value.type.kind == "boxes":
            return index
    return None


def together(parts: list[Tensor]) -> Tensor:
    """Rows of several batches; fewer boxes than in others are filled up with none."""
    most = max(part.shape[1] for part in parts)
    shapes = [(len(part), most - part.shape[1], *part.shape[2:]) for part in parts]
    filled = [
        torch.cat([part, part.new_full(shape, -1)], 1) if shape[1] else part
        for part, shape in zip(parts, shapes, strict=True)
    ]
    return torch.cat(filled)


def _columns(evaluator: Evaluator, values: Values, inputs: dict[str, Index]) -> Iterator[Column]:
    """What was drawn, what was made of it with its boxes, what detectors find there."""
    pipeline = evaluator.pipeline
    types = {name: pipeline.values[index].type for name, index in pipeline.outputs}
    outputs = {name: values[index] for name, index in pipeline.outputs}
    for name, index in inputs.items():
        yield Column(name, values[index])
    boxes = {name: value for name, value in outputs.items() if types[name].kind == "boxes"}
    for name, images in outputs.items():
        if not is_image(types[name]):
            continue
        title = " with ".join([name, *boxes])
        yield Column(title, images, next(iter(boxes.values()), None))
        for player, played in zip(pipeline.players, evaluator.players, strict=True):
            if isinstance(player.body, spec.Call):
                yield Column(f"{player.name} on {name}", images, None, played(images))


def _drawn_images(pipeline: Pipeline, outputs: list[Index]) -> dict[str, Index]:
    """The images that were drawn for the outputs and are not themselves outputs, by their names."""
    found = {}
    for index in sorted(reached(pipeline, outputs) - set(outputs)):
        value = pipeline.values[index]
        if isinstance(value.made, checked.Drawn) and is_image(value.type):
            found[value.text] = index
    return found


def _shrunk(column: Column) -> dict[str, Tensor]:
    """As bytes, large images made smaller and what lies on them with them."""
    images = column.images.detach().float()
    if images.shape[1] != 3:
        images = images.mean(1, keepdim=True)
    height, width = images.shape[2:]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    if scale < 1:
        size = max(round(height * scale), 1), max(round(width * scale), 1)
        images = adaptive_avg_pool2d(images, size)
    parts = {"images": as_bytes(images)}
    for part, rows in (("boxes", column.boxes), ("found", column.found)):
        if rows is not None:
            rows = rows.detach().float().clone()
            there = rows[..., 4] >= 0
            rows[..., :4] = torch.where(there[..., None], rows[..., :4] * scale, rows[..., :4])
            parts[part] = rows
    return parts
