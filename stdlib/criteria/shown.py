"""What criteria are called where they are shown."""

import re

from autodesign.dsl.growth import Criterion
from autodesign.dsl.said import said
from autodesign.dsl.spec import Call, Value

NAMES = {
    "FrechetDistance": ("FID", "Frechet distance"),
    "FID": ("FID", "Frechet distance"),
    "KernelDistance": ("KID", "kernel distance"),
    "InceptionScore": ("Inception Score", "score of classes"),
}
"""The name that a criterion has on the features of Inception-v3, and the one it has on others"""


def shown(criterion: Criterion) -> str:
    """`FID (Inception, n=5,000)`, `Frechet distance (MobileNetV2(size=64), n=500, ...)`; anything
    else as the spec writes it, with its `n` where that is left out: `TeNas(batch=16), n=64`.

    The names that everybody knows are for Inception's features alone, all of them: distances under
    one name are compared, and those of other features are other numbers.
    """
    call = criterion.value
    if not isinstance(call, Call):
        return criterion.text
    features, projection, n = (call.args.get(name) for name in ("features", "projection", "n"))
    counted = "" if n is None else f"n={n:,}"
    if not isinstance(features, Call):
        said_already = not counted or re.search(r"\bn=", criterion.text)
        return criterion.text if said_already else f"{criterion.text}, {counted}"
    told = [plain(features), counted]
    if projection is not None:
        told.append(f"projected to {projection}")
    return f"{short(call)} ({', '.join(told)})"


def short(call: Call) -> str:
    """Its name alone: `FID`, `Frechet distance`."""
    features = call.args.get("features")
    if not isinstance(features, Call):
        return call.name
    known = features.name == "Inception" and call.args.get("projection") is None
    return NAMES.get(call.name, (call.name, call.name))[0 if known else 1]


def plain(call: Call) -> str:
    """A call with its arguments, those that are none left out: `MobileNetV2(size=64)`."""
    args = [_argument(name, value) for name, value in call.args.items() if value is not None]
    return f"{call.name}({', '.join(args)})" if args else call.name


def _argument(name: str, value: Value) -> str:
    if isinstance(value, Call):
        return value.name if value.kind == "trained" else plain(value)
    return f"{name}={said(value)}"
