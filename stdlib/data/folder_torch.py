"""Reads ImageFolder, one subfolder for each class, and Photos, images without classes."""

from functools import partial
from pathlib import Path

import torch
from PIL import Image

from autodesign.dsl.spec import FieldType
from autodesign.stdlib.data.declared import fractions, pair
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.pictures import Picture, Pictures, in_memory_if_small
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import three_parts

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


def ImageFolder(request: Request) -> Splits:
    folder = request.path("folder")
    classes = class_folders(request, folder)
    files: list[Path] = []
    labels: list[int] = []
    for number, each in enumerate(classes):
        found = images(request, each)
        files += found
        labels += [number] * len(found)
    pictures = Pictures(
        request,
        [Picture(str(file), partial(Image.open, file)) for file in files],
        {"label": torch.tensor(labels)},
        pair(request.args["size"]),
        request.whole("channels"),
    )
    fields = {**request.fields(), "label": FieldType("label", (), len(classes))}
    return three_parts(request, in_memory_if_small(pictures), fractions(request.args), fields)


def Photos(request: Request) -> Splits:
    files = images(request, request.path("folder"))
    pictures = Pictures(
        request,
        [Picture(str(file), partial(Image.open, file)) for file in files],
        {},
        pair(request.args["size"]),
        request.whole("channels"),
    )
    return three_parts(request, in_memory_if_small(pictures), fractions(request.args))


def class_folders(request: Request, folder: Path) -> list[Path]:
    with request.opening(folder, "paths are relative to the folder of the spec"):
        inside = sorted(folder.iterdir(), key=lambda path: path.name)
    found = [path for path in inside if path.is_dir() and not path.name.startswith(".")]
    if not found:
        raise request.refusal(
            "AD738",
            f"{folder} has no subfolders, and each class needs one",
            "put the images of each class into a subfolder named after the class",
        )
    return found


def images(request: Request, folder: Path) -> list[Path]:
    """The image files in a folder, in a fixed order; hidden ones are left out."""
    with request.opening(folder, "create it"):
        inside = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    found = [path for path in inside if not path.name.startswith(".")]
    if not found:
        raise request.refusal(
            "AD738",
            f"{folder} holds no images",
            f"put images into it ({', '.join(ENDINGS)}), or remove the folder",
        )
    return found
