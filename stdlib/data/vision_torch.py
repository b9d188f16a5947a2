"""Reads data sets that torchvision has put on disk. Never downloads."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.places import VARIABLE, roots
from autodesign.stdlib.data.reading.checks import check_labels
from autodesign.stdlib.data.reading.examples import Examples, Splits, Table
from autodesign.stdlib.data.reading.pictures import Picture, Pictures, in_memory_if_small
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import three_parts, with_test_part
from autodesign.stdlib.data.vision import SETS, Options, VisionSet, shares

LABELS = ("targets", "labels", "_labels", "y")
SAMPLES = ("_samples", "samples")
"""Where torchvision's classes keep their labels, or pairs of a file and its label."""


def cifar(request: Request) -> Splits:
    name = request.call.name
    inside = SETS[name].pickles
    given = request.args["folder"] is not None
    tops = [request.path("folder")] if given else roots(request.folder())
    found = next((top for top in tops if (top / inside).is_dir()), None)
    if found is None:
        notes = [f"I looked for the folder {inside} in {top}" for top in tops]
        raise request.refusal(
            "AD724", f"I cannot find the files of {name}", how_to_get(name), *notes
        )
    parts = [part(request, found, name, options) for options in SETS[name].parts]
    return with_test_part(request, parts[0], parts[1], fractions(request.args, 2))


CIFAR10 = CIFAR100 = cifar


def TorchVision(request: Request) -> Splits:
    name = request.text("name")
    known, folder = SETS[name], request.path("folder")
    parts = [part(request, folder, name, options) for options in known.parts]
    divided = shares(request.args, known)
    if divided is None:
        return Splits(parts[0], parts[1], parts[2], request.fields())
    if len(divided) == len(parts):
        return with_test_part(request, parts[0], parts[1], divided)
    return three_parts(request, parts[0], divided)


def part(request: Request, folder: Path, name: str, options: Options) -> Examples:
    """One official part of a set, in memory where torchvision has it there."""
    known, dataset = SETS[name], opened(request, folder, name, options)
    label = labels(request, dataset)
    check_labels(request, folder, label, len(dataset), known.classes)
    if known.shape and request.args.get("size") is None and hasattr(dataset, "data"):
        return Table({"image": channels_first(known, dataset.data), "label": label})
    channels, height, width = request.fields()["image"].shape
    pictures = [Picture(f"{i} of {name}", partial(image_of, dataset, i)) for i in range(len(label))]
    columns = {"label": label}
    return in_memory_if_small(Pictures(request, pictures, columns, (height, width), channels))


def image_of(dataset: Any, index: int) -> Image.Image:
    image: Image.Image = dataset[index][0]
    return image


def opened(request: Request, folder: Path, name: str, options: Options) -> Any:
    kind: Callable[..., Any] = getattr(request.package("torchvision.datasets", "torchvision"), name)
    quiet = {"download": False} if "download" in inspect.signature(kind).parameters else {}
    with request.opening(folder, how_to_get(name)):
        next(folder.iterdir(), None)
    try:
        return kind(str(folder), **options, **quiet)
    except (RuntimeError, OSError, ValueError, ImportError) as error:
        raise unopened(request, folder, name, error) from None


def unopened(request: Request, folder: Path, name: str, error: Exception) -> SpecError:
    pickles = SETS[name].pickles
    if pickles and (folder / pickles).is_dir():
        return request.refusal(
            "AD734",
            f"the files in {folder / pickles} are not the published ones",
            how_to_get(name),
            "they are Python pickles: reading a changed one could run any program",
        )
    return request.refusal(
        "AD724",
        f"torchvision does not find the files of {name} in {folder}, or finds them changed",
        how_to_get(name),
        str(error),
    )


def labels(request: Request, dataset: Any) -> Tensor:
    for attribute in LABELS:
        if (found := getattr(dataset, attribute, None)) is not None:
            return torch.as_tensor(found).long()
    for attribute in SAMPLES:
        if (found := getattr(dataset, attribute, None)) is not None:
            return torch.tensor([label for _, label in found])
    raise request.refusal(
        "AD723",
        f"this release of torchvision does not say which labels {type(dataset).__name__} has",
        "install another release of torchvision",
    )


def channels_first(known: VisionSet, data: Any) -> Tensor:
    """Bytes [n, c, h, w] from what torchvision holds: n h w, n h w c or n c h w."""
    images = torch.as_tensor(data)
    if images.ndim == 3:
        return images.unsqueeze(1)
    first = tuple(images.shape[1:]) == known.shape
    return (images if first else images.permute(0, 3, 1, 2)).contiguous()


def how_to_get(name: str) -> str:
    folder = f"set `folder` or ${VARIABLE} to the folder that was given to torchvision"
    if SETS[name].by_hand:
        return f"get it by hand, as torchvision's documentation of {name} says; {folder}"
    fetch = f"from torchvision.datasets import {name}; {name}('data', download=True)"
    return f'get it with: python -c "{fetch}" beside the spec, or {folder}'
