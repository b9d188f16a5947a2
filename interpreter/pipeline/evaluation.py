"""What a pipeline's reports are on a split, and the examples that it makes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Pipeline, ValueReport
from autodesign.interpreter.jobs.device import stream
from autodesign.interpreter.pipeline.draws import Draws
from autodesign.interpreter.pipeline.needs import Plan, plan
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.tools import Place, Tools
from autodesign.interpreter.pipeline.values import ARITHMETIC, Values, put
from autodesign.stdlib.data.reading.examples import Examples

EVALUATION = 1
"""The stream of random numbers that an evaluation draws from; draws take those from 2 on."""


class Evaluator:
    """A pipeline's players on a split: `data` are its examples, by draw.

    Players are in evaluation mode, and random numbers (placements) the same at each evaluation.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        modules: Sequence[nn.Module],
        data: Sequence[Examples],
        places: Mapping[Index, Place],
        batch: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.pipeline, self.data, self.places = pipeline, data, places
        self.batch, self.seed, self.device = batch, seed, device
        self.modules, self.players = modules, [Played(module) for module in modules]
        self.weights = [[p for p in one.parameters() if p.requires_grad] for one in modules]
        self.tools = Tools(pipeline)

    def values(self, reports: Sequence[ValueReport]) -> dict[str, float]:
        """By the text of the report; nan where it is undefined, or its data have no examples.

        A metric is that of all rows of one pass through the data of the first draw it needs, any
        other number the mean over them.
        """
        gathered: dict[Index, list[Tensor]] = {}
        sizes: dict[Index, list[int]] = {}
        for parts in self._passes(reports):
            for count, values in self.batches(plan(self.pipeline, (), parts)):
                for part in parts:
                    gathered.setdefault(part, []).append(values[part].detach().cpu())
                    sizes.setdefault(part, []).append(count)
        found = {}
        for report in reports:
            there = gathered.keys() >= set(whole_parts(self.pipeline, report.value))
            whole = self._whole(report.value, gathered, sizes) if there else math.nan
            found[report.text] = float(whole)
        return found

    def _passes(self, reports: Sequence[ValueReport]) -> list[list[Index]]:
        """What is gathered, by the draw through whose data the pass goes."""
        passes: dict[int, dict[Index, None]] = {}
        for report in reports:
            for part in whole_parts(self.pipeline, report.value):
                draws = self._draws(plan(self.pipeline, (), [part]))
                passes.setdefault(draws[0] if draws else -1, {})[part] = None
        return [list(parts) for parts in passes.values()]

    def _whole(
        self,
        index: Index,
        gathered: Mapping[Index, list[Tensor]],
        sizes: Mapping[Index, list[int]],
    ) -> Tensor:
        """A value on the whole split, from the rows of what it is made of."""
        made = self.pipeline.values[index].made
        match made:
            case checked.Operation() if made.call.kind == "metric":
                inputs = {name: torch.cat(gathered[one]) for name, one in made.inputs}
                return self.tools.operations[index](**inputs).double()
            case checked.Fixed(value):
                return torch.tensor(value, dtype=torch.float64)
            case checked.Combined(op, left, right) if index not in gathered:
                one = self._whole(left, gathered, sizes)
                if right is None:
                    return -one
                other = self._whole(right, gathered, sizes)
                return torch.as_tensor(ARITHMETIC[op](one, other))
            case _:
                values = torch.stack([value.reshape(()) for value in gathered[index]]).double()
                weights = torch.tensor(sizes[index], dtype=torch.float64)
                return (values * weights).sum() / weights.sum()

    # --- batches of a split ---

    def batches(
        self, needs: Plan, count: int | None = None, random: int | None = None
    ) -> Iterator[tuple[int, Values]]:
        """The values of each batch of one pass, or of `count` examples, and how many it has.

        The pass is in order and through the data of the first draw that is needed; others begin
        anew where they end. With `random` all are shuffled by that seed. Nothing is given where a
        draw has no examples.
        """
        draws = self._draws(needs)
        if any(len(self.data[draw]) == 0 for draw in draws):
            return
        if count is None:
            count = self.length(needs)
        seed = self.seed if random is None else random
        source = Draws(self.pipeline.draws, self.data, None if random is None else seed)
        with self._still(needs, seed), torch.no_grad():
            for start in range(0, count, self.batch):
                size = min(self.batch, count - start)
                fields = {draw: source.take(draw, size) for draw in draws}
                drawn = put(needs, self.pipeline, fields, source.rows, self.places, self.device)
                values = Values(self.pipeline, needs, self.tools, self.players, drawn, replay=False)
                yield size, values

    def length(self, needs: Plan) -> int:
        """How many examples a pass has."""
        draws = self._draws(needs)
        return len(self.data[draws[0]]) if draws else 1

    def _draws(self, needs: Plan) -> list[int]:
        made = [self.pipeline.values[index].made for index in needs.needed]
        return sorted({one.draw for one in made if isinstance(one, checked.Drawn)})

    @contextmanager
    def _still(self, needs: Plan, seed: int) -> Iterator[None]:
        """Players in evaluation mode; what they are and the random numbers stay as they were."""
        modes = [module.training for module in self.modules]
        flags = {weight: weight.requires_grad for own in self.weights for weight in own}
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(stream(seed, EVALUATION))
            try:
                for number, module in enumerate(self.modules):
                    module.eval()
                    for weight in self.weights[number]:
                        weight.requires_grad_(number in needs.learning)
                yield
            finally:
                for module, mode in zip(self.modules, modes, strict=True):
                    module.train(mode)
                for weight, flag in flags.items():
                    weight.requires_grad_(flag)


def whole_parts(pipeline: Pipeline, index: Index) -> tuple[Index, ...]:
    """The values whose rows are gathered to find a value on a whole split: what metrics are made
    of, and numbers that are means over the batches."""
    made = pipeline.values[index].made
    match made:
        case checked.Operation() if made.call.kind == "metric":
            return tuple(one for _, one in made.inputs)
        case checked.Combined(_, left, right) if _holds_metric(pipeline, index):
            sides = (left,) if right is None else (left, right)
            return tuple(dict.fromkeys(p for s in sides for p in whole_parts(pipeline, s)))
        case checked.Fixed():
            return ()
        case _:
            return (index,)


def _holds_metric(pipeline: Pipeline, index: Index) -> bool:
    made = pipeline.values[index].made
    match made:
        case checked.Operation():
            return made.call.kind == "metric"
        case checked.Combined(_, left, right):
            return any(_holds_metric(pipeline, one) for one in (left, right) if one is not None)
    return False
