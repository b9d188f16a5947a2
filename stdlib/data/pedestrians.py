"""Fields of Pedestrians."""

from typing import cast

from autodesign.stdlib.data.boxes import boxed_images
from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, pair


def pedestrians(args: Args) -> Fields:
    fractions(args)
    fields = boxed_images(3, *pair(args["size"]), cast(int, args["most"]), 1)
    return {"image": fields["image"]} if args["clean"] is True else fields


FIELDS: dict[str, Rule] = {"Pedestrians": pedestrians}
