"""Reads MNIST and the sets that keep its layout: four idx files, plain or gzipped."""

from pathlib import Path

import torch
from torch import Tensor

from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.mnist import CLASSES, SIDE
from autodesign.stdlib.data.places import DEBIAN, VARIABLE, roots
from autodesign.stdlib.data.reading.checks import check_labels
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.idx import read_idx
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import with_test_part

PARTS = ("train", "t10k")


def read(request: Request) -> Splits:
    folder = found(request)
    train, test = (part(request, folder, prefix) for prefix in PARTS)
    return with_test_part(request, train, test, fractions(request.args, 2))


FashionMNIST = MNIST = KMNIST = read


def part(request: Request, folder: Path, prefix: str) -> Table:
    images_file = one_of(request, folder, f"{prefix}-images", 3)
    image = torch.from_numpy(read_idx(request, images_file, rank=3)).unsqueeze(1)
    if image.shape[1:] != (1, SIDE, SIDE):
        raise request.refusal(
            "AD726",
            f"{images_file} holds images of {image.shape[2]}x{image.shape[3]}, not {SIDE}x{SIDE}",
            f"these are not the files of {request.call.name}; name the folder that holds them",
        )
    return Table({"image": image, "label": labels(request, folder, prefix, len(image))})


def labels(request: Request, folder: Path, prefix: str, count: int) -> Tensor:
    file = one_of(request, folder, f"{prefix}-labels", 1)
    label = torch.from_numpy(read_idx(request, file, rank=1)).long()
    check_labels(request, file, label, count, CLASSES)
    return label


def one_of(request: Request, folder: Path, stem: str, rank: int) -> Path:
    """The file under one of the names in which it is found on the web."""
    names = [f"{stem}{mark}idx{rank}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise request.refusal(
        "AD724", f"{folder} does not hold {names[0]} (or {names[2]})", how_to_get(request)
    )


def found(request: Request) -> Path:
    """The folder of the idx files."""
    name = request.call.name
    given = request.args["folder"] is not None
    tops = [request.path("folder")] if given else roots(request.folder())
    places = [place for top in tops for place in (top / name / "raw", top)]
    if not given and name in DEBIAN:
        places.append(DEBIAN[name])
    for place in places:
        if any(place.glob(f"{PARTS[0]}-images*")):
            return place
    looked = "\n".join(f"I looked in {place}" for place in places)
    raise request.refusal(
        "AD724", f"I cannot find the files of {name}", how_to_get(request), *looked.split("\n")
    )


def how_to_get(request: Request) -> str:
    name = request.call.name
    fetch = (
        f'get it with: python -c "from torchvision.datasets import {name}; '
        f"{name}('data', download=True)\" beside the spec"
    )
    package = f"sudo apt install dataset-{DEBIAN[name].name}, or " if name in DEBIAN else ""
    return f"{package}{fetch}, or set folder= or ${VARIABLE} to where it is"
