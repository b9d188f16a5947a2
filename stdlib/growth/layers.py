"""Rules of layers of growing networks."""

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.convolution import convolution
from autodesign.stdlib.layers.geometry import Args, Rule, one, show, spatial
from autodesign.stdlib.layers.linear import linear

CONVOLUTION = convolution(2)


def equalized_convolution(sources: tuple[Shape, ...], args: Args) -> Derived:
    return CONVOLUTION(sources, {"dilation": 1, "groups": 1, "padding_mode": "zeros", **args})


def pixel_norm(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    if not shape:
        raise Misfit("has no channels in a single number", "give it a value with sizes")
    return Derived(shape, 0)


def minibatch_std_dev(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, sizes = spatial(sources, 2)
    return Derived((channels + 1, *sizes), 0)


def fade_in(sources: tuple[Shape, ...], args: Args) -> Derived:
    if len(sources) != 2 or sources[0] != sources[1]:
        given = " and ".join(map(show, sources)) or "none"
        raise Misfit(
            f"mixes two values of one shape, and is given {given}",
            "name the old path and the new one as the node's arguments",
        )
    return Derived(sources[0], 0)


RULES: dict[str, Rule] = {
    "EqualizedConv2d": equalized_convolution,
    "EqualizedLinear": linear,
    "PixelNorm": pixel_norm,
    "MinibatchStdDev": minibatch_std_dev,
    "FadeIn": fade_in,
}
