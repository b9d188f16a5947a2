"""How long the trained network takes, beside what it is to be better than: wall time, measured."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.evaluation import ROWS, Evaluation
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.jobs.terms import Batch, fields_in, whole_value
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.static import needed, paths, run_static
from autodesign.interpreter.network.timing import medians
from autodesign.stdlib.data.reading.examples import Examples, Splits

SECONDS = 6.0
BATCHES, PATHS = 3, 6
"""How many batches of real examples are timed, and how many paths alone."""
MOST_VALIDATED = 2_048
"""Examples on which a path alone is valued."""


class Alone(BaseModel):
    """One path without control nodes, taken by every example: the nodes its outputs are made of,
    their multiplications, the microseconds of a batch, its value on validation examples."""

    model_config = ConfigDict(frozen=True)

    nodes: tuple[str, ...]
    cost: int
    time: float
    value: float | None


class Wall(BaseModel):
    """wall.json: microseconds of a pass over `batch` examples, the medians of calls in turns.

    `dynamic` is the network as it decides, `every` its regular nodes all for every example, `cost`
    their multiplications; `alone` its paths. `criterion` is what the paths are valued by.
    """

    model_config = ConfigDict(frozen=True)

    device: str
    threads: int
    batch: int
    dynamic: float
    every: float
    cost: int
    criterion: str | None
    greater: bool
    alone: tuple[Alone, ...]

    @classmethod
    def read(cls, path: Path) -> "Wall":
        """Raises RunError AD903 where the file is damaged."""
        return files.read(path, cls)

    @property
    def best(self) -> Alone | None:
        """The path with the best value; where values are equal or there are none, the cheapest."""
        if not self.alone:
            return None
        sign = 1 if self.greater else -1
        return max(self.alone, key=lambda one: (sign * (one.value or 0.0), -one.cost))


def measured(feed: Feed, splits: Splits, job: spec.Train, test: Evaluation | None) -> Wall | None:
    """None for a network without control nodes, and where there are no examples to pass."""
    net, examples = feed.module, splits.test if len(splits.test) else splits.validation
    if not isinstance(net, DynamicNetwork) or not len(examples) or not net.names.controls:
        return None
    criterion = next((r for r in job.reports if isinstance(r.term, spec.Measure)), None)
    chosen = _paths(job.network, test)
    net.eval()
    with (
        torch.inference_mode(),
        torch.autocast(feed.device.type, torch.bfloat16, enabled=feed.autocast),
    ):
        values = [_value(feed, net, splits.validation, criterion, nodes) for nodes in chosen]
        times = _times(feed, net, examples, job.batch, chosen)
    costs = {n.name: n.greatest for n in job.network.nodes if n.kind != "control"}
    loss = criterion is not None and criterion.term.call.kind == "loss"  # type: ignore[union-attr]
    return Wall(
        device=str(feed.device),
        threads=torch.get_num_threads(),
        batch=min(job.batch, len(examples)),
        dynamic=times[0],
        every=times[1],
        cost=sum(costs.values()),
        criterion=criterion.text if criterion else None,
        greater=not loss,
        alone=tuple(
            Alone(
                nodes=tuple(n.name for n in job.network.nodes if n.name in nodes),
                cost=sum(costs[name] for name in nodes),
                time=time,
                value=value,
            )
            for nodes, time, value in zip(chosen, times[2:], values, strict=True)
        ),
    )


def _paths(network: spec.Network, test: Evaluation | None) -> list[frozenset[str]]:
    """What the outputs are made of on each path: those that examples took, the commonest first,
    then the others from the most multiplications on."""
    costs = {node.name: node.greatest for node in network.nodes}
    taken = [needed(network, path.split()) for path in (test.paths if test else ())]
    others = [needed(network, path) for path in paths(network)]
    others.sort(key=lambda nodes: -sum(costs[name] for name in nodes or ()))
    found = dict.fromkeys(nodes for nodes in (*taken[: PATHS // 2], *others, *taken) if nodes)
    return list(found)[:PATHS]


def _times(
    feed: Feed,
    net: DynamicNetwork,
    examples: Examples,
    batch: int,
    chosen: Sequence[frozenset[str]],
) -> list[float]:
    """Of the network as it decides (the mean over batches), of all nodes, of each path alone."""
    count = min(batch, len(examples))
    starts = range(0, min(len(examples) - count + 1, BATCHES * count), count)
    batches = [_inputs(feed, examples, start, count) for start in starts]
    calls: list[Callable[[], object]] = [partial(net, *inputs) for inputs in batches]
    calls.append(partial(run_static, net, batches[0]))
    calls += [partial(run_static, net, batches[0], nodes) for nodes in chosen]
    times = medians(calls, feed.device, SECONDS, fewest=3)
    return [sum(times[: len(batches)]) / len(batches), *times[len(batches) :]]


def _inputs(feed: Feed, examples: Examples, start: int, count: int) -> list[Tensor]:
    fields = examples.batch(torch.arange(start, start + count))
    return [fields[name].to(feed.device) for name in feed.inputs]


def _value(
    feed: Feed,
    net: DynamicNetwork,
    examples: Examples,
    criterion: spec.Report | None,
    nodes: frozenset[str],
) -> float | None:
    """What the criterion is on validation examples where these nodes run for all of them."""
    count = min(len(examples), MOST_VALIDATED)
    if criterion is None or not count:
        return None
    outputs: list[dict[str, Tensor]] = []
    for start in range(0, count, ROWS):
        inputs = _inputs(feed, examples, start, min(ROWS, count - start))
        made = run_static(net, inputs, nodes)
        outputs.append({name: made[name].float().cpu() for name in feed.outputs})
    fields = examples.batch(torch.arange(count))
    batch = Batch(
        {name: torch.cat([one[name] for one in outputs]) for name in feed.outputs},
        {},
        {name: fields[name] for name in fields_in(criterion.term)},
        torch.zeros(count, dtype=torch.float64),
    )
    value = float(whole_value(criterion.term)(batch))
    return value if value == value else None
