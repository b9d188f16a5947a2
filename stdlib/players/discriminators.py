"""Rules of discriminators: images to scores."""

from itertools import count, pairwise
from math import prod
from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, integer
from autodesign.stdlib.players.images import at_least, joined, learned

STRIDED = {1: 0, 16: 1, 34: 2, 70: 3, 142: 4, 286: 5}
"""The convolutions of stride 2 that make a receptive field, before the two of stride 1."""
WIDEST = 8


def patch(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, height, width = joined(sources)
    shape, cost = patches(channels, (height, width), args)
    return Derived(shape, cost, {"in_channels": channels}, patch_weights(channels, args))


def patch_weights(channels: int, args: Args) -> int:
    """The numbers that one of them learns."""
    receptive, norm = integer(args, "receptive"), str(args["norm"])
    widths = patch_widths(receptive, integer(args, "filters"))
    window = 1 if receptive == 1 else 16
    found = learned(widths[-1], 1, window, "none")
    for position, (before, after) in enumerate(pairwise((channels, *widths))):
        found += learned(before, after, window, norm if position else "none")
    return found


def patches(channels: int, sizes: Shape, args: Args) -> tuple[Shape, int]:
    """Shape of the map of scores, and multiplications. Raises Misfit for too small images."""
    receptive = integer(args, "receptive")
    at_least(least_image(receptive, args), sizes, _smaller_field(min(sizes), args))
    widths = patch_widths(receptive, integer(args, "filters"))
    cost, area = 0, prod(sizes)
    for position, (before, after) in enumerate(pairwise((channels, *widths, 1))):
        sizes = patch_sizes(sizes, receptive, position)
        area = prod(sizes)
        cost += area * (1 if receptive == 1 else 16) * before * after
    return (1, *sizes), cost


def patch_widths(receptive: int, filters: int) -> tuple[int, ...]:
    """The channels after each convolution but the last."""
    steps = range(max(STRIDED[receptive], 1) + 1)
    return tuple(filters * min(1 << step, WIDEST) for step in steps)


def patch_sizes(sizes: Shape, receptive: int, position: int) -> Shape:
    """Height and width after the convolution at a position."""
    if receptive == 1:
        return sizes
    if position < STRIDED[receptive]:
        return tuple(size // 2 for size in sizes)
    return tuple(size - 1 for size in sizes)


def least_image(receptive: int, args: Args) -> int:
    """The least side that leaves a score, and more than one place wherever it is normalised."""
    if receptive == 1:
        return 2 if args["norm"] == "instance" else 1
    return 3 << STRIDED[receptive]


def _smaller_field(size: int, args: Args) -> str:
    fitting = [field for field in STRIDED if least_image(field, args) <= size]
    return f"use PatchGAN({fitting[-1]}), or larger images" if fitting else "use larger images"


def several_scales(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, height, width = joined(sources)
    scales, sizes, cost = integer(args, "scales"), (height, width), 0
    least = next(n for n in count(1) if halved(n, scales - 1) >= _least(args))
    at_least(least, sizes, "use fewer scales, a smaller field, or larger images")
    for _ in range(scales):
        _, more = patches(channels, sizes, args)
        cost += more
        sizes = (halved(sizes[0], 1), halved(sizes[1], 1))
    finest, _ = patches(channels, (height, width), args)
    weights = scales * patch_weights(channels, args)
    return Derived((scales, *finest[1:]), cost, {"in_channels": channels}, weights)


def _least(args: Args) -> int:
    return least_image(integer(args, "receptive"), args)


def halved(size: int, times: int) -> int:
    """A size after 3x3 averages of stride 2 with padding 1."""
    return -(-size // (1 << times))


def whole(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, height, width = joined(sources)
    at_least(8, (height, width), "use `LocalDiscriminator(layers=1)`, or larger images")
    layers = whole_layers(height, width)
    widths = strided_widths(layers, integer(args, "filters"))
    cost, sizes = _strided(channels, (height, width), widths)
    features = widths[-1] * prod(sizes)
    found = {"in_channels": channels, "layers": layers, "features": features}
    weights = _strided_weights(channels, widths, args) + features + 1
    return Derived((1,), cost + features, found, weights)


def whole_layers(height: int, width: int) -> int:
    """So many halvings that the lesser side becomes 4 to 7."""
    return min(height, width).bit_length() - 3


def strided_widths(layers: int, filters: int) -> tuple[int, ...]:
    """The channels after each convolution of stride 2."""
    return tuple(filters * min(1 << step, WIDEST) for step in range(layers))


def _strided(channels: int, sizes: Shape, widths: Shape) -> tuple[int, Shape]:
    """Multiplications of 4x4 convolutions of stride 2, and the sizes after them."""
    cost = 0
    for before, after in pairwise((channels, *widths)):
        sizes = tuple(size // 2 for size in sizes)
        cost += prod(sizes) * 16 * before * after
    return cost, sizes


def _strided_weights(channels: int, widths: Shape, args: Args) -> int:
    norms = ["none", *[str(args["norm"])] * len(widths)]
    pairs = zip(pairwise((channels, *widths)), norms, strict=False)
    return sum(learned(before, after, 16, norm) for (before, after), norm in pairs)


def local(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, height, width = joined(sources)
    layers, levels = integer(args, "layers"), cast("tuple[int, ...]", args["levels"])
    if not levels:
        raise Misfit("has no levels to pool over", "write levels=[1, 2, 4]", "levels")
    at_least(2 << layers, (height, width), "use fewer layers, or larger crops")
    widths = strided_widths(layers, integer(args, "filters"))
    cost, _ = _strided(channels, (height, width), widths)
    features = widths[-1] * sum(level**2 for level in levels)
    weights = _strided_weights(channels, widths, args) + features + 1
    found = {"in_channels": channels, "features": features}
    return Derived((1,), cost + features, found, weights)


RULES: dict[str, Rule] = {
    "PatchGAN": patch,
    "MultiScalePatchGAN": several_scales,
    "GlobalDiscriminator": whole,
    "LocalDiscriminator": local,
}
