"""Boxes for images without any: those of the most similar labelled image, moved."""

import pytest
import torch
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.stdlib.placement_torch import boxes_like

SHIFT = 0.1


def labelled(count: int = 30) -> tuple[Tensor, Tensor]:
    """Random images of 40x32 with one or two boxes, the last one without."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(count, 3, 32, 40, generator=generator)
    corner = torch.randint(0, 20, (count, 2, 2), generator=generator)
    side = torch.randint(2, 12, (count, 2, 2), generator=generator)
    boxes = torch.cat([corner, corner + side, torch.arange(2 * count).view(count, 2, 1)], 2).float()
    boxes[::2, 1] = -1
    boxes[-1] = -1
    return images, boxes


def test_boxes_are_those_of_the_most_similar_image_and_inside() -> None:
    """Clean images that are labelled ones in another order, darker and a little changed."""
    images, boxes = labelled()
    order = torch.randperm(29, generator=torch.Generator().manual_seed(1))
    clean = 0.5 * images[order] + 0.02 * torch.rand(29, 3, 32, 40)
    place = boxes_like(shift=SHIFT)([clean], [(images, boxes)])
    rows = torch.arange(29).repeat(50)
    placed, given = place(rows), boxes[order][rows]
    there = given[..., 4] >= 0
    assert torch.equal(placed[..., 4], given[..., 4])  # each box has a class of its own
    assert (placed[~there] == -1).all()
    size = placed[..., 2:4] - placed[..., :2]
    torch.testing.assert_close(size, given[..., 2:4] - given[..., :2])
    low, high = placed[there][:, :2], placed[there][:, 2:4]
    assert (low >= 0).all() and (high <= torch.tensor([40.0, 32.0]) + 1e-5).all()  # rounding
    by = placed[there][:, :2] - given[there][:, :2]
    most = torch.tensor([40.0, 32.0]) * SHIFT
    assert (by.abs() <= most + 1e-5).all()
    # Where a box does not meet the edge it is moved evenly each way.
    assert (by.std(0) > most / 3**0.5 / 2).all()


def test_placing_follows_the_generator() -> None:
    images, boxes = labelled()
    place = boxes_like(shift=SHIFT)([images], [(images, boxes)])
    rows = torch.tensor([3, 1, 3])
    first, again = (place(rows, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first[0], first[2])
    torch.manual_seed(5)
    whole = place(rows)
    torch.manual_seed(5)
    assert torch.equal(whole, place(rows))


def test_batches_are_compared_as_the_whole() -> None:
    images, boxes = labelled()
    clean = torch.rand(700, 3, 32, 40, generator=torch.Generator().manual_seed(3))
    rows, seed = torch.arange(700), 7
    all_at_once = boxes_like(shift=0)([clean], [(images, boxes)])
    whole = all_at_once(rows, torch.Generator().manual_seed(seed))
    labelled_parts = zip(images.split(7), boxes.split(7), strict=True)
    parts = boxes_like(shift=0)(iter(clean.split(64)), labelled_parts)
    assert torch.equal(whole, parts(rows, torch.Generator().manual_seed(seed)))


def test_boxes_come_to_the_size_of_the_clean_images() -> None:
    images, boxes = labelled()
    clean = torch.nn.functional.interpolate(images[:5], scale_factor=2)
    placed = boxes_like(shift=0)([clean], [(images, boxes)])(torch.arange(5))
    there = boxes[:5, :, 4] >= 0
    torch.testing.assert_close(placed[there][:, :4], 2 * boxes[:5][there][:, :4])


def test_grey_and_flat_images_have_a_place() -> None:
    images, boxes = labelled()
    flat = torch.zeros(4, 1, 32, 40)
    placed = boxes_like(shift=0.5)([flat], [(images, boxes)])(torch.arange(4))
    assert placed.isfinite().all()


def test_without_any_box_it_is_refused() -> None:
    images, boxes = labelled()
    with pytest.raises(SpecError) as found:
        boxes_like(shift=0.1)([images], [(images, torch.full_like(boxes, -1))])
    assert [one.code for one in found.value.diagnostics] == ["AD591"]


def test_a_part_without_images_needs_no_boxes() -> None:
    """The validation part of data that has none."""
    images, boxes = labelled()
    boxes_like(shift=0.1)([], [])
    boxes_like(shift=0.1)([images[:0]], [(images, torch.full_like(boxes, -1))])
