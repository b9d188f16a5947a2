"""Rules of pooling: no multiplications are counted."""

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, each, reached, spatial, too_small


def window(n: int) -> Rule:
    """Pooling with a sliding window, its result size exactly as torch rounds it."""

    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, sizes = spatial(sources, n)
        kernel = each(args["kernel_size"], n)
        stride = kernel if args["stride"] is None else each(args["stride"], n)
        padding, dilation = each(args.get("padding", 0), n), each(args.get("dilation", 1), n)
        reach = reached(kernel, dilation)
        _check_padding(padding, kernel)
        result = tuple(
            pooled(*window, ceil=bool(args["ceil_mode"]))
            for window in zip(sizes, reach, stride, padding, strict=True)
        )
        if min(result) < 1:
            added = f" with padding {' x '.join(map(str, padding))}" if any(padding) else ""
            raise too_small(sizes, reach, added)
        return Derived((channels, *result), 0)

    return rule


def pooled(size: int, reach: int, stride: int, padding: int, *, ceil: bool) -> int:
    """How many windows there are; with `ceil` the last must start inside or in the left padding."""
    free = size + 2 * padding - reach
    count = (free + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (count - 1) * stride >= size + padding:
        count -= 1
    return count


def _check_padding(padding: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    for pad, width in zip(padding, kernel, strict=True):
        if pad > width // 2:
            raise Misfit(
                f"has padding={pad}, which is more than half of the kernel's {width}",
                f"use padding of at most {width // 2}, or a padding layer before it",
                "padding",
            )


def adaptive(n: int) -> Rule:
    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, _ = spatial(sources, n)
        return Derived((channels, *each(args["output_size"], n)), 0)

    return rule


RULES: dict[str, Rule] = {
    "MaxPool1d": window(1),
    "MaxPool2d": window(2),
    "AvgPool1d": window(1),
    "AvgPool2d": window(2),
    "LPPool1d": window(1),
    "LPPool2d": window(2),
    "AdaptiveAvgPool1d": adaptive(1),
    "AdaptiveAvgPool2d": adaptive(2),
    "AdaptiveMaxPool1d": adaptive(1),
    "AdaptiveMaxPool2d": adaptive(2),
}
