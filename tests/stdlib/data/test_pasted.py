"""PastedObjects: items on photographs, and boxes that are exact."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_text
from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits
from autodesign.stdlib.library import standard

Load = Callable[[str], Splits]
pytest.importorskip("skimage")


@pytest.fixture
def squares(tmp_path: Path) -> str:
    """A source of white squares of 5 to 9 pixels somewhere on a black ground, class 0 to 2."""
    image = numpy.zeros((60, 1, 12, 12), numpy.uint8)
    for i in range(60):
        side, place = 5 + i % 5, i % 3
        image[i, :, place : place + side, place : place + side] = 255
    numpy.savez(tmp_path / "squares.npz", image=image, label=numpy.arange(60) % 3)
    return 'Classes(Npz("squares.npz"), keep=[0, 1, 2])'


def everything(examples: Examples) -> Batch:
    return examples.batch(torch.arange(len(examples)))


def parts(splits: Splits) -> list[Batch]:
    return [everything(part) for part in (splits.train, splits.validation, splits.test)]


@pytest.mark.parametrize("opacity", [1.0, 0.4])
def test_boxes_are_just_where_images_differ_from_clean_ones(
    read: Load, squares: str, opacity: float
) -> None:
    """Of items at their own size: opaque to their edge, so the box is all that changed."""
    arguments = f"{squares}, size=40, side=[12, 12], objects=[0, 2], opacity={opacity}, count=60"
    made, bare = (
        read(f"PastedObjects({arguments})"),
        read(f"PastedObjects({arguments}, clean=true)"),
    )
    assert set(bare.fields) == {"image"}
    counts = set()
    for objects, clean in zip(parts(made), parts(bare), strict=True):
        for image, ground, boxes in zip(
            objects["image"], clean["image"], objects["box"], strict=True
        ):
            changed = torch.zeros(40, 40, dtype=torch.bool)
            for x1, y1, x2, y2, _ in boxes[boxes[:, 4] >= 0].int().tolist():
                changed[y1:y2, x1:x2] = True
            counts.add(int((boxes[:, 4] >= 0).sum()))
            differs = (image != ground).any(0)
            assert not differs[~changed].any()
            # White on a photograph: nearly everywhere the ground is not white itself.
            assert differs.sum() >= 0.9 * changed.sum()
    assert counts == {0, 1, 2}


def test_boxes_are_inside_apart_and_of_the_class_of_their_item(read: Load) -> None:
    made = read("PastedObjects(Digits(), size=48, side=[8, 20], objects=[1, 4], count=300)")
    assert made.fields["box"].shape == (4, 5)
    assert made.fields["box"].classes == 10
    for batch in parts(made):
        boxes = batch["box"]
        there = boxes[..., 4] >= 0
        assert there[:, 0].all() and (boxes[~there] == -1).all()
        assert not (there[:, 1:] & ~there[:, :-1]).any()  # rows without a box come last
        x1, y1, x2, y2, label = boxes[there].unbind(1)
        assert ((x1 >= 0) & (y1 >= 0) & (x2 <= 48) & (y2 <= 48)).all()
        assert ((x2 - x1 >= 1) & (y2 - y1 >= 1) & (x2 - x1 <= 20) & (y2 - y1 <= 20)).all()
        assert len(label.unique()) == 10
        for rows in boxes:
            rows = rows[rows[:, 4] >= 0]
            low = torch.maximum(rows[:, None, :2], rows[None, :, :2])
            high = torch.minimum(rows[:, None, 2:4], rows[None, :, 2:4])
            shared = (high - low).clamp(min=0).prod(2)
            assert (shared - shared.diag().diag() == 0).all()


def test_more_images_begin_with_fewer(read: Load, squares: str) -> None:
    few = read(f"PastedObjects({squares}, size=32, side=[6, 12], objects=[1, 2], count=40)")
    many = read(f"PastedObjects({squares}, size=32, side=[6, 12], objects=[1, 2], count=80)")
    for less, more in zip(parts(few), parts(many), strict=True):
        for name, column in less.items():
            assert torch.equal(column, more[name][: len(column)])


def test_images_are_the_same_on_every_machine(read: Load) -> None:
    """Of scikit-learn's digits on scikit-image's photographs, as bytes; computed once, here."""
    made = read(
        "PastedObjects(Digits(), size=40, side=[8, 20], objects=[0, 3], tint=true, count=50)"
    )
    seen = hashlib.sha256()
    for batch in parts(made):
        seen.update((batch["image"] * 255).round().to(torch.uint8).numpy().tobytes())
        seen.update(batch["box"].numpy().tobytes())
    assert seen.hexdigest()[:16] == "66b9b97e56f4c715"


def test_seeds_decide_and_one_class_and_tints(read: Load, squares: str) -> None:
    source = f"PastedObjects({squares}, size=32, side=[6, 12], count=40"
    first, again, other = (read(source + end) for end in (")", ")", ", seed=1)"))
    one, same, another = (parts(splits)[0]["image"] for splits in (first, again, other))
    assert torch.equal(one, same)
    assert not torch.equal(one, another)
    tinted = read(source + ", tint=true, one_class=true)")
    assert tinted.fields["box"].classes == 1
    assert (parts(tinted)[0]["box"][..., 4] == 0).all()
    image, box = parts(tinted)[0]["image"], parts(tinted)[0]["box"][:, 0].int().tolist()
    middles = torch.stack(
        [one[:, (b[1] + b[3]) // 2, (b[0] + b[2]) // 2] for one, b in zip(image, box, strict=True)]
    )
    assert (middles.max(1).values == 1).all()  # a colour is full in one channel at least
    assert (middles.min(1).values < 0.9).float().mean() > 0.5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("Digits(), size=32, side=[20, 10]", "AD741"),
        ("Digits(), size=32, side=[20, 40]", "AD741"),
        ("Digits(), objects=[3, 1]", "AD741"),
        ("Digits(), objects=[0, 0]", "AD741"),
        ("Resize(Digits(), [8, 9])", "AD735"),
        ("PastedObjects(Digits(), count=9)", "AD735"),
        ("Digits(), split=[1, 2, 3]", "AD720"),
    ],
)
def test_what_cannot_be_pasted_is_refused(arguments: str, code: str) -> None:
    _, found = load_text(f"ad 1\ndata it = PastedObjects({arguments})\n", "a", standard(), {})
    assert [one.code for one in found] == [code]


def test_items_that_are_dark_all_over_are_refused(tmp_path: Path, read: Load) -> None:
    dark = numpy.zeros((60, 1, 8, 8), numpy.uint8)
    numpy.savez(tmp_path / "dark.npz", image=dark, label=numpy.arange(60) % 2)
    with pytest.raises(SpecError) as found:
        read('PastedObjects(Npz("dark.npz"), count=10)')
    assert [one.code for one in found.value.diagnostics] == ["AD741"]
