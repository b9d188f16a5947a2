"""Boxes placed on images that have none, as on the labelled images that are most like them."""

from collections.abc import Callable, Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError

Place = Callable[..., Tensor]
"""(rows, generator=None) -> boxes [len(rows), most, 5], anew each time"""

Prepare = Callable[[Iterable[Tensor], Iterable[tuple[Tensor, Tensor]]], Place]
"""(images [n, channels, height, width] without boxes, images with boxes [n, most, 5]), each in
batches that are looked at once -> Place, whose rows count through the images without boxes"""

THUMBNAIL = 16  # pixels each way
ROWS = 512  # compared at a time, so that this needs little memory
NONE_ALIKE = "boxes_like places boxes as on labelled images, and none of them has a box"
FLAT = 1e-3  # a thumbnail that varies less is of one colour: its brightness is not stretched


def boxes_like(shift: float) -> Prepare:
    """See placement.ad. Comparing is deterministic; moving follows the generator."""

    def prepare(clean: Iterable[Tensor], labelled: Iterable[tuple[Tensor, Tensor]]) -> Place:
        seen, boxes, size = labelled_thumbnails(labelled)
        new, bounds = thumbnails(clean)
        if not len(boxes) and len(new):
            raise SpecError([Diagnostic("AD591", NONE_ALIKE, help="bring labelled images")])
        like = most_like(new, seen)

        def place(rows: Tensor, generator: Generator | None = None) -> Tensor:
            found = boxes[like[rows.cpu()]]
            corners = found[..., :4] * (bounds / size).repeat(2)
            by = 2 * torch.rand(*corners.shape[:2], 2, generator=generator) - 1
            moved = inside(corners, by * shift * bounds, bounds)
            placed = torch.cat([moved, found[..., 4:]], 2)
            return torch.where(found[..., 4:] >= 0, placed, found)

        return place

    return prepare


def labelled_thumbnails(
    labelled: Iterable[tuple[Tensor, Tensor]],
) -> tuple[Tensor, Tensor, Tensor]:
    """Those of the images that have a box, their boxes, and the images' width and height."""
    kept = []

    def images() -> Iterator[Tensor]:
        for image, boxes in labelled:
            there = (boxes[..., 4] >= 0).any(1).cpu()
            kept.append(boxes.float().cpu()[there])
            yield image[there.to(image.device)]

    small, size = thumbnails(images())
    return small, torch.cat(kept) if kept else torch.zeros(0, 1, 5), size


def thumbnails(images: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Small grey images [n, THUMBNAIL^2], each of mean 0 and length 1; and the images' width and
    height."""
    small, size = [torch.zeros(0, THUMBNAIL**2)], torch.ones(2)
    for batch in images:
        size = torch.tensor([float(batch.shape[3]), float(batch.shape[2])])
        if len(batch):
            small.append(thumbnail(batch.float().cpu().mean(1, keepdim=True)))
    return torch.cat(small), size


def thumbnail(grey: Tensor) -> Tensor:
    side = (THUMBNAIL, THUMBNAIL)
    flat = F.interpolate(grey, side, mode="bilinear", antialias=True).flatten(1)
    flat = flat - flat.mean(1, keepdim=True)
    length = torch.linalg.vector_norm(flat, dim=1, keepdim=True)
    found: Tensor = flat / length.clamp(min=FLAT)
    return found


def most_like(images: Tensor, others: Tensor) -> Tensor:
    """For each image the place of the nearest other one, the first of equals."""
    squares = others.square().sum(1)
    if not len(images):
        return torch.zeros(0, dtype=torch.int64)
    parts = torch.split(images, ROWS)
    return torch.cat([(squares - 2 * rows @ others.T).argmin(1) for rows in parts])


def inside(corners: Tensor, by: Tensor, bounds: Tensor) -> Tensor:
    """Boxes [..., 4] moved by [..., 2], less where they would leave their image."""
    low = corners[..., :2] + by
    low = torch.minimum(low, bounds - (corners[..., 2:] - corners[..., :2])).clamp(min=0)
    return torch.cat([low, low + (corners[..., 2:] - corners[..., :2])], -1)
