"""Fields of the sources that read images with boxes."""

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import FieldType
from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, pair

CORNERS = 5
"""x1, y1, x2, y2 and the class"""


def boxed_images(
    channels: int, height: int, width: int, most: int, classes: int | None
) -> dict[str, FieldType]:
    return {
        "image": FieldType("image", (channels, height, width)),
        "box": FieldType("boxes", (most, CORNERS), classes),
    }


def annotated(args: Args) -> Fields:
    fractions(args)
    channels, most, classes = args["channels"], args["most"], args["classes"]
    assert isinstance(channels, int) and isinstance(most, int)
    if isinstance(classes, tuple) and (not classes or len(set(classes)) < len(classes)):
        raise Misfit("takes at least one class, each once", "list them", "classes", "AD797")
    known = len(classes) if isinstance(classes, tuple) else None
    return boxed_images(channels, *pair(args["size"]), most, known)


FIELDS: dict[str, Rule] = dict.fromkeys(("CocoBoxes", "VocBoxes", "CsvBoxes"), annotated)
