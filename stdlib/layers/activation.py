"""Rules of activations: they keep the shape (but for GLU) and count no multiplications."""

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import (
    Args,
    Rule,
    dimension,
    integer,
    one,
    same_shape,
    same_spatial,
    show,
)

ELEMENTWISE = (
    *("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish"),
    *("Hardswish", "Hardsigmoid", "Sigmoid", "LogSigmoid", "Tanh", "Tanhshrink", "Softplus"),
    *("Softshrink", "Softsign", "Hardshrink", "Threshold"),
)


def prelu(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    channels = shape[0] if shape else 1
    if integer(args, "num_parameters") not in (1, channels):
        raise Misfit(
            f"has num_parameters={args['num_parameters']}, and is given {show(shape)} "
            f"with {channels} channels",
            f"write num_parameters=1 or num_parameters={channels}",
            "num_parameters",
        )
    return Derived(shape, 0, parameters=integer(args, "num_parameters"))


def interval(low: str, high: str, strict: bool) -> Rule:
    """An activation whose two bounds must stand in this order."""

    def rule(sources: tuple[Shape, ...], args: Args) -> Derived:
        lower, upper = float(args[low]), float(args[high])  # type: ignore[arg-type]
        if lower > upper or (strict and lower == upper):
            raise Misfit(
                f"has {low}={args[low]} and {high}={args[high]}",
                f"{low} must lie below {high}",
                low,
            )
        return Derived(one(sources), 0)

    return rule


def along(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    dimension(args["dim"], shape, "dim")
    return Derived(shape, 0)


def glu(sources: tuple[Shape, ...], args: Args) -> Derived:
    shape = one(sources)
    dim = dimension(args["dim"], shape, "dim")
    if shape[dim] % 2:
        raise Misfit(
            f"halves dimension {args['dim']}, and is given {show(shape)}, where it is odd",
            "give it an even number of elements there, or another `dim`",
            "dim",
        )
    return Derived((*shape[:dim], shape[dim] // 2, *shape[dim + 1 :]), 0)


RULES: dict[str, Rule] = {
    **dict.fromkeys(ELEMENTWISE, same_shape),
    "PReLU": prelu,
    "RReLU": interval("lower", "upper", strict=False),
    "Hardtanh": interval("min_val", "max_val", strict=True),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin"), along),
    "Softmax2d": same_spatial(2),
    "GLU": glu,
}
