"""Metrics on tensors: their exact value, and the parts of the explicit form.

evaluator = Evaluator(metric)
batch = evaluator.batch({"s": scores, "y": label})
batch.exact()                                    # the metric, a 0-d tensor
batch.value(batch.binaries(batch.comparisons()))    # the same, by its explicit form
"""

from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import full, lift, numel
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.metric.exact import EXACT
from autodesign.interpreter.metric.frames import Data, Frames
from autodesign.interpreter.metric.inputs import checked
from autodesign.interpreter.metric.memory import reserve
from autodesign.interpreter.metric.pairs import Pairs, pairs
from autodesign.interpreter.metric.plugin import PLUGIN
from autodesign.interpreter.metric.program import Node, Program
from autodesign.interpreter.metric.reading import Reader, Rules

Comparisons = Mapping[str, Tensor]
"""By the name of each family's binary: [..., m], a row for each of the family's loops' rows."""


class Evaluator:
    """A metric, a definition or an explicit form, ready for any number of batches."""

    def __init__(self, metric: f.Metric) -> None:
        self.metric = metric
        self.program = Program(metric)

    def batch(
        self, tensors: Mapping[str, Tensor], parameters: Mapping[str, float] | None = None
    ) -> "Batch":
        """One batch, by the names of the inputs; MetricError (AD460 to AD464) if it is unfit."""
        return Batch(self.program, checked(self.metric, tensors, parameters))


