"""Rules of operations on values of any shape."""

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import FieldType
from autodesign.stdlib.layers.geometry import show
from autodesign.stdlib.operations.types import NUMBER, Args, Result, Rule, Types, show_type


def number(types: Types, args: Args) -> Result:
    return NUMBER, {}


def difference(types: Types, args: Args) -> Result:
    a, b = types["a"], types["b"]
    if a.shape != b.shape:
        raise Misfit(
            f"compares number by number, {show_type(a)} with {show_type(b)}",
            "compare values of one shape",
            "b",
            "AD441",
        )
    return NUMBER, {}


def each_element(types: Types, args: Args) -> Result:
    return types["v"], {}


def zeros(types: Types, args: Args) -> Result:
    v = types["v"]
    return FieldType("real") if v.kind in ("label", "flag") else v, {}


def each_example(types: Types, args: Args) -> Result:
    scores, label = types["scores"], types["label"]
    if len(scores.shape) != 1:
        raise Misfit(
            f"needs one score for each class, and is given {show(scores.shape)}",
            "let the player end in `Linear`",
            "scores",
        )
    (width,) = scores.shape
    if label.classes is not None and label.classes != width:
        raise Misfit(
            f"is given {width} scores for {label.classes} classes",
            f"let the player end in `Linear({label.classes})`",
            "scores",
        )
    return FieldType("real"), {}


def together(types: Types, args: Args) -> Result:
    (a, *first), (b, *second) = types["a"].shape, types["b"].shape
    if first != second:
        raise Misfit(
            f"needs images of one height and width, and is given {show(types['a'].shape)} "
            f"and {show(types['b'].shape)}",
            "take crops of one size, or resize the data",
            "b",
            "AD584",
        )
    return FieldType("image", (a + b, *first)), {}


OPERATIONS: dict[str, Rule] = {
    "l1": difference,
    "l2": difference,
    "mean": number,
    "sum": number,
    "max": number,
    "exp": each_element,
    "log": each_element,
    "positive": each_element,
    "zeros_like": zeros,
    "normalise": each_element,
    "cross_entropy_each": each_example,
    "channels": together,
}
