"""Which examples make each batch of an epoch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.jobs.device import stream
from autodesign.interpreter.metric.stratify import stratified_order
from autodesign.stdlib.data.reading.examples import Examples, chunks

FIRST_EPOCH_STREAM = 2


@dataclass(frozen=True, slots=True)
class Batches:
    """`classes` [examples] are those by which batches are stratified; None where chance decides."""

    examples: int
    size: int
    seed: int
    classes: Tensor | None

    @classmethod
    def of(cls, job: spec.Train, examples: Examples) -> "Batches":
        classes = _column(examples, job.stratified) if job.stratified else None
        return cls(len(examples), job.batch, job.seed, classes)

    def __len__(self) -> int:
        return -(-self.examples // self.size)

    def epoch(self, number: int) -> tuple[Tensor, ...]:
        """The batches of an epoch, indices int64: each example once, the last batch may be smaller.

        They depend on the seed and the epoch alone.
        """
        random = torch.Generator().manual_seed(stream(self.seed, FIRST_EPOCH_STREAM + number))
        if self.classes is None:
            order = torch.randperm(self.examples, generator=random)
        else:
            order = stratified_order(self.classes, self.size, random)
        return tuple(torch.split(order, self.size))


def rare(job: spec.Train, batches: Batches) -> Diagnostic | None:
    """AD970 where a class has fewer examples than there are batches to be stratified by it."""
    if batches.classes is None:
        return None
    names, counts = torch.unique(batches.classes, return_counts=True)
    fewest = int(counts.min())
    if fewest >= len(batches):
        return None
    name = int(names[counts.argmin()])
    return Diagnostic(
        "AD970",
        f"the class {name} of `{job.stratified}` has {fewest} training examples for "
        f"{len(batches)} batches, so {len(batches) - fewest} of them are without it",
        job.span,
        "batches are stratified here",
        help=f"write `batch {-(-batches.examples // fewest)}` or more, or give the class more "
        "examples",
        severity="warning",
    )


def _column(examples: Examples, field: str) -> Tensor:
    """A field of all examples, [len]."""
    labels = examples.labels() if field == "label" else None
    if labels is None:
        labels = torch.cat([examples.batch(some)[field] for some in chunks(len(examples))])
    return labels
