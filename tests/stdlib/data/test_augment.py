"""Augment: images of the training part moved and mirrored, each on its own."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torchvision.transforms import functional

from autodesign.dsl.load import load_text
from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits
from autodesign.stdlib.library import standard

Load = Callable[[str], Splits]


def everything(examples: Examples, seed: int = 0) -> Batch:
    torch.manual_seed(seed)
    return examples.batch(torch.arange(len(examples)))


def variants(image: Tensor, shift: int, mirror: bool) -> list[Tensor]:
    """All that an image can become, by torchvision."""
    kinds = [image, functional.hflip(image)] if mirror else [image]
    return [
        functional.crop(functional.pad(kind, [shift]), top, left, *image.shape[1:])
        for kind in kinds
        for top in range(2 * shift + 1)
        for left in range(2 * shift + 1)
    ]


@pytest.mark.parametrize(("shift", "mirror"), [(1, True), (2, False), (0, True)])
def test_an_image_becomes_one_of_its_variants(read: Load, shift: int, mirror: bool) -> None:
    plain = everything(read("Digits()").train)["image"]
    written = f"Augment(Digits(), shift={shift}, mirror={str(mirror).lower()})"
    made = everything(read(written).train)["image"]
    taken = set()
    for before, after in zip(plain[:200], made[:200], strict=True):
        fitting = [
            i for i, v in enumerate(variants(before, shift, mirror)) if torch.equal(v, after)
        ]
        assert fitting
        taken.update(fitting)
    assert len(taken) == (2 * shift + 1) ** 2 * (1 + mirror)


def test_only_images_of_the_training_part_change(read: Load) -> None:
    plain, made = read("Digits()"), read("Augment(Digits())")
    assert made.fields == plain.fields
    assert torch.equal(everything(made.train)["label"], everything(plain.train)["label"])
    for part in ("validation", "test"):
        before, after = everything(getattr(plain, part)), everything(getattr(made, part))
        assert all(torch.equal(before[name], after[name]) for name in before)


def test_it_is_new_each_time_and_the_seed_decides(read: Load) -> None:
    train = read("Augment(Digits())").train
    first, again, other = (everything(train, seed)["image"] for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_places_in_images_are_not_left_behind() -> None:
    text = "ad 1\ndata it = Augment(KeyPoints(Digits(), size=32, cells=8, side=[4, 8]))"
    assert [one.code for one in load_text(text, "spec.ad", standard(), {})[1]] == ["AD735"]
