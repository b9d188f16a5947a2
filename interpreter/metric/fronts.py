"""The true value at many anchors, from how many bits each of its reductions counts there.

Most metrics meet their bits in counts: `count(b[i, j] for j)`, `all(...)`, `mean(...)`. These
reductions are the front of the value. Their counts at an anchor follow from those at its base and
its flips; for the packed random anchors, from a histogram of codes for each row of the front. What
lies behind the front is then evaluated for all anchors at once, on counts instead of bits.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.anchors import Draw
from autodesign.interpreter.metric.axes import Axes, flatten, lift, numel
from autodesign.interpreter.metric.counting import Dense, Listed
from autodesign.interpreter.metric.evaluate import Batch
from autodesign.interpreter.metric.exact import EXACT
from autodesign.interpreter.metric.program import Node, Program
from autodesign.interpreter.metric.reading import Reader, Rows

COUNTED = frozenset({"count", "sum", "mean", "any", "all"})


@dataclass(frozen=True, slots=True)
class Front:
    """A reduction over bits of one family, `negated` where it counts those that are 0."""

    node: Node
    bit: Node
    family: str
    negated: bool


def values(batch: Batch, draw: Draw) -> Tensor | None:
    """The value at each anchor, [anchors] float64; None where bits do not enter it by counts."""
    found = fronts(batch.program)
    if found is None or len(batch.program.families) != 1:
        return None
    reader = Reader(batch.frames, EXACT, torch.float64)
    for front in found:
        counted = _counted(reader, front, draw)
        if counted is None:
            return None
        reader.assume(front.node, counted)
    return reader.value(batch.program.value).expand(len(draw))


@lru_cache(maxsize=64)
def fronts(program: Program) -> tuple[Front, ...] | None:
    """The reductions through which all bits enter the value; None where one enters otherwise."""
    found: dict[Node, Front] = {}
    waiting = [program.value]
    while waiting:
        node = waiting.pop()
        front = _front(program, node)
        if front is not None:
            found[node] = front
        elif isinstance(node.formula, f.Bit):
            return None
        else:
            waiting += [*node.parts, *(mask for loop in node.loops for mask in loop.masks)]
    return tuple(found.values())


def _front(program: Program, node: Node) -> Front | None:
    formula = node.formula
    if not isinstance(formula, f.Reduce) or formula.op not in COUNTED:
        return None
    if any(mask.live for loop in node.loops for mask in loop.masks):
        return None
    bit, negated = _bit(formula.value)
    if bit is None:
        return None
    own = [f.Variable(loop.variable) for loop in program.families[bit.family].loops]
    if list(bit.indices) != own:
        return None
    return Front(node, program.node(bit), bit.family, negated)


def _bit(formula: f.Formula) -> tuple[f.Bit | None, bool]:
    """The bit that a truth, or a truth as a number, consists of; whether it is negated."""
    match formula:
        case f.Bit():
            return formula, False
        case f.Apply("not", (inner,)):
            bit, negated = _bit(inner)
            return bit, not negated
        case f.Apply("choose", (inner, f.Number(1), f.Number(0))):
            return _bit(inner)
    return None, False


def _counted(reader: Reader, front: Front, draw: Draw) -> Tensor | None:
    """The value of a front at each anchor, [anchors, *outer]; None where rows share a bit."""
    rows = reader.rows(front.node)
    table = _table(rows, reader.frames.family_axes(front.family))
    if table is None:
        return None
    ones, total = table.anchors(draw), table.total
    ones = total - ones if front.negated else ones
    sizes = [axis.size for axis in rows.outer]
    return reduced(front.node.formula, ones, total).reshape(-1, *sizes)


def reduced(formula: f.Formula, ones: Tensor, total: Tensor) -> Tensor:
    """A reduction's value from how many of its truths hold, and of how many."""
    assert isinstance(formula, f.Reduce)
    if formula.op == "any":
        return ones > 0
    if formula.op == "all":
        return ones == total
    return ones / total if formula.op == "mean" else ones


def _table(rows: Rows, family: Axes) -> Dense | Listed | None:
    """Which comparisons the rows of a front are, and which row of `outer` each belongs to."""
    prefix = rows.inner[: len(rows.outer)] == rows.outer
    if rows.inner == family and prefix and rows.weight is None:
        outer = numel(rows.outer)
        return Dense(outer, numel(family) // max(1, outer))
    index = torch.arange(numel(family), device=rows.reader.frames.device)
    sizes = [axis.size for axis in family]
    if any(axis not in rows.inner and not _told(axis, rows.inner) for axis in family):
        return None
    places = flatten(lift(index.reshape(sizes), family, rows.inner), rows.inner)
    owners = rows.owners()
    if rows.weight is not None:
        counts = flatten(rows.weight, rows.inner) > 0
        places, owners = places[counts], owners[counts]
    if bool((places[1:] <= places[:-1]).any()):
        return None
    return Listed(places, owners, numel(rows.outer))


def _told(axis: object, inner: Axes) -> bool:
    return any(axis in one.ancestors for one in inner)
