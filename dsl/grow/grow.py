"""Architectures of a growth: the first one, and the child that a move makes of one."""

from collections.abc import Iterable, Mapping
from typing import Literal

from autodesign.dsl.grow.double import double
from autodesign.dsl.grow.fit import fit, parameters
from autodesign.dsl.grow.insert import insert
from autodesign.dsl.grow.sketch import Part, Sketch
from autodesign.dsl.growth import Architecture, Child, Double, Grown, Growth, Insert, Move, Place
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.spec import Layer, Network, Step

Inherit = Literal["reinit", "overlap", "identity"]
Pairs = tuple[tuple[Place, Place], ...]
FADE_OF_IDENTITY = 0.5
"""The part of a training over which the parent's path gives way where the action names none."""


def first(growth: Growth, library: Library) -> Architecture:
    """The networks as the growth declares them."""
    networks = {grown.name: grown.network for grown in growth.networks}
    return _architecture(growth, networks, (), dict.fromkeys(networks, 0))


def replay(growth: Growth, moves: Iterable[Move], library: Library) -> Architecture:
    """The architecture after these moves. Raises Misfit."""
    architecture = first(growth, library)
    for move in moves:
        architecture = grow(growth, architecture, move, library, "reinit").settled
    return architecture


def grow(
    growth: Growth, architecture: Architecture, move: Move, library: Library, inherit: Inherit
) -> Child:
    """What a move makes of an architecture.

    With `inherit` "identity" every move fades, so the child begins as what its parent computes.
    Raises Misfit where the move does not apply to it.
    """
    fade = FADE_OF_IDENTITY if move.fade is None and inherit == "identity" else move.fade
    after, trained = dict(architecture.networks), dict(architecture.networks)
    inherited: dict[str, Pairs] = {}
    widened: dict[str, Pairs] = {}
    kept: dict[str, Pairs] = {}
    layers = dict(architecture.layers)
    for grown in growth.networks:
        name, network = grown.name, architecture.networks[grown.name]
        if name not in changes(move):
            inherited[name] = kept[name] = _all(network)
            widened[name] = ()
            continue
        end, sketch = _changed(growth, grown, network, move, fade is not None, library)
        after[name] = end
        trained[name] = end if fade is None else _fitted(name, sketch, library)
        inherited[name], widened[name] = _origins(sketch, trained[name], network)
        kept[name] = _kept(sketch)
        layers[name] += 1
    child = _architecture(growth, after, (*architecture.moves, move), layers)
    return Child(child, trained, inherited, widened, kept, fade)


def settled(
    growth: Growth, grown: Grown, network: Network, move: Move, library: Library
) -> Network:
    """What a move makes of one network, when nothing fades any more. Raises Misfit."""
    if grown.name not in changes(move):
        return network
    return _changed(growth, grown, network, move, False, library)[0]


def changes(move: Move) -> tuple[str, ...]:
    """The networks that a move changes."""
    change = move.change
    return (change.network,) if isinstance(change, Insert) else tuple(change.blocks)


def _changed(
    growth: Growth, grown: Grown, network: Network, move: Move, fade: bool, library: Library
) -> tuple[Network, Sketch]:
    """What a move makes of one network, in the end and as it is trained. Raises Misfit."""
    change = move.change
    try:
        if isinstance(change, Insert):
            sketches = insert(network, change, fade, growth.parts, library)
        else:
            block = change.blocks[grown.name]
            sketches = double(grown, network, block, fade, growth.parts, library)
    except Misfit as misfit:
        raise Misfit(f"`{grown.name}` {misfit.message}", misfit.help) from None
    end = _fitted(grown.name, sketches[0], library)
    _check_outputs(grown, network, end, isinstance(change, Double))
    return end, sketches[1]


def _fitted(name: str, sketch: Sketch, library: Library) -> Network:
    try:
        return fit(sketch, library)
    except Misfit as misfit:
        raise Misfit(f"`{name}` does not fit together: {misfit.message}", misfit.help) from None


def _check_outputs(grown: Grown, before: Network, after: Network, doubled: bool) -> None:
    """Refuses what changes an output otherwise than as a doubling enlarges an image."""
    for old, new in zip(before.outputs, after.outputs, strict=True):
        wanted = old.edge.shape
        if doubled and grown.role == "generator" and grown.head in old.edge.sources:
            wanted = (wanted[0], *(2 * size for size in wanted[1:]))
        if new.edge.shape != wanted:
            raise Misfit(
                f"`{grown.name}` would give {list(new.edge.shape)} as `{new.name}`,"
                f" and not {list(wanted)}",
                'insert layers that keep the size, such as EqualizedConv2d, or padding="same"',
            )


def _architecture(
    growth: Growth,
    networks: Mapping[str, Network],
    moves: tuple[Move, ...],
    layers: Mapping[str, int],
) -> Architecture:
    learned = {name: parameters(network) for name, network in networks.items()}
    return Architecture(networks, moves, resolution(growth, networks), layers, learned)


def resolution(growth: Growth, networks: Mapping[str, Network]) -> int:
    """The height of the images that networks take or generators give; 0 where there are none."""
    for grown in growth.networks:
        shape = image_shape(grown, networks[grown.name])
        if shape is not None:
            return shape[1]
    return 0


def image_shape(grown: Grown, network: Network) -> tuple[int, ...] | None:
    """The shape of the image that a generator gives or another network takes; None: no image."""
    if grown.role == "generator":
        shapes = [output.edge.shape for output in network.outputs]
    else:
        shapes = [given.shape for given in network.inputs]
    return next((shape for shape in shapes if len(shape) == 3), None)


def _all(network: Network) -> Pairs:
    places = [(node.name, at) for node in network.nodes for at in range(len(node.steps))]
    return tuple((place, place) for place in places)


def _parts(sketch: Sketch) -> Iterable[tuple[Place, Part]]:
    for node in sketch.nodes:
        for at, part in enumerate(node.parts):
            yield (node.name, at), part


def _origins(sketch: Sketch, trained: Network, parent: Network) -> tuple[Pairs, Pairs]:
    """Which layers continue one of the parent's as it was, and which one of another width."""
    nodes = {node.name: node.steps for node in trained.nodes}
    before = {node.name: node.steps for node in parent.nodes}
    same: list[tuple[Place, Place]] = []
    other: list[tuple[Place, Place]] = []
    for (name, at), part in _parts(sketch):
        if part.origin is not None:
            step, origin = nodes[name][at], before[part.origin[0]][part.origin[1]]
            differs = part.anew or not _alike(step, origin)
            (other if differs else same).append(((name, at), part.origin))
    return tuple(same), tuple(other)


def _alike(step: Step, origin: Step) -> bool:
    """Whether two steps learn numbers of the same sizes."""
    if isinstance(step, Layer) and isinstance(origin, Layer):
        return step is origin or step.call.args == origin.call.args
    return step == origin


def _kept(sketch: Sketch) -> Pairs:
    return tuple((part.becomes, place) for place, part in _parts(sketch) if part.becomes)
