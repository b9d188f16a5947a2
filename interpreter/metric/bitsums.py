"""All sums of one family's bits in one pass.

A metric counts the same bits in several ways: all of them, those of positives, those at the top.
Here it is found out which of its reductions are such sums, and what each of them counts.
"""

from torch import Tensor

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.axes import Axes, align, lift
from autodesign.interpreter.metric.blocksums import Places, Sum, Sums
from autodesign.interpreter.metric.gather import Own
from autodesign.interpreter.metric.pairs import Pairs, pairs
from autodesign.interpreter.metric.program import Node
from autodesign.interpreter.metric.reading import Reader, conjunction


def bit_sum(reader: Reader, node: Node) -> Tensor | None:
    """The sum of bits that a reduction takes, [*axes(node)]; None where it is not of this kind."""
    bit = reader.frames.program.summed(node)
    if bit is None:
        return None
    found: dict[Node, Tensor] = reader.together(bit, lambda: _sums(reader, bit))
    return found.get(node)


def bit_variance(reader: Reader, node: Node) -> Tensor | None:
    """The variance of what `bit_sum` gives, the bits being independent; None where it is none."""
    bit = reader.frames.program.summed(node)
    compared = None if bit is None else _pairs(reader, bit)
    if bit is None or compared is None:
        return None
    plan = planned(reader, node, bit, {})
    if plan is None:
        return None
    (found,) = Sums.apply(compared.above, compared.below, compared.shape, [plan], True)
    return _over(found, plan, reader.axes(bit), reader.axes(node))


def _sums(reader: Reader, bit: Node) -> dict[Node, Tensor]:
    """Every sum of these bits in the metric."""
    compared = _pairs(reader, bit)
    if compared is None:
        return {}
    found = {}
    left_out: dict[Own, Places] = {}
    for negated in (False, True):
        plans = {}
        for node in reader.frames.program.sums_of(bit, negated):
            plan = planned(reader, node, bit, left_out)
            if plan is not None:
                plans[node] = plan
        if plans:
            sides = compared.above, compared.below
            one, other = reversed(sides) if negated else sides
            sums = Sums.apply(one, other, compared.shape, list(plans.values()))
            for (node, plan), x in zip(plans.items(), sums, strict=True):
                found[node] = _over(x, plan, reader.axes(bit), reader.axes(node))
    return found


def _over(x: Tensor, plan: Sum, axes: Axes, outer: Axes) -> Tensor:
    kept = tuple(axes[place] for place in plan.kept)
    x = x.reshape([axis.size for axis in kept])
    return align(x, kept, outer)


def _pairs(reader: Reader, bit: Node) -> Pairs | None:
    assert isinstance(bit.formula, f.Bit)
    family = bit.formula.family
    if family in reader.pairs:
        return reader.pairs[family]
    logits, axes = reader.bits[family], reader.frames.family_axes(family)
    if logits.ndim != len(axes):
        return None
    return pairs(logits, logits.new_zeros((1,) * len(axes)), tuple(logits.shape))


# --- plans ----------------------------------------------------------------------------------------


def planned(reader: Reader, node: Node, bit: Node, left_out: dict[Own, Places]) -> Sum | None:
    """How a reduction sums the bits of a family; None where it is not so simple. `left_out` are
    the rows of loops that there are not, as far as they are known."""
    frames = reader.frames
    axes, outer = reader.axes(bit), reader.axes(node)
    masks = [mask for loop in node.loops for mask in loop.masks]
    if any(mask.live for mask in masks) or not set(outer) <= set(axes) or not axes:
        return None
    if set(frames.inner(node)) != set(axes):
        return None
    weights = [lift(frames.data.value(mask), frames.axes(mask.free), axes) for mask in masks]
    padded = [own for own in (frames.own(loop.variable) for loop in node.loops) if own.padded]
    without = None
    if len(padded) == 1 and set(padded[0].axes) == set(axes):
        if padded[0] not in left_out:
            left_out[padded[0]] = _without(padded[0], axes)
        without = left_out[padded[0]]
    else:
        weights += [lift(own.mask, own.axes, axes) for own in padded]
    kept = tuple(place for place, axis in enumerate(axes) if axis in outer)
    return Sum(kept, conjunction(weights) if weights else None, without)


def _without(own: Own, axes: Axes) -> Places:
    """The rows of `own`, which are those of the family, that there are not."""
    assert own.dropped is not None
    places, rest = {}, own.dropped
    for axis in reversed(own.axes):
        places[axis] = rest % axis.size
        rest = rest // axis.size
    return Places(tuple(places[axis] for axis in axes))
