"""Fields of ImageFolder; its classes are counted when it is loaded."""

from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, labelled_images, pair


def image_folder(args: Args) -> Fields:
    fractions(args)
    channels = args["channels"]
    assert isinstance(channels, int)
    return labelled_images(channels, *pair(args["size"]))


FIELDS: dict[str, Rule] = {"ImageFolder": image_folder}
