"""Examples into a network, and what comes out as a `Batch`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.check.feeds import feeds
from autodesign.interpreter.jobs.terms import Batch

Choose = Callable[[str, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Feed:
    """A network, the data fields that go into its inputs (in order), and where it runs.

    `nullable` are the outputs that can be null; `autocast` runs layers in bfloat16; `times` are the
    microseconds of each node, by dotted path, where the job asks for time.
    """

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nullable: frozenset[str]
    device: torch.device
    autocast: bool
    times: Mapping[str, float] = field(default_factory=dict)

    def __call__(
        self,
        fields: Mapping[str, Tensor],
        choose: Choose | None = None,
        decisions: Mapping[str, Tensor] | None = None,
        keep: bool = False,
        after: Any = None,
    ) -> tuple[Batch, Any]:
        """The batch, and the network's own result with its decisions and scores.

        `choose`, `decisions`, `keep` and `after` are those of a call of the network.
        """
        there = {name: value.to(self.device) for name, value in fields.items()}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            inputs = (there[name] for name in self.inputs)
            result = self.module(
                *inputs, choose=choose, decisions=decisions, keep=keep, after=after
            )
        outputs = {name: result[name] for name in self.outputs}
        present = {name: result.present[name] for name in self.nullable}
        time = result.spent(self.times) if self.times else None
        return Batch(outputs, present, there, result.cost.float(), time), result


def feed(
    job: spec.Train,
    fields: Mapping[str, spec.FieldType],
    module: nn.Module,
    device: torch.device,
    precision: str,
    times: Mapping[str, float] | None = None,
) -> Feed:
    network, sources = job.network, feeds(job.network, fields)
    return Feed(
        module,
        tuple(sources[item.name] for item in network.inputs),
        tuple(output.name for output in network.outputs),
        frozenset(o.name for o in network.outputs if network.analysis.present[o.name] != "always"),
        device,
        precision == "bfloat16",
        times or {},
    )
