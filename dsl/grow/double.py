"""Twice the resolution: a block that works at the new size beside the head, and a new head."""

from collections.abc import Mapping
from dataclasses import replace

from autodesign.dsl.grow.fit import fit_node
from autodesign.dsl.grow.insert import only_reader
from autodesign.dsl.grow.mixing import FADE, mix_into, read_instead
from autodesign.dsl.grow.sketch import Draft, Part, Sketch, edge, parted, rewired, shapes_of
from autodesign.dsl.growth import Grown
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.spec import Call, Network, Node, Shape

UP, DOWN, BLOCK, ACTIVATION = "Upsample", "AvgPool2d", "EqualizedConv2d", "LeakyReLU"
PARTS: dict[str, dict[str, int | float]] = {
    FADE: {},
    UP: {"scale_factor": 2},
    DOWN: {"kernel_size": 2},
    BLOCK: {"out_channels": 1, "kernel_size": 3},
    ACTIVATION: {"negative_slope": 0.2},
}
"""The layers of the library that growing itself puts in, with their arguments."""


def double(
    grown: Grown,
    network: Network,
    block: tuple[Call, ...],
    fade: bool,
    parts: Mapping[str, Call],
    library: Library,
) -> tuple[Sketch, Sketch]:
    """The network at twice its resolution, settled and as it is trained. Raises Misfit."""
    if not grown.head:
        raise Misfit("has no head to double: no image comes in or out", "leave it out of this")
    if grown.role == "generator":
        return _outwards(network, grown.head, block, fade, parts, library)
    return _inwards(network, grown.head, block, fade, parts, library)


def _block(block: tuple[Call, ...], shape: Shape, parts: Mapping[str, Call]) -> tuple[Part, ...]:
    """The block as it is written; else a convolution of the width that is there."""
    if block:
        return tuple(map(Part, block))
    plain = parts[BLOCK]
    wide = replace(plain, args={**plain.args, "out_channels": shape[0]})
    return Part(wide), Part(parts[ACTIVATION])


def _outwards(
    network: Network,
    name: str,
    block: tuple[Call, ...],
    fade: bool,
    parts: Mapping[str, Call],
    library: Library,
) -> tuple[Sketch, Sketch]:
    """A generator: enlarged and worked on before the head that gives the image."""
    node = network.node(name)
    source = _source(node)
    shapes = shapes_of(network)
    sketch = Sketch.of(network)
    head = sketch.node(name)
    steps = (Part(parts[UP]), *_block(block, shapes[source], parts))
    fresh = Draft(sketch.free(f"at_{2 * node.shape[-1]}"), head.inputs, steps, head.span)
    above = replace(head, inputs=(edge(fresh.name, head.span),), parts=parted(head, anew=True))
    settled = sketch.before(name, fresh).exchange(above).marked()
    if not fade:
        return settled, settled
    old = replace(
        head, name=sketch.free(f"{name}_{node.shape[-1]}"), parts=(*head.parts, Part(parts[UP]))
    )
    both = (edge(old.name, head.span), edge(name, head.span))
    mix = Draft(settled.free(f"{name}_mix"), both, (Part(parts[FADE]),), head.span)
    done = read_instead(settled, name, mix.name).before(name, old).behind(name, mix)
    return settled, done


def _inwards(
    network: Network,
    name: str,
    block: tuple[Call, ...],
    fade: bool,
    parts: Mapping[str, Call],
    library: Library,
) -> tuple[Sketch, Sketch]:
    """Any other network: worked on and pooled behind the head that reads the image."""
    node = network.node(name)
    image = _source(node)
    reader = only_reader(network, name)
    sketch = Sketch.of(network)
    head, old_reader = sketch.node(name), sketch.node(reader)
    inputs = tuple(
        replace(i, shape=(i.shape[0], 2 * i.shape[1], 2 * i.shape[2])) if i.name == image else i
        for i in network.inputs
    )
    side = inputs[[i.name for i in inputs].index(image)].shape[-1]
    steps = (*_block(block, node.shape, parts), Part(parts[DOWN]))
    fresh = Draft(sketch.free(f"at_{side}"), (edge(name, head.span),), steps, head.span)
    read = tuple(rewired(one, name, fresh.name) for one in old_reader.inputs)
    settled = replace(sketch, inputs=inputs).behind(name, fresh)
    settled = settled.exchange(replace(head, parts=parted(head, anew=True)))
    settled = settled.exchange(replace(old_reader, inputs=read)).marked()
    if not fade:
        return settled, settled
    old = replace(
        head, name=sketch.free(f"{name}_{side // 2}"), parts=(Part(parts[DOWN]), *head.parts)
    )
    shapes = shapes_of(network) | {given.name: given.shape for given in inputs}
    before = {name: fit_node(settled.node(name), shapes, library).shape}
    made = fit_node(fresh, before, library).shape
    reading = replace(
        old_reader, inputs=tuple(rewired(one, name, old.name) for one in old_reader.inputs)
    )
    return settled, mix_into(
        settled.behind(name, old),
        reading,
        (old.name, fresh.name),
        (node.shape, made),
        shapes,
        parts[FADE],
        library,
    )


def _source(node: Node) -> str:
    """What the head reads. Raises Misfit where that is not one value."""
    if len(node.inputs) != 1 or len(node.inputs[0].sources) != 1:
        raise Misfit(
            f"cannot double `{node.name}`, which reads several values",
            "let the head be a node that reads one",
        )
    return node.inputs[0].sources[0]
