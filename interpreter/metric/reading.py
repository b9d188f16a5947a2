"""Reading a program on tensors: each node by its rule, over the axes of its free variables.

A reading is a table of rules, one for each operation. Which rows there are, how values are lifted
and reduced is the same in all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import Axes, flatten, lift, numel
from autodesign.interpreter.metric.fold import fold
from autodesign.interpreter.metric.program import Node

if TYPE_CHECKING:
    from autodesign.interpreter.metric.frames import Frames, Kept
    from autodesign.interpreter.metric.pairs import Pairs

Rule: TypeAlias = "Callable[[Reader, Node], Tensor]"
Rules: TypeAlias = Mapping[str, Rule]


def key(formula: f.Formula) -> str:
    """The name of a node's rule: `+`, `and`, `max` for operations, `max()` for reductions."""
    if isinstance(formula, f.Apply):
        return formula.op
    if isinstance(formula, f.Reduce):
        return f"{formula.op}()"
    return type(formula).__name__.lower()


class Reader:
    """Values of nodes by one table of rules, each computed once.

    Numbers have dtype `number`; truths are bool or, where a reading or an undefined value needs it,
    numbers in 0..1 (NaN: undefined). `scores` are the tensors read where the metric says scores;
    `bits` [..., *axes of the family] those read for binaries: truths, or their logits where the
    rules are of a reading that makes them probabilities; `pairs` say what logits are made of.
    """

    def __init__(
        self,
        frames: "Frames",
        rules: Rules,
        number: torch.dtype,
        scores: Mapping[str, Tensor] | None = None,
        bits: Mapping[str, Tensor] | None = None,
        pairs: "Mapping[str, Pairs] | None" = None,
    ) -> None:
        self.frames = frames
        self.rules = rules
        self.number = number
        self.scores = scores or {}
        self.bits = bits or {}
        self.pairs = pairs or {}
        self._known: dict[tuple[str, Node], Tensor] = {}
        self._together: dict[Node, dict[Node, Tensor]] = {}

    def axes(self, node: Node) -> Axes:
        return self.frames.axes(node.free)

    def value(self, node: Node) -> Tensor:
        """[..., *axes(node)], with size 1 where it is the same along an axis."""
        if not node.live and self is not self.frames.data:
            return self.once("data", node, lambda: self._data(node))
        around = None if node.live else self.frames.around(node)
        if around is not None:
            return around.data.value(node)
        return self.once("value", node, lambda: self.rules[key(node.formula)](self, node))

    def once(self, what: str, node: Node, compute: Callable[[], Tensor]) -> Tensor:
        """What is known of a node, computed on the first question."""
        found = self._known.get((what, node))
        if found is None:
            found = self._known[what, node] = compute()
        return found

    def assume(self, node: Node, value: Tensor) -> None:
        """Makes a value known that was found by other means."""
        self._known["value", node] = value

    def together(self, node: Node, compute: Callable[[], dict[Node, Tensor]]) -> dict[Node, Tensor]:
        """What is computed for several nodes at once, kept by the node they share."""
        found = self._together.get(node)
        if found is None:
            found = self._together[node] = compute()
        return found

    def _data(self, node: Node) -> Tensor:
        found = self.frames.data.value(node)
        return found.to(self.number) if found.is_floating_point() else found

    def over(self, node: Node, axes: Axes) -> Tensor:
        """The value of a node, lifted to more axes."""
        return lift(self.value(node), self.axes(node), axes)

    def arguments(self, node: Node) -> list[Tensor]:
        """The values of a node's parts, over the axes of the node."""
        axes = self.axes(node)
        return [self.over(part, axes) for part in node.parts]

    def numbers(self, node: Node) -> list[Tensor]:
        return [self.as_number(x) for x in self.arguments(node)]

    def as_number(self, x: Tensor) -> Tensor:
        return x if x.dtype == self.number else x.to(self.number)

    def constant(self, value: float) -> Tensor:
        return torch.tensor(value, dtype=self.number, device=self.frames.device)

    def rows(self, node: Node) -> "Rows":
        """The rows of a reduction."""
        kept = self.frames.rows(node)
        masks = [mask for loop in node.loops for mask in loop.masks if mask.live]
        return Rows(self, node, kept, [self.over(mask, kept.inner) for mask in masks])


