"""Rules of padding layers."""

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, each, show, spatial


def padded(n: int, most: int | None = None) -> Rule:
    """Adds to each side; at most the size + `most` where the elements come from the inside.

    With n = 3 the channels of an image are padded as a third size.
    """

    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, sizes = spatial(sources, min(n, 2))
        kept, sizes = ((channels,), sizes) if n < 3 else ((), (channels, *sizes))
        sides = each(args["padding"], 2 * n)
        # torch lists the sides of the last dimension first
        pairs = [sides[2 * i : 2 * i + 2] for i in reversed(range(n))]
        for size, pair in zip(sizes, pairs, strict=True):
            if most is not None and max(pair) > size + most:
                raise Misfit(
                    f"can add at most {size + most} to a size of {size}, and is to add {max(pair)}",
                    f"use less padding, or zeros (`ZeroPad{n}d`)",
                    "padding",
                )
        result = tuple(size + sum(pair) for size, pair in zip(sizes, pairs, strict=True))
        # torch crops first and adds then
        cropped = [
            size + sum(min(pad, 0) for pad in pair) for size, pair in zip(sizes, pairs, strict=True)
        ]
        if min(*result, *cropped) < 0 or 0 in result:
            raise Misfit(f"would leave nothing of {show(sources[0])}", "crop less", "padding")
        return Derived((*kept, *result), 0)

    return rule


RULES: dict[str, Rule] = {
    f"{name}{n}d": padded(n, most)
    for n in (1, 2)
    for name, most in (
        ("ZeroPad", None),
        ("ConstantPad", None),
        ("ReplicationPad", None),
        ("ReflectionPad", -1),
        ("CircularPad", 0),
    )
} | {"ZeroPad3d": padded(3)}
