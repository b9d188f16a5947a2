"""Fields of Augment and AugmentBoxes: those of their source.

Augment moves images alone, so nothing may say where in them something is. AugmentBoxes moves boxes.
"""

from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call
from autodesign.stdlib.data.declared import Args, Fields, Rule, source
from autodesign.stdlib.data.transforms import image, over

BOXES = "boxes"
PLACES = ("point", "box", BOXES)


def augment(fields: Fields, args: Args) -> Fields:
    image(fields, args)
    for name, field in fields.items():
        if field.kind in PLACES:
            raise Misfit(
                f"moves images, and {source(args).name} tells places in them, `{name}`, which "
                "would stay",
                "write AugmentBoxes" if field.kind == BOXES else "take it off",
                "source",
                "AD735",
            )
    return fields


def made_of(call: Call) -> set[str]:
    """The names of a source and of all that it is made of."""
    inner = [made_of(value) for value in call.args.values() if isinstance(value, Call)]
    return {call.name}.union(*inner)


def augment_boxes(fields: Fields, args: Args) -> Fields:
    image(fields, args)
    places = [field.kind for field in fields.values() if field.kind in PLACES]
    if places != [BOXES]:
        raise Misfit(
            f"moves images with their boxes, and {source(args).name} has {', '.join(fields)}",
            "take it off" if places else "write Augment",
            "source",
            "AD735",
        )
    if args["colour"] and "Normalize" in made_of(source(args)):
        raise Misfit(
            "changes the colours of images in 0..1, and these are normalised before",
            "write Normalize(AugmentBoxes(...)), or colour=0",
            "source",
            "AD735",
        )
    low, high = cast("tuple[float, float]", args["scale"])
    if low > high:
        raise Misfit(
            f"takes the least scale first, and is given [{low:g}, {high:g}]",
            f"write scale=[{high:g}, {low:g}]",
            "scale",
            "AD735",
        )
    return fields


FIELDS: dict[str, Rule] = {"Augment": over(augment), "AugmentBoxes": over(augment_boxes)}
