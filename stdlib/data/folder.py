"""Fields of ImageFolder and Photos; classes are counted when they are loaded."""

from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions, labelled_images, pair


def image_folder(args: Args) -> Fields:
    fractions(args)
    channels = args["channels"]
    assert isinstance(channels, int)
    return labelled_images(channels, *pair(args["size"]))


def photos(args: Args) -> Fields:
    return {"image": image_folder(args)["image"]}


FIELDS: dict[str, Rule] = {"ImageFolder": image_folder, "Photos": photos}
