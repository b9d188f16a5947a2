"""Rules of adversarial losses: a player that judges values of the step, to one number."""

from collections.abc import Mapping

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import FieldType, Shape
from autodesign.stdlib.operations.types import NUMBER, Args, Rule, Types, show_type


def judged(types: Types, args: Args) -> tuple[FieldType, Mapping[str, tuple[Shape, ...]]]:
    return NUMBER, {"d": (types["x"].shape,)}


def compared(types: Types, args: Args) -> tuple[FieldType, Mapping[str, tuple[Shape, ...]]]:
    real, fake = types["real"], types["fake"]
    if real.shape != fake.shape:
        raise Misfit(
            f"shows its player real values {show_type(real)} and fake ones {show_type(fake)}",
            "both must be of one shape",
            "fake",
            "AD585",
        )
    return NUMBER, {"d": (real.shape,)}


OPERATIONS: dict[str, Rule] = {
    "adversarial": judged,
    "discriminate": compared,
    "gradient_penalty": compared,
}
