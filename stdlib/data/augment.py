"""Fields of Augment: those of its source, which may not say where in an image something is."""

from autodesign.dsl.library import Misfit
from autodesign.stdlib.data.declared import Args, Fields, Rule, source
from autodesign.stdlib.data.transforms import image, over

PLACES = ("point", "box")


def augment(fields: Fields, args: Args) -> Fields:
    image(fields, args)
    for name, field in fields.items():
        if field.kind in PLACES:
            raise Misfit(
                f"moves images, and {source(args).name} tells places in them, `{name}`, which "
                "would stay",
                "take it off",
                "source",
                "AD735",
            )
    return fields


FIELDS: dict[str, Rule] = {"Augment": over(augment)}