class Batch:
    """One batch of a metric. Which comparisons there are is found out once, on the first need."""

    def __init__(self, program: Program, given: Data) -> None:
        self.program = program
        self.frames = Frames(program, given)

    @cached_property
    def number(self) -> torch.dtype:
        """The type of the scores, in which comparisons are made."""
        inputs = [one for one in self.program.metric.inputs if one.kind == "scores"]
        types = [self.frames.tensors[one.name].dtype for one in inputs]
        return max(types, key=lambda dtype: torch.finfo(dtype).bits, default=torch.float64)

    def exact(self) -> Tensor:
        """The metric's value, 0-d float64; NaN where it is undefined (a mean over nothing)."""
        if self.program.families:
            bits = self.binaries(self._compared(torch.float64, None))
            return self.value(bits)
        return Reader(self.frames, EXACT, torch.float64).value(self.program.value)

    def comparisons(self) -> dict[str, Tensor]:
        """What is compared with 0, differentiable in the scores: [m] for each family."""
        return self._compared(self.number, None)

    def binaries(self, comparisons: Comparisons) -> dict[str, Tensor]:
        """[c > 0], bool; a tie is 0."""
        return {name: c > 0 for name, c in comparisons.items()}

    def value(self, bits: Comparisons) -> Tensor:
        """The explicit form's value: [...], the leading dimensions of the bits, float64.

        `bits` are bool or 0 and 1: [..., m], not necessarily such as scores could produce.
        """
        truths = {
            name: self.frames.by_rows(self._truths(name, bits), name)
            for name in self.program.families
        }
        return Reader(self.frames, EXACT, torch.float64, bits=truths).value(self.program.value)

    def plugin(
        self, comparisons: Comparisons, temperature: float = 1.0, rules: Rules = PLUGIN
    ) -> Tensor:
        """The plugin reading, differentiable in the comparisons: [...], in their type.

        `rules` are those of another reading of soft bits.
        """
        given = {name: self._given(name, comparisons) for name in self.program.families}
        logits = {name: self.frames.by_rows(c / temperature, name) for name, c in given.items()}
        number = next((z.dtype for z in logits.values()), self.number)
        return Reader(self.frames, rules, number, bits=logits).value(self.program.value)

    def surrogate(self, temperature: float = 1.0, rules: Rules = PLUGIN) -> Tensor:
        """`plugin(comparisons(), temperature, rules)`, 0-d, faster: its comparisons stay where they
        fall, a few that there are not among them, and are made only as they are needed."""
        frames = Frames(self.program, self.frames.given, padded=True)
        compared = self.paired(frames, temperature)
        return Reader(frames, rules, self.number, pairs=compared).value(self.program.value)

    def paired(self, frames: Frames, temperature: float) -> dict[str, Pairs]:
        """Both sides of the comparisons of each family, over the temperature."""
        scores = Reader(frames, EXACT, self.number)
        return {name: self._pairs(scores, name, temperature) for name in self.program.families}

    def best_paired(self, frames: Frames) -> dict[str, Pairs]:
        """The same of perfect scores."""
        scores = Reader(frames, EXACT, torch.float64, self._ideals())
        return {name: self._pairs(scores, name, 1.0) for name in self.program.families}

    def _pairs(self, scores: Reader, name: str, temperature: float) -> Pairs:
        node, axes = self.program.differences[name], scores.frames.family_axes(name)
        reserve(numel(axes), node.formula)
        if isinstance(node.formula, f.Apply) and node.formula.op == "-":
            above, below = (scores.as_number(scores.over(part, axes)) for part in node.parts)
        else:
            above, below = scores.over(node, axes), scores.constant(0).reshape((1,) * len(axes))
        if temperature != 1:
            above, below = above / temperature, below / temperature
        if above.numel() == below.numel() == numel(axes):
            above, below = above - below, scores.constant(0).reshape((1,) * len(axes))
        return pairs(above, below, tuple(axis.size for axis in axes))

    def best(self) -> dict[str, Tensor]:
        """The bits of a perfect prediction: bool [m] for each family."""
        return self.binaries(self._compared(torch.float64, self._ideals()))

    def _ideals(self) -> dict[str, Tensor]:
        """Perfect scores, by the name of the input. Raises MetricError AD466."""
        scores = {one.input: self._ideal(one) for one, _ in self.program.ideals}
        metric = self.program.metric
        for one in metric.inputs:
            if one.kind == "scores" and one.name not in scores:
                raise MetricError(
                    "AD466",
                    f"`{metric.name}` does not say what perfect scores `{one.name}` are",
                    metric.span,
                    help=f"add `ideal {one.name}[...] = ...` to the metric",
                )
        return scores

    def each(self, formula: f.Formula, variable: str) -> Tensor:
        """The values of a formula within a loop over `variable`: one for each value it takes."""
        reader = Reader(self.frames, EXACT, torch.float64)
        return self._over(reader, self.program.node(formula), frozenset((variable,)))

    # --- parts ------------------------------------------------------------------------------------

    def _compared(
        self, number: torch.dtype, scores: Mapping[str, Tensor] | None
    ) -> dict[str, Tensor]:
        reader = Reader(self.frames, EXACT, number, scores)
        found = {}
        for name, node in self.program.differences.items():
            axes = self.frames.family_axes(name)
            reserve(numel(axes), node.formula)
            found[name] = full(reader.over(node, axes), axes).reshape(-1)
        return found

    def _ideal(self, ideal: f.Ideal) -> Tensor:
        variables = frozenset(loop.variable for loop in ideal.loops)
        return self._over(self.frames.data, self.program.node(ideal.value), variables)

    def _over(self, reader: Reader, node: Node, variables: frozenset[str]) -> Tensor:
        axes = self.frames.axes(variables)
        value = lift(reader.as_number(reader.value(node)), reader.axes(node), axes)
        return full(value, axes)

    def _given(self, name: str, given: Comparisons) -> Tensor:
        """Comparisons or bits of one family, of the size there is."""
        rows = numel(self.frames.family_axes(name))
        found = given.get(name)
        if found is None or found.ndim == 0 or found.shape[-1] != rows:
            shape = "none" if found is None else f"[{', '.join(map(str, found.shape))}]"
            family = self.program.families[name]
            raise MetricError(
                "AD467",
                f"`{name}` has {rows:,} comparisons here, and is given {shape}",
                family.span,
                help=f"give `{name}` as [..., {rows}], in the order of its loops",
            )
        return found

    def _truths(self, name: str, bits: Comparisons) -> Tensor:
        found = self._given(name, bits)
        return found if found.dtype == torch.bool else found > 0.5


def exact(
    metric: f.Metric, tensors: Mapping[str, Tensor], parameters: Mapping[str, float] | None = None
) -> Tensor:
    """The value of a metric on one batch: see `Batch.exact`."""
    return Evaluator(metric).batch(tensors, parameters).exact()
