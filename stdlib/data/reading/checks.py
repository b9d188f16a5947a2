"""What must hold of numbers read from a file before a network may see them."""

from pathlib import Path

import torch
from torch import Tensor

from autodesign.stdlib.data.reading.examples import CHUNK
from autodesign.stdlib.data.reading.request import Request


def check_labels(
    request: Request, file: Path, label: Tensor, images: int, classes: int | None
) -> None:
    """One label for each image, each a class from 0."""
    if len(label) != images:
        raise request.refusal(
            "AD728",
            f"{file} holds {len(label)} labels for {images} images",
            "one of the two files is not the right one, or was cut short: get both again",
        )
    if images == 0:
        raise request.refusal("AD731", f"{file} holds no examples", "bring a file with examples")
    low, high = int(label.min()), int(label.max())
    if low < 0 or (classes is not None and high >= classes):
        wrong = low if low < 0 else high
        bound = "0 upwards" if classes is None else f"0 to {classes - 1}"
        raise request.refusal(
            "AD730",
            f"{file} holds the label {wrong}, and classes count from {bound}",
            "number the classes from 0 without gaps, or get the file again",
        )


def check_finite(request: Request, what: str, values: Tensor) -> None:
    """No number is NaN or infinite."""
    for start in range(0, len(values), CHUNK):
        bad = ~torch.isfinite(values[start : start + CHUNK])
        if bad.any():
            row = start + int(bad.flatten(1).any(1).nonzero()[0])
            raise request.refusal(
                "AD729",
                f"{what} holds NaN or infinity, first in example {row}",
                "leave such examples out, or fill in their values, before saving the file",
            )
