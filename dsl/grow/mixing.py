"""An old path and a new one that takes over from it: `FadeIn` layers and what they stand between.

While a move fades, the parent's path is kept beside the new one. Both are mixed as soon as they
have one shape: at once, or behind the first layers of the node that reads them, of which there are
two copies until then.
"""

from collections.abc import Mapping
from dataclasses import replace

from autodesign.dsl.grow.fit import fit_step
from autodesign.dsl.grow.sketch import Draft, Part, Sketch, edge, reads, rewired
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.spec import Call, Shape

FADE = "FadeIn"


def mix_into(
    settled: Sketch,
    old: Draft,
    paths: tuple[str, str],
    shapes: tuple[Shape, Shape],
    others: Mapping[str, Shape],
    fade: Call,
    library: Library,
) -> Sketch:
    """The settled sketch with an old path beside the new one, both into the node that reads it.

    `paths` are the nodes that the old and the new path end in, with their `shapes`; `old` is the
    reader as it read the old one. `others` are the shapes of all else that it may read. Raises
    Misfit where the paths never come to one shape.
    """
    reader, span = settled.node(old.name), old.span
    if shapes[0] == shapes[1]:
        both = (edge(paths[0], span), edge(paths[1], span))
        mix = Draft(settled.free(f"{paths[1]}_mix"), both, (Part(fade),), span)
        inputs = tuple(rewired(one, paths[1], mix.name) for one in reader.inputs)
        return settled.exchange(replace(reader, inputs=inputs)).before(reader.name, mix)
    split = _meeting(old, paths[0], shapes, others, library)
    copy = replace(old, name=settled.free(f"{old.name}_old"), parts=old.parts[:split])
    both = (edge(copy.name, span), edge(reader.name, span))
    mix = Draft(settled.free(f"{reader.name}_mix"), both, (Part(fade), *reader.parts[split:]), span)
    done = read_instead(settled, reader.name, mix.name)
    done = done.exchange(replace(reader, parts=reader.parts[:split]))
    return done.before(reader.name, copy).behind(reader.name, mix)


def read_instead(sketch: Sketch, name: str, new: str) -> Sketch:
    """With all that reads the node `name` reading `new` in its place."""
    nodes = tuple(
        replace(node, inputs=tuple(rewired(one, name, new) for one in node.inputs))
        if reads(node.inputs, name)
        else node
        for node in sketch.nodes
    )
    outputs = tuple(replace(o, edge=rewired(o.edge, name, new)) for o in sketch.outputs)
    return replace(sketch, nodes=nodes, outputs=outputs)


def _meeting(
    reader: Draft,
    path: str,
    shapes: tuple[Shape, Shape],
    others: Mapping[str, Shape],
    library: Library,
) -> int:
    """After how many steps of the reader both paths have one shape."""
    old, new = (
        tuple(shape if path in one.sources else others[one.sources[0]] for one in reader.inputs)
        for shape in shapes
    )
    for position, part in enumerate(reader.parts):
        old = (fit_step(part.step, old, library).shape,)
        new = (fit_step(part.step, new, library).shape,)
        if old == new:
            return position + 1
    raise Misfit(
        f"cannot fade in: behind `{reader.name}` the old path has shape {list(old[0])} and the new"
        f" one {list(new[0])}",
        f"put a layer of a fixed width, such as a convolution, into `{reader.name}`",
    )
