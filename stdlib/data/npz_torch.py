"""Reads Npz: arrays in a numpy archive, checked before anything is unpacked."""

import torch
from torch import Tensor

from autodesign.dsl.spec import FieldType
from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.reading.archive import Archive, Array
from autodesign.stdlib.data.reading.checks import check_finite, check_labels
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import three_parts

CHANNELS = (1, 3, 4)  # what the last dimension of an image in the layout "hwc" usually is


def Npz(request: Request) -> Splits:
    file = request.path("file")
    with Archive.open(request, file) as archive:
        image = images(request, archive)
        label = labels(request, archive)
    check_labels(request, file, label, len(image), None)
    kind = "image" if image.ndim == 4 else "vector"
    fields = {
        "image": FieldType(kind, tuple(image.shape[1:])),
        "label": FieldType("label", (), int(label.max()) + 1),
    }
    table = Table({"image": image, "label": label})
    return three_parts(request, table, fractions(request.args), fields)


def images(request: Request, archive: Archive) -> Tensor:
    """Images [n, c, h, w] (bytes or float32) or vectors [n, size] (float32)."""
    name = request.text("image")
    array = archive.array(name, "u1 f2 f4 f8", (2, 3, 4), "bytes (uint8) or floats")
    values = torch.from_numpy(array)
    if values.dtype != torch.uint8:
        values = values.float()
        check_finite(request, f"the array {name} in {archive.file}", values)
    if values.ndim == 2:
        return values.float()
    return values.unsqueeze(1) if values.ndim == 3 else channels_first(request, array, values)


def channels_first(request: Request, array: Array, values: Tensor) -> Tensor:
    if request.text("layout") == "hwc":
        return values.permute(0, 3, 1, 2).contiguous()
    if array.shape[1] > max(CHANNELS) and array.shape[3] in CHANNELS:
        raise request.refusal(
            "AD726",
            f"images of {array.shape[1]} channels, {array.shape[2]} high and {array.shape[3]} "
            "wide: this looks like the other order of dimensions",
            'write layout="hwc"',
        )
    return values


def labels(request: Request, archive: Archive) -> Tensor:
    name = request.text("label")
    array = archive.array(name, "b1 u1 u2 u4 i1 i2 i4 i8", (1,), "whole numbers")
    return torch.from_numpy(array.astype("int64"))
