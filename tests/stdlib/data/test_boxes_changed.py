"""Sources that change or join data with boxes: boxes stay where their objects are."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits

Load = Callable[[str], Splits]
WIDTH, HEIGHT = 48, 32


@pytest.fixture
def scenes(tmp_path: Path) -> str:
    """Twenty dark images with a white and sometimes a grey square, the boxes around them."""
    (tmp_path / "photos").mkdir()
    lines = ["image,class,x,y,w,h"]
    for i in range(20):
        pixels = numpy.full((HEIGHT, WIDTH), 20, numpy.uint8)
        for kind, ink, x in ((0, 255, 3 + i % 8), (1, 160, 27 + i % 8))[: 1 + i % 2]:
            pixels[8 : 18 + i % 3, x : x + 12] = ink
            lines.append(f"{i}.png,{'ab'[kind]},{x},8,12,{10 + i % 3}")
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{i}.png")
    (tmp_path / "boxes.csv").write_text("\n".join(lines))
    return f'CsvBoxes("photos", "boxes.csv", size=[{HEIGHT}, {WIDTH}], most=3, channels=1)'


def everything(examples: Examples) -> Batch:
    return examples.batch(torch.arange(len(examples)))


def check_boxes_fit_squares(batch: Batch, tolerance: float) -> None:
    """A box spans what is bright in it and around it, to a tolerance in pixels."""
    for image, boxes in zip(batch["image"][:, 0], batch["box"], strict=True):
        bright = image > (image.max() + image.min()) / 3
        for x1, y1, x2, y2, _ in boxes[boxes[:, 4] >= 0].tolist():
            middle = slice(int((x1 + x2) / 2), int((x1 + x2) / 2) + 1)
            rows = bright[:, middle].any(1).nonzero().flatten()
            assert abs(int(rows[0]) - y1) <= tolerance
            assert abs(int(rows[-1]) + 1 - y2) <= tolerance
            left, right = max(0, round(x1 - tolerance - 1)), round(x2 + tolerance + 1)
            columns = bright[int((y1 + y2) / 2), left:right].nonzero().flatten() + left
            assert abs(int(columns[0]) - x1) <= tolerance
            assert abs(int(columns[-1]) + 1 - x2) <= tolerance


def test_resize_brings_boxes_along(
    read: Load, scenes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = read(f"Resize({scenes}, [64, 72])")
    resized, before = everything(splits.train), everything(read(scenes).train)
    check_boxes_fit_squares(before, tolerance=0)
    check_boxes_fit_squares(resized, tolerance=1)  # bilinear: edges are grey
    scale = torch.tensor([1.5, 2, 1.5, 2])
    there = before["box"][..., 4] >= 0
    assert torch.equal(resized["box"][there][:, :4], before["box"][there][:, :4] * scale)
    assert torch.equal(resized["box"][..., 4], before["box"][..., 4])
    assert (resized["box"][~there] == -1).all()
    assert resized["image"].shape[2:] == (64, 72)
    assert splits.fields["box"].shape == (3, 5)
    monkeypatch.setattr("autodesign.stdlib.data.reading.pictures.SMALL", 0)
    in_files = everything(read(f"Resize({scenes}, [64, 72])").train)
    assert all(torch.equal(resized[name], in_files[name]) for name in resized)


@pytest.mark.parametrize("change", ["Normalize({})", "Grayscale({})", "Subset({}, 6)"])
def test_what_changes_no_place_leaves_boxes(read: Load, scenes: str, change: str) -> None:
    before, after = read(scenes), read(change.format(scenes))
    assert after.fields["box"] == before.fields["box"]
    known = {tuple(box.flatten().tolist()) for box in everything(before.train)["box"]}
    assert {tuple(box.flatten().tolist()) for box in everything(after.train)["box"]} <= known
    check_boxes_fit_squares(everything(after.train), tolerance=0)


def test_augmented_boxes_stay_on_their_objects(read: Load, scenes: str) -> None:
    source = f"AugmentBoxes({scenes}, scale=[0.7, 1.3], shift=0.15, colour=0.3)"
    plain, splits = read(scenes), read(source)
    torch.manual_seed(0)
    for _ in range(10):
        batch = everything(splits.train)
        check_boxes_fit_squares(batch, tolerance=1.5)  # bilinear at any place
        boxes = batch["box"]
        assert torch.equal(boxes[..., 4], everything(plain.train)["box"][..., 4])  # none is lost
        there = boxes[..., 4] >= 0
        assert (boxes[~there] == -1).all()
        assert (boxes[there][:, :4] >= 0).all()
        assert (boxes[there][:, 2] <= WIDTH).all() and (boxes[there][:, 3] <= HEIGHT).all()
        assert batch["image"].min() >= 0 and batch["image"].max() <= 1
    one, other = everything(splits.train), everything(splits.train)
    assert not torch.equal(one["box"], other["box"])
    assert not torch.equal(one["image"], other["image"])
    for part in ("validation", "test"):
        same, kept = everything(getattr(splits, part)), everything(getattr(plain, part))
        assert all(torch.equal(same[name], kept[name]) for name in same)


def test_augmenting_follows_torchs_generator(read: Load, scenes: str) -> None:
    train = read(f"AugmentBoxes({scenes})").train
    batches = []
    for _ in range(2):
        torch.manual_seed(3)
        batches.append(everything(train))
    assert all(torch.equal(batches[0][name], batches[1][name]) for name in batches[0])


def test_mirrored_alone(read: Load, scenes: str) -> None:
    before = everything(read(scenes).train)
    train = read(f"AugmentBoxes({scenes}, scale=[1, 1], shift=0, colour=0)").train
    torch.manual_seed(1)
    after = everything(train)
    flipped = 0
    for old, new, boxes, moved in zip(
        before["image"], after["image"], before["box"], after["box"], strict=True
    ):
        there = boxes[:, 4] >= 0
        mirrored = not torch.equal(boxes, moved)
        # An affine map that moves nothing still interpolates: rounding.
        torch.testing.assert_close(new, old.flip(2) if mirrored else old, atol=1e-4, rtol=0)
        if mirrored:
            flipped += 1
            assert torch.equal(moved[there][:, 0], WIDTH - boxes[there][:, 2])
            assert torch.equal(moved[there][:, 2], WIDTH - boxes[there][:, 0])
    assert 0 < flipped < len(before["image"])


def test_joined_sources_come_one_after_the_other(read: Load, scenes: str) -> None:
    first, second = read(scenes), read(f"Subset({scenes.replace('most=3', 'most=5')}, 6)")
    splits = read(f"Joined({scenes}, Subset({scenes.replace('most=3', 'most=5')}, 6))")
    assert splits.fields["box"].shape == (5, 5)
    assert splits.fields["box"].classes == 2
    for part in ("train", "validation", "test"):
        one, other, both = (everything(getattr(s, part)) for s in (first, second, splits))
        count = len(one["image"])
        assert torch.equal(both["image"], torch.cat([one["image"], other["image"]]))
        assert torch.equal(both["box"][:count, :3], one["box"])
        assert (both["box"][:count, 3:] == -1).all()
        assert torch.equal(both["box"][count:], other["box"])


def test_joined_rows_come_in_the_order_asked_for(read: Load) -> None:
    train = read("Joined(Digits(), Subset(Digits(seed=1), 50))").train
    labels, whole = train.labels(), everything(train)
    assert labels is not None and torch.equal(labels, whole["label"])
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    assert torch.equal(train.batch(order)["image"], whole["image"][order])
    taken = train.take(order[:99])
    assert torch.equal(everything(taken)["image"], whole["image"][order[:99]])
    assert torch.equal(taken.labels(), whole["label"][order[:99]])


def test_augmented_images_can_be_normalised(read: Load, scenes: str) -> None:
    train = read(f"Normalize(AugmentBoxes({scenes}), mean=[0.5], std=[0.25])").train
    image = everything(train)["image"]
    assert -2 <= image.min() < 0 < image.max() <= 2
