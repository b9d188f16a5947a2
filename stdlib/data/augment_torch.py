"""Augment: images moved and mirrored at random.

What is random follows from torch's own generator, which a job seeds and a checkpoint keeps.
"""

from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from autodesign.stdlib.data.augment import augment
from autodesign.stdlib.data.declared import source
from autodesign.stdlib.data.reading.examples import Batch, Mapped, Splits
from autodesign.stdlib.data.reading.load import load, settled
from autodesign.stdlib.data.reading.request import Request


def Augment(request: Request) -> Splits:
    splits = load(source(request.args), cache=request.cache)
    settled(request, lambda: augment(splits.fields, request.args))
    change = partial(moved, request.whole("shift"), request.args["mirror"] is True)
    return replace(splits, train=Mapped(splits.train, change))


def moved(shift: int, mirror: bool, batch: Batch) -> Batch:
    """Each image [channels, height, width] of a batch moved and mirrored on its own."""
    images = batch["image"]
    count, _, height, width = images.shape
    rows = torch.randint(2 * shift + 1, (count, 1)) + torch.arange(height)
    columns = torch.randint(2 * shift + 1, (count, 1)) + torch.arange(width)
    if mirror:
        columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    padded = F.pad(images, (shift,) * 4)
    # The channels come last where two lists of places stand on both sides of them.
    found: Tensor = padded[
        torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None]
    ]
    return {**batch, "image": found.permute(0, 3, 1, 2).contiguous()}
