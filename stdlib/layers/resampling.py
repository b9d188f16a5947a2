"""Rules of layers that resize a value or move elements between channels and places."""

from math import floor
from typing import cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape, Value
from autodesign.stdlib.layers.geometry import (
    KINDS,
    Args,
    Rule,
    divisible,
    each,
    integer,
    one,
    show,
    spatial,
)

MODES = {"linear": 1, "bilinear": 2, "bicubic": 2}
"""Modes that work on one number of spatial dimensions only."""


def upsample(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    mode = cast(str, args["mode"])
    n = MODES.get(mode, min(max(len(shape) - 1, 1), 2))
    channels, sizes = spatial(sources, n)
    if args["align_corners"] is not None and mode not in MODES:
        raise Misfit(
            f'has align_corners, which mode="{mode}" does not know',
            f"leave it out, or use one of the modes {', '.join(MODES)}",
            "align_corners",
        )
    return Derived((channels, *resized(sizes, args)), 0)


def upsample_2d(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, sizes = spatial(sources, 2)
    return Derived((channels, *resized(sizes, args)), 0)


def resized(sizes: Shape, args: Args) -> Shape:
    """The wanted size, or floor(size * factor) in each dimension."""
    size, factor = args["size"], args["scale_factor"]
    if (size is None) == (factor is None):
        raise Misfit(
            f"needs `size` or `scale_factor`, and is given {'neither' if size is None else 'both'}",
            "write scale_factor=2 to double the size",
        )
    if size is not None:
        _fits(size, sizes, "size")
        return each(size, len(sizes))
    _fits(factor, sizes, "scale_factor")
    factors = cast("tuple[float, ...]", each(factor, len(sizes)))
    result = tuple(floor(s * float(f)) for s, f in zip(sizes, factors, strict=True))
    if min(result) < 1:
        raise Misfit(
            f"would leave nothing of {' x '.join(map(str, sizes))}",
            "use a greater scale_factor",
            "scale_factor",
        )
    return result


def _fits(value: Value, sizes: Shape, argument: str) -> None:
    if isinstance(value, tuple) and len(value) != len(sizes):
        raise Misfit(
            f"has {len(value)} numbers in {argument}, and is given {KINDS[len(sizes)]} "
            f"with {len(sizes)} to resize",
            f"write one number for {argument}",
            argument,
        )


def pixel_shuffle(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, (height, width) = spatial(sources, 2)
    factor = integer(args, "upscale_factor")
    if channels % factor**2:
        raise Misfit(
            f"needs a multiple of {factor**2} channels for upscale_factor={factor}, "
            f"and is given {channels}",
            f"let the layer before it give {-(-channels // factor**2) * factor**2} channels",
            "upscale_factor",
        )
    return Derived((channels // factor**2, height * factor, width * factor), 0)


def pixel_unshuffle(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, (height, width) = spatial(sources, 2)
    factor = integer(args, "downscale_factor")
    if height % factor or width % factor:
        raise Misfit(
            f"needs height and width to be multiples of downscale_factor={factor}, "
            f"and is given {height} x {width}",
            "pad or resize the image first",
            "downscale_factor",
        )
    return Derived((channels * factor**2, height // factor, width // factor), 0)


def channel_shuffle(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    if len(shape) < 2:
        raise Misfit(
            f"needs channels and at least one more dimension, and is given {show(shape)}",
            "put it before `Flatten`",
        )
    divisible(shape[0], integer(args, "groups"), "channels", "groups")
    return Derived(shape, 0)


RULES: dict[str, Rule] = {
    "Upsample": upsample,
    "UpsamplingNearest2d": upsample_2d,
    "UpsamplingBilinear2d": upsample_2d,
    "PixelShuffle": pixel_shuffle,
    "PixelUnshuffle": pixel_unshuffle,
    "ChannelShuffle": channel_shuffle,
}
