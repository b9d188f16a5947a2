"""A metric as a program: equal formulas made one node, and what is known of each without data."""

from dataclasses import dataclass
from typing import NamedTuple

from autodesign.dsl import formula as f
from autodesign.interpreter.metric import facts

Free = frozenset[str]


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """A formula of the metric.

    `parts` are its arguments, its indices or the value of a reduction. `free` are the variables it
    depends on, with those that the loops of these depend on. `live`: it depends on scores or bits.
    `partial`: it may be undefined. `truth`: it is a truth, not a number.
    """

    formula: f.Formula
    parts: tuple["Node", ...]
    loops: tuple["LoopNode", ...]
    free: Free
    live: bool
    partial: bool
    truth: bool


@dataclass(frozen=True, eq=False, slots=True)
class LoopNode:
    """A loop of a reduction: its variable and the conditions that only say which rows count."""

    variable: str
    masks: tuple[Node, ...]


@dataclass(frozen=True, eq=False, slots=True)
class VariableNode:
    """A variable: its range, and the conditions that decide which values it takes at all.

    `bounds` are the first and last value of a range of numbers, `dim` is the dimension otherwise.
    `mentioned` are the variables in these, `before` those after which its values are listed. Those
    of a family are shown to the outside.
    """

    name: str
    dim: str | None
    bounds: tuple[Node, ...]
    conditions: tuple[Node, ...]
    mentioned: Free
    before: Free
    family: bool


class Sides(NamedTuple):
    """The variables on which the two scores of a comparison depend: the one above, the one below"""

    above: Free
    below: Free


