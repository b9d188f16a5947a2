"""Rules of convolutions. Multiplications: thesis 2.5, see the README of the library."""

from math import prod

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import (
    Args,
    Rule,
    divisible,
    each,
    integer,
    spatial,
    too_small,
)


def convolution(n: int) -> Rule:
    """Result size (in + padding - dilation * (kernel - 1) - 1) // stride + 1 in each dimension."""

    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, sizes = spatial(sources, n)
        groups = _groups(channels, args)
        kernel, stride = each(args["kernel_size"], n), each(args["stride"], n)
        reach = tuple(
            d * (k - 1) + 1 for d, k in zip(each(args["dilation"], n), kernel, strict=True)
        )
        padding = _padding(args, reach, stride, n)
        _check_mode(args, sizes, padding)
        padded = tuple(size + sum(pad) for size, pad in zip(sizes, padding, strict=True))
        if any(size < width for size, width in zip(padded, reach, strict=True)):
            raise too_small(sizes, reach, _with_padding(padding))
        result = tuple(
            (size - width) // step + 1
            for size, width, step in zip(padded, reach, stride, strict=True)
        )
        out = integer(args, "out_channels")
        shape = (out, *result)
        window = prod(kernel) * (channels // groups)
        learned = out * (window + bool(args["bias"]))
        return Derived(shape, prod(shape) * window, {"in_channels": channels}, learned)

    return rule


def transposed(n: int) -> Rule:
    """Result size (in - 1) * stride - 2 * padding + reach of the kernel + output_padding."""

    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        channels, sizes = spatial(sources, n)
        groups = _groups(channels, args)
        kernel = each(args["kernel_size"], n)
        names = ("stride", "padding", "output_padding", "dilation")
        result = []
        for size, width, step, pad, extra, spread in zip(
            sizes, kernel, *(each(args[name], n) for name in names), strict=True
        ):
            if extra >= max(step, spread):
                raise Misfit(
                    f"has output_padding={extra}, which must be below stride={step} "
                    f"or dilation={spread}",
                    f"choose output_padding below {max(step, spread)}",
                    "output_padding",
                )
            result.append((size - 1) * step - 2 * pad + spread * (width - 1) + extra + 1)
        if min(result) < 1:
            raise Misfit(
                f"would give a size of {' x '.join(map(str, result))}: the padding takes away "
                "more than there is",
                "use less padding",
                "padding",
            )
        out = integer(args, "out_channels")
        window = prod(kernel) * (out // groups)
        learned = channels * window + (out if args["bias"] else 0)
        cost = channels * prod(sizes) * window
        return Derived((out, *result), cost, {"in_channels": channels}, learned)

    return rule


def _groups(channels: int, args: Args) -> int:
    groups = integer(args, "groups")
    divisible(channels, groups, "input channels", "groups")
    divisible(integer(args, "out_channels"), groups, "output channels", "groups")
    return groups


def _padding(
    args: Args, reach: tuple[int, ...], stride: tuple[int, ...], n: int
) -> tuple[tuple[int, int], ...]:
    """Elements added before and after in each dimension; "same" adds the odd one after."""
    padding = args["padding"]
    if not isinstance(padding, str):
        return tuple((pad, pad) for pad in each(padding, n))
    if padding == "valid":
        return ((0, 0),) * n
    if padding != "same":
        raise Misfit(
            f'does not know padding="{padding}"', 'write a number, "same" or "valid"', "padding"
        )
    if any(step != 1 for step in stride):
        raise Misfit(
            'cannot keep the size (padding="same") with a stride above 1',
            f"write padding={reach[0] // 2} to divide the size by the stride",
            "padding",
        )
    return tuple(((width - 1) // 2, width - 1 - (width - 1) // 2) for width in reach)


def _check_mode(args: Args, sizes: Shape, padding: tuple[tuple[int, int], ...]) -> None:
    """Reflected padding must be smaller than the image, circular padding at most as large."""
    room = {"reflect": 1, "circular": 0}.get(str(args["padding_mode"]))
    if room is None:
        return
    for size, pad in zip(sizes, padding, strict=True):
        if max(pad) > size - room:
            raise Misfit(
                f'has padding_mode="{args["padding_mode"]}", which can add at most {size - room} '
                f"to a size of {size}, and is to add {max(pad)}",
                'use less padding, or padding_mode="zeros"',
                "padding",
            )


def _with_padding(padding: tuple[tuple[int, int], ...]) -> str:
    if not any(map(any, padding)):
        return ""
    return f" with padding {' x '.join(str(max(pad)) for pad in padding)}"


RULES: dict[str, Rule] = {
    "Conv1d": convolution(1),
    "Conv2d": convolution(2),
    "ConvTranspose1d": transposed(1),
    "ConvTranspose2d": transposed(2),
}
