"""A network on a whole split: reported values, cost, which nodes ran, which paths were taken."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.terms import Batch, fields_in, outputs_in, whole_value
from autodesign.stdlib.data.reading.examples import Examples

ROWS = 256
"""Examples in one pass. It is fixed, so that a value does not depend on the batch of a job."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`values` by the text of the report (nan where undefined), `cost` the mean multiplications of
    an example, `rates` the share of examples that ran each node, `paths` how many ran which nodes.
    """

    examples: int
    values: Mapping[str, float]
    cost: float
    rates: Mapping[str, float]
    paths: Mapping[str, int]

    def record(self) -> dict[str, Any]:
        """As JSON holds it: None where a value is undefined."""
        return {
            "examples": self.examples,
            "values": {t: v if math.isfinite(v) else None for t, v in self.values.items()},
            "cost": self.cost,
            "rates": dict(self.rates),
            "paths": dict(self.paths),
        }


def evaluate(feed: Feed, examples: Examples, job: spec.Train) -> Evaluation:
    """Runs the network over all examples, as it decides itself, and measures them as one set."""
    reports = [r for r in (*job.reports, job.keep) if not isinstance(r.term, spec.Paths)]
    whole, ran = _see_all(feed, examples, reports, job.network)
    values = {r.text: float(whole_value(r.term)(whole)) for r in reports}
    rates = {name: float(mask.double().mean()) for name, mask in ran.items()}
    return Evaluation(len(whole), values, float(whole.cost.mean()), rates, _paths(ran))


def _see_all(
    feed: Feed, examples: Examples, reports: list[spec.Report], network: spec.Network
) -> tuple[Batch, dict[str, Tensor]]:
    """All examples as one batch on the CPU, and for each node where it ran."""
    outputs = sorted({name for r in reports for name in outputs_in(r.term)})
    fields = sorted({name for r in reports for name in fields_in(r.term)})
    seen: list[Batch] = []
    ran: dict[str, list[Tensor]] = {node.name: [] for node in network.nodes}
    feed.module.eval()
    with torch.inference_mode():
        for indices in _slices(len(examples)):
            batch, result = feed(examples.batch(indices))
            seen.append(_on_cpu(replace(batch, cost=result.cost), outputs, fields))
            for name, masks in ran.items():
                masks.append(result.executed[name].cpu())
    return _joined(seen), {name: torch.cat(masks) for name, masks in ran.items()}


def _slices(count: int) -> Iterator[Tensor]:
    for start in range(0, count, ROWS):
        yield torch.arange(start, min(start + ROWS, count))


def _on_cpu(batch: Batch, outputs: list[str], fields: list[str]) -> Batch:
    return Batch(
        {name: batch.outputs[name].float().cpu() for name in outputs},
        {name: mask.cpu() for name, mask in batch.present.items()},
        {name: batch.fields[name].cpu() for name in fields},
        batch.cost.cpu().double(),
        None if batch.time is None else batch.time.cpu().double(),
    )


def _joined(batches: list[Batch]) -> Batch:
    def together(part: str) -> dict[str, Tensor]:
        first = getattr(batches[0], part)
        return {name: torch.cat([getattr(b, part)[name] for b in batches]) for name in first}

    cost = torch.cat([b.cost for b in batches])
    times = [b.time for b in batches if b.time is not None]
    time = torch.cat(times) if times else None
    return Batch(together("outputs"), together("present"), together("fields"), cost, time)


def _paths(ran: Mapping[str, Tensor]) -> dict[str, int]:
    """How many examples ran which set of nodes, the commonest first."""
    names = list(ran)
    patterns = torch.stack([ran[name] for name in names], 1)
    kinds, counts = torch.unique(patterns, dim=0, return_counts=True)
    taken = Counter(
        {
            " ".join(n for n, on in zip(names, kind, strict=True) if on): int(count)
            for kind, count in zip(kinds.tolist(), counts, strict=True)
        }
    )
    return dict(taken.most_common())