class Program:
    """The nodes of a metric: `value`, and the difference of each family."""

    def __init__(self, metric: f.Metric) -> None:
        self.metric = metric
        self.variables: dict[str, VariableNode] = {}
        self._nodes: dict[f.Formula, Node] = {}
        self.families = {one.binary: one for one in metric.families}
        self.loops: dict[f.Loop, LoopNode] = {}
        self.differences: dict[str, Node] = {}
        for family in metric.families:
            self._family_loops(family)
            self.differences[family.binary] = self.node(family.difference)
        self.value = self.node(metric.value)
        self.ideals = [(one, self._ideal(one)) for one in metric.ideals]
        self.sides: dict[Node, Sides | None] = {}
        self._sums: dict[Node, tuple[Node, bool]] = {}
        self._find_sums(self.value, set())
        self.order = {name: place for place, name in enumerate(self.variables)}

    def summed(self, node: Node) -> Node | None:
        """The bit of a family that a reduction adds up, or of which it adds up the negations."""
        return self._sums[node][0] if node in self._sums else None

    def sums_of(self, bit: Node, negated: bool) -> list[Node]:
        """The reductions in the value that add up bits of a family, or their negations."""
        return [node for node, found in self._sums.items() if found == (bit, negated)]

    def _find_sums(self, node: Node, seen: set[Node]) -> None:
        if node in seen:
            return
        seen.add(node)
        if isinstance(node.formula, f.Reduce) and node.formula.op in ("count", "sum", "mean"):
            bit, negated = node.parts[0], False
            while isinstance(bit.formula, f.Apply) and bit.formula.op == "not":
                bit, negated = bit.parts[0], not negated
            if isinstance(bit.formula, f.Bit):
                self._sums[node] = bit, negated
        for part in (*node.parts, *(mask for loop in node.loops for mask in loop.masks)):
            self._find_sums(part, seen)

    def varies_with(self, formula: f.Formula) -> Free:
        """The variables whose values decide the formula's, those its loops' ranges mention too."""
        names = facts.free((formula,))
        while True:
            more = names.union(*(self.variables[name].mentioned for name in names))
            if more == names:
                return names
            names = more

    def closed(self, names: Free) -> Free:
        """The variables and all that their loops depend on."""
        return names.union(*(self.variables[name].before for name in names))

    def node(self, formula: f.Formula) -> Node:
        found = self._nodes.get(formula)
        if found is None:
            found = self._nodes[formula] = self._make(formula)
        return found

    def _make(self, formula: f.Formula) -> Node:
        loops: tuple[LoopNode, ...] = ()
        if isinstance(formula, f.Reduce | f.Argmax):
            loops = tuple(self._loop(loop) for loop in formula.loops)
            parts: tuple[Node, ...] = (self.node(formula.value),)
        else:
            parts = tuple(self.node(part) for part in f.parts(formula))
        inside = (*parts, *(mask for loop in loops for mask in loop.masks))
        return Node(
            formula,
            parts,
            loops,
            self._free(formula, inside, loops),
            any(part.live for part in inside) or self._varies(formula),
            self._partial(formula, parts, inside, loops),
            facts.is_truth(formula, self.metric),
        )

    def _free(
        self, formula: f.Formula, inside: tuple[Node, ...], loops: tuple[LoopNode, ...]
    ) -> Free:
        own = frozenset(loop.variable for loop in loops)
        names = own.union(*(part.free for part in inside))
        if isinstance(formula, f.Variable):
            names = names | {formula.name}
        return self.closed(names) - own

    def _varies(self, formula: f.Formula) -> bool:
        if isinstance(formula, f.Entry):
            return self.metric.input(formula.input).kind == "scores"
        return isinstance(formula, f.Bit)

    def _partial(
        self,
        formula: f.Formula,
        parts: tuple[Node, ...],
        inside: tuple[Node, ...],
        loops: tuple[LoopNode, ...],
    ) -> bool:
        if any(one.partial for one in inside):
            return True
        if isinstance(formula, f.Entry):
            return not self._within(formula)
        if isinstance(formula, f.Apply):
            return facts.can_fail(formula)
        if isinstance(formula, f.Argmax):
            return self._can_be_empty(loops)
        if isinstance(formula, f.Reduce):
            return formula.op in ("mean", "max", "min", "median") and self._can_be_empty(loops)
        return False

    def _can_be_empty(self, loops: tuple[LoopNode, ...]) -> bool:
        own = [self.variables[loop.variable] for loop in loops]
        return any(loop.masks for loop in loops) or any(
            one.conditions or one.dim is None for one in own
        )

    def _within(self, entry: f.Entry) -> bool:
        """Whether every index is inside its dimension whatever the data."""
        declared = self.metric.input(entry.input)
        for index, dim in zip(entry.indices, declared.dims, strict=False):
            if isinstance(index, f.Variable):
                inside = self.variables[index.name].dim == dim
            elif isinstance(index, f.Entry):
                label = self.metric.input(index.input)
                inside = label.kind == "label" and label.classes == dim and self._within(index)
            else:
                inside = False
            if not inside:
                return False
        return True

    # --- loops ------------------------------------------------------------------------------------

    def _loop(self, loop: f.Loop) -> LoopNode:
        """A loop of a reduction. Conditions on data that are always defined are its rows."""
        if loop in self.loops:
            return self.loops[loop]
        if loop.over is None:
            masks = tuple(self.node(c) for one in loop.conditions for c in facts.conjuncts(one))
            made = LoopNode(loop.variable, masks)
        else:
            made = self._introduce(loop, frozenset(), family=False)
        self.loops[loop] = made
        return made

    def _introduce(self, loop: f.Loop, before: Free, family: bool) -> LoopNode:
        """Makes the variable of a loop known, then reads its conditions.

        `before`: the variables that a coupled loop of a family depends on at least, so that its
        rows are in the order of the loops.
        """
        name = loop.variable
        dim = loop.over if isinstance(loop.over, str) else None
        bounds = tuple(self.node(b) for b in loop.over) if isinstance(loop.over, tuple) else ()
        depends = frozenset[str]().union(*(b.free for b in bounds))
        after = depends | (before if depends else frozenset())
        self.variables[name] = VariableNode(name, dim, bounds, (), depends, after, family)
        rows: list[Node] = []
        masks: list[Node] = []
        for condition in (c for one in loop.conditions for c in facts.conjuncts(one)):
            one = self.node(condition)
            decides = family or not (one.live or one.partial)
            (rows if decides and not masks else masks).append(one)
        depends = depends.union(*(one.free for one in rows)) - {name}
        mentioned = facts.free((*loop.conditions, *(b.formula for b in bounds))) - {name}
        after = self.closed(depends | (before if depends else frozenset()))
        self.variables[name] = VariableNode(
            name, dim, bounds, tuple(rows), mentioned, after, family
        )
        self._forget(name)
        return LoopNode(name, tuple(self.node(one.formula) for one in masks))

    def _forget(self, name: str) -> None:
        """Nodes made while the variable's own conditions were read do not know its dependence."""
        kept = {at: one for at, one in self._nodes.items() if name not in one.free}
        self._nodes = kept

    def _family_loops(self, family: f.Family) -> None:
        before: Free = frozenset()
        for loop in family.loops:
            if loop.variable not in self.variables:
                self._introduce(loop, before, family=True)
            before = before | {loop.variable}

    def _ideal(self, ideal: f.Ideal) -> Node:
        for loop in ideal.loops:
            if loop.variable not in self.variables:
                self._introduce(loop, frozenset(), family=True)
        return self.node(ideal.value)
