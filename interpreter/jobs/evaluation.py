"""A network on a whole split: reported values, cost, which nodes ran, which paths were taken."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.terms import Batch, fields_in, outputs_in, whole_value
from autodesign.stdlib.data.reading.examples import Examples

ROWS = 256
"""Examples in one pass. It is fixed, so that a value does not depend on the batch of a job."""
FIRSTS = 12
"""How many examples of a path are remembered."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`values` by the text of the report (nan where undefined), `cost` the mean multiplications of
    an example, `rates` the share of examples that ran each node (by dotted path, those of nested
    networks last), `paths` how many ran which nodes, `firsts` the first of them.
    """

    examples: int
    values: Mapping[str, float]
    cost: float
    rates: Mapping[str, float]
    paths: Mapping[str, int]
    firsts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

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
    return measured(feed, examples, (*job.reports, job.keep), job.network)


def measured(
    feed: Feed, examples: Examples, wanted: Iterable[spec.Report], network: spec.Network
) -> Evaluation:
    """What is wanted of a network on all examples."""
    reports = [r for r in wanted if not isinstance(r.term, spec.Paths)]
    whole, ran, within = _see_all(feed, examples, reports, network)
    values = {r.text: float(whole_value(r.term)(whole)) for r in reports}
    rates = {name: float(mask.double().mean()) for name, mask in ran.items()}
    rates |= {name: count / len(whole) for name, count in within.items()}
    paths = _paths(ran)
    counts = {path: count for path, (count, _) in paths.items()}
    firsts = {path: first for path, (_, first) in paths.items()}
    return Evaluation(len(whole), values, float(whole.cost.mean()), rates, counts, firsts)


def _see_all(
    feed: Feed, examples: Examples, reports: list[spec.Report], network: spec.Network
) -> tuple[Batch, dict[str, Tensor], dict[str, int]]:
    """All examples as one batch on the CPU, for each node where it ran, and for each node of a
    nested network how often."""
    outputs = sorted({name for r in reports for name in outputs_in(r.term)})
    fields = sorted({name for r in reports for name in fields_in(r.term)})
    seen: list[Batch] = []
    ran: dict[str, list[Tensor]] = {node.name: [] for node in network.nodes}
    within: dict[str, int] = {}
    feed.module.eval()
    with torch.inference_mode():
        for indices in _slices(len(examples)):
            batch, result = feed(examples.batch(indices))
            seen.append(_on_cpu(replace(batch, cost=result.cost), outputs, fields))
            for name, masks in ran.items():
                masks.append(result.executed[name].cpu())
            for name in result.executed.keys() - ran.keys():
                within[name] = within.get(name, 0) + int(result.executed[name].sum())
    nested = {name: within[name] for name in sorted(within)}
    return _joined(seen), {name: torch.cat(masks) for name, masks in ran.items()}, nested


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


def _paths(ran: Mapping[str, Tensor]) -> dict[str, tuple[int, tuple[int, ...]]]:
    """By the nodes that ran, how many examples ran them and the first of these; the commonest
    first."""
    names = list(ran)
    patterns = torch.stack([ran[name] for name in names], 1)
    kinds, which, counts = torch.unique(patterns, dim=0, return_inverse=True, return_counts=True)
    paths = {}
    for number in counts.argsort(descending=True, stable=True).tolist():
        path = " ".join(n for n, on in zip(names, kinds[number].tolist(), strict=True) if on)
        firsts = (which == number).nonzero()[:FIRSTS, 0]
        paths[path] = int(counts[number]), tuple(firsts.tolist())
    return paths