class Rows:
    """The rows of a reduction over the axes `inner`, to be folded to `outer`.

    `conditions` depend on scores or bits: truths over `inner`, or numbers in 0..1.
    """

    def __init__(
        self, reader: Reader, node: Node, kept: "Kept", conditions: Sequence[Tensor] = ()
    ) -> None:
        self.reader = reader
        self.node = node.parts[0]
        self.kept = kept
        self.inner = kept.inner
        self.outer = reader.axes(node)
        self.conditions = conditions

    @cached_property
    def weight(self) -> Tensor | None:
        """Which rows count: truths over `inner`, or numbers in 0..1. None: all."""
        return self._with(self.kept.weights)

    def _with(self, weight: Tensor | None) -> Tensor | None:
        weights = [*([] if weight is None else [weight]), *self.conditions]
        return conjunction(weights) if weights else None

    @property
    def value(self) -> Tensor:
        """The value that is reduced, over the inner axes."""
        return self.lift_value(self.reader.value(self.node))

    def sum(self, x: Tensor) -> Tensor:
        """Of numbers or truths: [..., *outer], numbers."""
        bounded = x.dtype == torch.bool or (self.node.truth and not self.node.partial)
        without = self.kept.without
        if without is None or not bounded:
            return self.fold_sum(self.weighted(x))
        x = self._times(x, self._with(self.kept.weight))
        less = lift(x, self.inner, without)
        return self.fold_sum(x) - self.reader.as_number(fold("sum", less, without, self.outer))

    def fold_sum(self, x: Tensor) -> Tensor:
        """Of all rows, whether they count or not."""
        return self.reader.as_number(fold("sum", x, self.inner, self.outer))

    def lift_value(self, x: Tensor) -> Tensor:
        """What stands over the axes of the reduced value, for each row."""
        return lift(x, self.reader.axes(self.node), self.inner)

    def weighted(self, x: Tensor) -> Tensor:
        """`x` where the row counts, 0 where it does not, also where `x` is undefined there."""
        return self._times(x, self.weight)

    def _times(self, x: Tensor, weight: Tensor | None) -> Tensor:
        if weight is None:
            return x
        if x.dtype == torch.bool and weight.dtype == torch.bool:
            return x & weight
        x = self.reader.as_number(x)
        if weight.dtype == torch.bool:
            return torch.where(weight, x, 0)
        return torch.where(weight == 0, 0, weight * x)

    def count(self) -> Tensor:
        """How many rows there are: [..., *outer]."""
        one = torch.ones((), dtype=torch.bool, device=self.reader.frames.device)
        return self.sum(one.reshape((1,) * len(self.inner)))

    def greatest(self, x: Tensor) -> Tensor:
        """[..., *outer]; -inf where there are no rows."""
        return fold("amax", self.counted(x, -torch.inf), self.inner, self.outer)

    def least(self, x: Tensor) -> Tensor:
        """[..., *outer]; inf where there are no rows."""
        return fold("amin", self.counted(x, torch.inf), self.inner, self.outer)

    def counted(self, x: Tensor, otherwise: float) -> Tensor:
        """Numbers where the row counts, `otherwise` where it does not."""
        x = self.reader.as_number(x)
        return x if self.weight is None else torch.where(self.weight > 0, x, otherwise)

    def lifted(self, x: Tensor) -> Tensor:
        """What was folded to the outer axes, for each row again."""
        return lift(x, self.outer, self.inner)

    def flat(self, x: Tensor) -> Tensor:
        """[..., rows]"""
        return flatten(x, self.inner)

    def owners(self) -> Tensor:
        """For each row the flat outer row it belongs to: [rows], int64."""
        sizes = [axis.size for axis in self.outer]
        index = torch.arange(numel(self.outer), device=self.reader.frames.device)
        return flatten(self.lifted(index.reshape(sizes)), self.inner)


def conjunction(truths: Sequence[Tensor]) -> Tensor:
    """`and`: of truths, or the product of numbers; false if any is false, whatever is undefined."""
    out = truths[0]
    for truth in truths[1:]:
        if out.dtype == torch.bool and truth.dtype == torch.bool:
            out = out & truth
        elif out.dtype == torch.bool:
            out = torch.where(out, truth, 0)
        elif truth.dtype == torch.bool:
            out = torch.where(truth, out, 0)
        else:
            out = torch.where((out == 0) | (truth == 0), out.detach() * 0, out * truth)
    return out
