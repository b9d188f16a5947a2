"""Rules of normalisation: the shape stays, the sizes of the learned numbers follow from it."""

from math import prod

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape, Value
from autodesign.stdlib.layers.geometry import Args, Rule, divisible, integer, one, show, spatial


def batch_norm_1d(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    if len(shape) not in (1, 2):
        raise Misfit(
            f"needs a vector [features] or a sequence [channels, length], "
            f"and is given {show(shape)}",
            "use `BatchNorm2d`" if len(shape) == 3 else "give it a value with one or two sizes",
        )
    return Derived(shape, 0, {"num_features": shape[0]}, _learned(shape[:1], args))


def batch_norm_2d(sources: tuple[Shape, ...], args: Args) -> Derived:
    channels, sizes = spatial(sources, 2)
    return Derived((channels, *sizes), 0, {"num_features": channels}, _learned((channels,), args))


def instance_norm(n: int) -> Rule:
    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, sizes = spatial(sources, n)
        if prod(sizes) == 1:
            raise Misfit(
                f"needs more than one element in each channel, and is given {show(sources[0])}",
                "leave it out here, or use less pooling before it",
            )
        return Derived(
            (channels, *sizes), 0, {"num_features": channels}, _learned((channels,), args)
        )

    return rule


def group_norm(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = _with_channels(sources)
    groups = integer(args, "num_groups")
    divisible(shape[0], groups, "channels", "num_groups")
    if prod(shape) == groups:
        raise Misfit(
            f"needs more than one element in each group, and is given {show(shape)} "
            f"in {groups} groups",
            "use fewer groups",
            "num_groups",
        )
    return Derived(shape, 0, {"num_channels": shape[0]}, _learned(shape[:1], args))


def last_dimensions(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = _with_channels(sources)
    wanted = _sizes(args["normalized_shape"], shape)
    if not wanted or shape[-len(wanted) :] != wanted:
        raise Misfit(
            f"has normalized_shape={list(wanted)}, which are not the last sizes of {show(shape)}",
            "leave out normalized_shape to normalise over the whole example",
            "normalized_shape",
        )
    return Derived(shape, 0, {"normalized_shape": wanted}, _learned(wanted, args))


def response_norm(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    if len(shape) < 2:
        raise Misfit(
            f"needs channels and at least one more dimension, and is given {show(shape)}",
            "put it before `Flatten`",
        )
    return Derived(shape, 0)


def _learned(shape: Shape, args: Args) -> int:
    """A weight for each number of this shape, and a bias where the layer has one."""
    affine = args.get("affine", args.get("elementwise_affine"))
    return prod(shape) * (1 + bool(args.get("bias", "affine" in args))) if affine else 0


def _with_channels(sources: tuple[Shape, ...]) -> Shape:
    shape = one(sources)
    if not shape:
        raise Misfit("has nothing to normalise in a single number", "give it a value with sizes")
    return shape


def _sizes(given: Value, shape: Shape) -> Shape:
    if given is None:
        return shape
    return given if isinstance(given, tuple) else (given,)  # type: ignore[return-value]


RULES: dict[str, Rule] = {
    "BatchNorm1d": batch_norm_1d,
    "BatchNorm2d": batch_norm_2d,
    "GroupNorm": group_norm,
    "InstanceNorm1d": instance_norm(1),
    "InstanceNorm2d": instance_norm(2),
    "LayerNorm": last_dimensions,
    "RMSNorm": last_dimensions,
    "LocalResponseNorm": response_norm,
}
