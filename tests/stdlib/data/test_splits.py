"""Splits: every example once, each class in proportion, the same everywhere."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autodesign.stdlib.data.reading.examples import Examples, Splits
from autodesign.stdlib.data.reading.split import shuffled, stratified

Load = Callable[[str], Splits]


def every(examples: Examples) -> dict[str, Tensor]:
    return examples.batch(torch.arange(len(examples)))


def test_order_depends_on_the_seed_alone() -> None:
    # Recorded; numpy promises that the raw stream of PCG64 never changes (NEP 19).
    assert shuffled(8, seed=0).tolist() == [3, 2, 1, 6, 0, 7, 4, 5]
    assert shuffled(8, seed=1).tolist() != shuffled(8, seed=0).tolist()


@pytest.mark.parametrize("count", [1, 7, 100])
def test_stratified_order_holds_each_example_once(count: int) -> None:
    order = stratified(torch.arange(count) % 3, count, seed=0)
    assert order.sort().values.tolist() == list(range(count))


def test_every_stretch_of_a_stratified_order_has_each_class_in_proportion() -> None:
    labels = torch.tensor([0] * 60 + [1] * 30 + [2] * 10)
    order = stratified(labels, 100, seed=3)
    for end in range(10, 101, 10):
        counts = labels[order[:end]].bincount(minlength=3)
        assert (counts - torch.tensor([0.6, 0.3, 0.1]) * end).abs().max() <= 1


def test_parts_have_the_shares_that_were_asked_for(read: Load) -> None:
    splits = read("Digits(split=[0.7, 0.1, 0.2])")  # 1,797 digits
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1258, 180, 359)


def test_parts_share_no_example_and_lose_none(read: Load) -> None:
    whole = read("Digits()")
    images = [every(part)["image"] for part in (whole.train, whole.validation, whole.test)]
    other = read("Digits(seed=1)")
    again = [every(part)["image"] for part in (other.train, other.validation, other.test)]
    assert sum(map(len, images)) == 1797
    assert torch.equal(rows(torch.cat(images)), rows(torch.cat(again)))
    assert not torch.equal(rows(images[2]), rows(again[2]))


def rows(images: Tensor) -> Tensor:
    """Images as the sorted set of their rows."""
    flat = images.flatten(1)
    return flat.unique(dim=0)


def test_each_part_has_each_class_in_proportion(read: Load) -> None:
    splits = read("Digits()")
    whole = sum(
        part.labels().bincount(minlength=10)
        for part in (splits.train, splits.validation, splits.test)
    )
    for part, share in ((splits.train, 0.7), (splits.validation, 0.15), (splits.test, 0.15)):
        assert (part.labels().bincount(minlength=10) - share * whole).abs().max() <= 1


def test_loading_twice_gives_the_same_batches(read: Load) -> None:
    first, second = every(read("Digits(seed=5)").test), every(read("Digits(seed=5)").test)
    assert torch.equal(first["image"], second["image"])
    assert torch.equal(first["label"], second["label"])
