"""Fields of PastedObjects: photographs with items of another source and boxes around them."""

from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.stdlib.data.boxes import boxed_images
from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, source
from autodesign.stdlib.data.transforms import field, image, over

GROUNDS = (1, 3)


def pasted(fields: Fields, args: Args) -> Fields:
    fractions(args)
    fit(args)
    size, (_, most) = cast(int, args["size"]), cast("tuple[int, int]", args["objects"])
    channels, height, width = image(fields, args)
    if height != width or channels not in GROUNDS:
        name = source(args).name
        raise Misfit(
            f"needs square items, grey or in colour, and those of {name} are "
            f"[{channels}, {height}, {width}]",
            f"write Resize({name}(...), {min(height, width)})",
            "source",
            "AD735",
        )
    classes = 1 if args["one_class"] is True else field(fields, "label", args).classes
    found = boxed_images(3, size, size, most, classes)
    return {"image": found["image"]} if args["clean"] is True else found


def fit(args: Args) -> None:
    """Raises Misfit where items do not fit into an image."""
    size, least, most = (cast(int, args["size"]), *cast("tuple[int, int]", args["objects"]))
    small, large = cast("tuple[int, int]", args["side"])
    for name, low, high in (("side", small, large), ("objects", least, most)):
        if low > high:
            raise Misfit(
                f"takes the least of `{name}` first, and is given [{low}, {high}]",
                f"write {name}=[{high}, {low}]",
                name,
                "AD741",
            )
    if most == 0:
        raise Misfit(
            "pastes no objects", "write clean=true for images without any", "objects", "AD741"
        )
    if large > size:
        raise Misfit(
            f"pastes items of up to {large} pixels on images of {size}",
            f"choose sides up to {size}, or a larger `size`",
            "side",
            "AD741",
        )


FIELDS: dict[str, Rule] = {"PastedObjects": over(pasted)}
