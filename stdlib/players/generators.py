"""Rules of generators: images to an image of the same height and width."""

from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, integer
from autodesign.stdlib.players.images import at_least, joined, learned

DEEPEST = 8


def resnet(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, height, width = joined(sources)
    if height % 4 or width % 4:
        raise Misfit(
            f"needs a height and width that 4 divides, and is given {height} x {width}",
            f"resize the images to {-(-height // 4) * 4} x {-(-width // 4) * 4}",
            code="AD583",
        )
    at_least(8, (height, width), "enlarge the images")
    made, given = result_channels(sources, args)
    f, area = integer(args, "filters"), height * width
    # of the convolutions at full size, half size and a quarter; a transposed one counts its input
    cost = area * 49 * f * (channels + given)
    cost += 2 * (area // 4) * 9 * f * 2 * f
    cost += 2 * (area // 16) * 9 * 2 * f * 4 * f
    cost += integer(args, "blocks") * 2 * (area // 16) * 9 * (4 * f) ** 2
    norm, bias = str(args["norm"]), args["norm"] != "batch"
    weights = learned(channels, f, 49, norm) + learned(f, given, 49, "none")
    for before, after in ((f, 2 * f), (2 * f, 4 * f), (4 * f, 2 * f), (2 * f, f)):
        weights += learned(before, after, 9, norm, bias)
    weights += integer(args, "blocks") * 2 * learned(4 * f, 4 * f, 9, norm, bias)
    sizes = {"in_channels": channels, "channels": made}
    return Derived((made, height, width), cost, sizes, weights)


def unet(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, height, width = joined(sources)
    depth = unet_depth(height, width, args)
    made, given = result_channels(sources, args)
    widths = unet_widths(integer(args, "filters"), depth)
    cost = weights = 0
    norm, bias = str(args["norm"]), args["norm"] != "batch"
    for level, (before, after) in enumerate(zip((channels, *widths), widths, strict=False)):
        area = (height >> (level + 1)) * (width >> (level + 1))
        seen = after if level == depth - 1 else 2 * after
        back = before if level else given
        cost += area * 16 * (before * after + seen * back)
        inner = norm if 0 < level < depth - 1 else "none"
        weights += learned(before, after, 16, inner, bias)
        weights += learned(seen, back, 16, norm if level else "none", not level or bias)
    sizes = {"in_channels": channels, "channels": made, "depth": depth}
    return Derived((made, height, width), cost, sizes, weights)


def unet_depth(height: int, width: int, args: Args) -> int:
    """How often the image is halved. Raises Misfit where it cannot be."""
    possible = min(halvings(height), halvings(width))
    wanted = args["depth"]
    if wanted is None and possible:
        return min(possible, DEEPEST)
    depth = 1 if wanted is None else cast(int, wanted)
    if depth > possible:
        by = 1 << depth
        raise Misfit(
            f"halves the image {depth} times, which {height} x {width} does not allow",
            f"resize the images to {-(-height // by) * by} x {-(-width // by) * by}"
            + (f", or write depth={possible}" if possible else ""),
            None if wanted is None else "depth",
            "AD583",
        )
    return depth


def halvings(size: int) -> int:
    return (size & -size).bit_length() - 1


def unet_widths(filters: int, depth: int) -> tuple[int, ...]:
    """The channels after each convolution: doubled each time, at most eightfold."""
    return tuple(filters * min(1 << level, 8) for level in range(depth))


def result_channels(sources: tuple[Shape, ...], args: Args) -> tuple[int, int]:
    """Channels of the result, and of the last convolution, which may give opacities too."""
    first = sources[0][0]
    made = first if args["channels"] is None else integer(args, "channels")
    if args["blend"] and made != first:
        raise Misfit(
            f"lays an image of {made} channels over its first source, which has {first}",
            "leave out `channels`, or `blend`",
            "channels",
            "AD584",
        )
    return made, made + (1 if args["blend"] else 0)


RULES: dict[str, Rule] = {"ResnetGenerator": resnet, "UnetGenerator": unet}
