"""Operations on images [batch, channels, height, width] and boxes [batch, most, 5]."""

from collections.abc import Callable

import torch
from torch import Tensor

Operation = Callable[..., Tensor]
PLACES = 2
"""Values that are averaged for a pixel of a crop, in each direction."""


def crop(size: int | tuple[int, int]) -> Operation:
    """RoIAlign as torchvision has it with aligned=True and sampling_ratio=2, as two products of
    matrices: the weights of rows and columns are apart, and derivatives of any order exist."""
    high, wide = (size, size) if isinstance(size, int) else size

    def cut(x: Tensor, boxes: Tensor) -> Tensor:
        height, width = x.shape[2:]
        first = boxes[:, 0, :4].detach().to(x.dtype)
        whole = first.new_tensor([0, 0, width, height])
        x1, y1, x2, y2 = torch.where(first[:, :1] < 0, whole, first).unbind(1)
        rows, columns = weights(y1, y2, high, height), weights(x1, x2, wide, width)
        return torch.einsum("bsh,bchw,btw->bcst", rows, x, columns)

    return cut


def weights(start: Tensor, end: Tensor, size: int, pixels: int) -> Tensor:
    """How much of each pixel of a line is in each of `size` parts from start to end.

    [batch, size, pixels]; pixel i has its middle at i + 1/2, and edges continue outwards.
    """
    steps = torch.arange(size * PLACES, dtype=start.dtype, device=start.device)
    share = (steps + 0.5) / (size * PLACES)
    at = torch.lerp(start[:, None], end[:, None], share) - 0.5
    middles = torch.arange(pixels, dtype=start.dtype, device=start.device)
    near = 1 - (at.clamp(0, pixels - 1)[..., None] - middles).abs()
    return near.clamp(min=0).reshape(len(at), size, PLACES, pixels).mean(2)


def mask(classes: int | None) -> Operation:
    def inside(boxes: Tensor, like: Tensor) -> Tensor:
        height, width = like.shape[2:]
        x1, y1, x2, y2, kind = boxes.to(like.dtype)[..., None].unbind(2)
        down = torch.arange(height, dtype=like.dtype, device=like.device) + 0.5
        across = torch.arange(width, dtype=like.dtype, device=like.device) + 0.5
        rows, columns = (y1 <= down) & (down < y2), (x1 <= across) & (across < x2)
        each = rows[..., None] & columns[:, :, None]
        if classes is None:
            return each.any(1, keepdim=True).to(like.dtype)
        planes = torch.arange(classes, dtype=like.dtype, device=like.device)
        own = (kind == planes)[..., None, None]
        return (own & each[:, :, None]).any(1).to(like.dtype)

    return inside


def detection() -> Operation:
    return lambda d, x, boxes: d(x, boxes)


def detections(most: int) -> Operation:
    def found(d: Operation, x: Tensor) -> Tensor:
        with torch.no_grad():
            rows = d(x)[:, :most]
        missing = rows.new_full((len(rows), most - rows.shape[1], 6), -1)
        return torch.cat((rows, missing), 1)

    return found
