"""Boxes placed on images that have none, as on the labelled images that are most like them."""

from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError

Images = Tensor | Iterable[Tensor]
"""[n, channels, height, width], or batches of it in order"""

Place = Callable[..., Tensor]
"""(rows, generator=None) -> boxes [len(rows), most, 5], anew each time"""

Prepare = Callable[[Images, Images, Tensor], Place]
"""(images without boxes, labelled images, their boxes [n, most, 5]) -> Place"""

THUMBNAIL = 16  # pixels each way
ROWS = 512  # compared at a time, so that this needs little memory
FLAT = 1e-3  # a thumbnail that varies less is of one colour: its brightness is not stretched


def boxes_like(shift: float) -> Prepare:
    """See placement.ad. Comparing is deterministic; moving follows the generator."""

    def prepare(clean: Images, labelled: Images, boxes: Tensor) -> Place:
        boxes = boxes.float().cpu()
        with_boxes = (boxes[:, :, 4] >= 0).any(1).nonzero().flatten()
        if not len(with_boxes):
            message = "boxes_like places boxes as on labelled images, and none of them has a box"
            raise SpecError([Diagnostic("AD591", message, help="bring labelled images")])
        seen, size = thumbnails(labelled)
        new, bounds = thumbnails(clean)
        like = with_boxes[most_like(new, seen[with_boxes])]
        scale = torch.tensor([bounds[0] / size[0], bounds[1] / size[1]]).repeat(2)

        def place(rows: Tensor, generator: Generator | None = None) -> Tensor:
            found = boxes[like[rows.cpu()]]
            corners = found[..., :4] * scale
            by = 2 * torch.rand(*corners.shape[:2], 2, generator=generator) - 1
            moved = inside(corners, by * shift * torch.tensor(bounds), torch.tensor(bounds))
            placed = torch.cat([moved, found[..., 4:]], 2)
            return torch.where(found[..., 4:] >= 0, placed, found)

        return place

    return prepare


def thumbnails(images: Images) -> tuple[Tensor, tuple[float, float]]:
    """Small grey images [n, THUMBNAIL^2], each of mean 0 and length 1; and the images' width and
    height."""
    batches = torch.split(images, ROWS) if isinstance(images, Tensor) else images
    small, size = [], (0.0, 0.0)
    for batch in batches:
        size = float(batch.shape[3]), float(batch.shape[2])
        grey = batch.float().cpu().mean(1, keepdim=True)
        side = (THUMBNAIL, THUMBNAIL)
        flat = F.interpolate(grey, side, mode="bilinear", antialias=True).flatten(1)
        flat = flat - flat.mean(1, keepdim=True)
        small.append(flat / flat.norm(dim=1, keepdim=True).clamp(min=FLAT))
    return torch.cat(small), size


def most_like(images: Tensor, others: Tensor) -> Tensor:
    """For each image the place of the nearest other one, the first of equals."""
    squares = others.square().sum(1)
    return torch.cat(
        [(squares - 2 * rows @ others.T).argmin(1) for rows in torch.split(images, ROWS)]
    )


def inside(corners: Tensor, by: Tensor, bounds: Tensor) -> Tensor:
    """Boxes [..., 4] moved by [..., 2], less where they would leave their image."""
    low = corners[..., :2] + by
    low = torch.minimum(low, bounds - (corners[..., 2:] - corners[..., :2])).clamp(min=0)
    return torch.cat([low, low + (corners[..., 2:] - corners[..., :2])], -1)
