"""Fields of the sources that change another source."""

from collections.abc import Callable
from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, FieldType, Shape
from autodesign.stdlib.data.declared import Args, Fields, Rule, declared_fields, pair, source

COLOURS = (1, 3)


def over(change: Callable[[Fields, Args], Fields]) -> Rule:
    """The rule of a source that changes the fields of another, where those are known."""

    def rule(args: Args) -> Fields | None:
        inner = source(args)
        try:
            known = declared_fields(inner)
        except Misfit as misfit:
            message = f"is made of {inner.name}, which {misfit.message}"
            raise Misfit(message, misfit.help, misfit.argument, misfit.code) from None
        return None if known is None else change(known, args)

    return rule


def binary(fields: Fields, args: Args) -> Fields:
    label = field(fields, "label", args)
    positive = args["positive"]
    assert isinstance(positive, int)
    if label.classes is not None and positive >= label.classes:
        raise Misfit(
            f"takes class {positive} as positive, and {source(args).name} has {label.classes} "
            f"classes, 0 to {label.classes - 1}",
            f"choose a class from 0 to {label.classes - 1}",
            "positive",
            "AD722",
        )
    return {**fields, "label": FieldType("label", (), 2)}


def classes(fields: Fields, args: Args) -> Fields:
    known = field(fields, "label", args).classes
    keep = cast(tuple[int, ...], args["keep"])
    if len(keep) < 2 or len(set(keep)) < len(keep):
        raise Misfit("keeps at least two classes, each once", "list them", "keep", "AD735")
    if known is not None and max(keep) >= known:
        raise Misfit(
            f"keeps class {max(keep)}, and {source(args).name} has {known} classes, "
            f"0 to {known - 1}",
            f"choose classes from 0 to {known - 1}",
            "keep",
            "AD722",
        )
    return {**fields, "label": FieldType("label", (), len(keep))}


def resize(fields: Fields, args: Args) -> Fields:
    channels = image(fields, args)[0]
    return {**fields, "image": FieldType("image", (channels, *pair(args["size"])))}


def normalize(fields: Fields, args: Args) -> Fields:
    channels = image(fields, args)[0]
    for name in ("mean", "std"):
        given = args[name]
        if isinstance(given, tuple) and len(given) != channels:
            raise Misfit(
                f"is given {len(given)} in `{name}`, and the images of {source(args).name} have "
                + ("1 channel" if channels == 1 else f"{channels} channels"),
                f"write one number for each channel, or leave `{name}` out",
                name,
                "AD735",
            )
    std = args["std"]
    if isinstance(std, tuple) and not all(isinstance(s, int | float) and s > 0 for s in std):
        raise Misfit("divides by a `std` that is not above 0", "", "std", "AD735")
    return fields


def grayscale(fields: Fields, args: Args) -> Fields:
    channels, height, width = image(fields, args)
    if channels not in COLOURS:
        raise Misfit(
            f"needs images of 1 or 3 channels, and {source(args).name} has {channels}",
            "take it off",
            "source",
            "AD735",
        )
    return {**fields, "image": FieldType("image", (1, height, width))}


def image(fields: Fields, args: Args) -> Shape:
    """Channels, height and width of the images"""
    return field(fields, "image", args).shape


def field(fields: Fields, name: str, args: Args) -> FieldType:
    if name in fields and fields[name].kind == name:
        return fields[name]
    inner: Call = source(args)
    raise Misfit(
        f"needs the field `{name}`, and {inner.name} has {', '.join(fields)}",
        "choose another source",
        "source",
        "AD735",
    )


FIELDS: dict[str, Rule] = {
    "Binary": over(binary),
    "Classes": over(classes),
    "Resize": over(resize),
    "Normalize": over(normalize),
    "Subset": over(lambda fields, args: fields),
    "Rest": over(lambda fields, args: fields),
    "Grayscale": over(grayscale),
}
"""Each rule holds before loading, and again with the fields that loading found."""
