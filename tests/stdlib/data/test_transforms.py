"""Sources over sources: in memory and on the way they mean the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, FieldType
from autodesign.stdlib.data import fields
from autodesign.stdlib.data.reading import pictures
from autodesign.stdlib.data.reading.examples import Examples, Splits

Load = Callable[[str], Splits]
Declare = Callable[[str], Call]


def images(examples: Examples) -> Tensor:
    return examples.batch(torch.arange(len(examples)))["image"]


def test_binary_is_one_class_against_the_rest(read: Load) -> None:
    plain, binary = read("Digits"), read("Binary(Digits, positive=3)")
    assert torch.equal(binary.train.labels(), (plain.train.labels() == 3).long())
    assert binary.fields["label"] == FieldType("label", (), 2)
    assert torch.equal(images(binary.test), images(plain.test))


@pytest.mark.parametrize("ratio", [1, 4.5, 20])
def test_ratio_sets_the_negatives_for_each_positive(ratio: float, read: Load) -> None:
    splits = read(f"Binary(MNIST5k, positive=0, ratio={ratio})")
    for part in (splits.train, splits.validation, splits.test):
        negatives, positives = part.labels().bincount().tolist()
        assert negatives / positives == pytest.approx(ratio, rel=0.1)


def test_classes_are_numbered_by_their_place_in_the_list(read: Load) -> None:
    plain, kept = read("Digits").test, read("Classes(Digits, keep=[7, 2, 5])")
    labels = plain.labels()
    chosen = [i for i, label in enumerate(labels.tolist()) if label in (7, 2, 5)]
    expected = [(7, 2, 5).index(label) for label in labels[chosen].tolist()]
    assert kept.test.labels().tolist() == expected
    assert torch.equal(images(kept.test), images(plain)[chosen])
    assert kept.fields["label"] == FieldType("label", (), 3)


@pytest.mark.parametrize(
    ("keep", "told"), [((3, 3), "each once"), ((1,), "at least two"), ((1, 10), "0 to 9")]
)
def test_classes_that_cannot_be_kept_are_refused(
    keep: tuple[int, ...], told: str, declare: Declare
) -> None:
    call = declare("Classes(Digits, keep=[0, 1])")
    with pytest.raises(Misfit, match=told):
        fields(replace(call, args={**call.args, "keep": keep}))


def test_resize_is_that_of_torch(read: Load) -> None:
    small = images(read("Resize(Digits, size=[5, 6])").test)
    expected = F.interpolate(
        images(read("Digits").test), size=(5, 6), mode="bilinear", antialias=True
    )
    assert torch.equal(small, expected)


def test_normalize_takes_moments_from_the_training_part(read: Load) -> None:
    plain, normal = read("Digits"), read("Normalize(Digits)")
    assert images(normal.train).mean() == pytest.approx(0, abs=1e-5)
    assert images(normal.train).std(correction=0) == pytest.approx(1, abs=1e-5)
    train = images(plain.train)
    expected = (images(plain.test) - train.mean()) / train.std(correction=0)
    assert torch.allclose(images(normal.test), expected, atol=1e-5)


def test_normalize_takes_the_moments_it_is_given(read: Load) -> None:
    normal = images(read("Normalize(Digits, mean=[0.5], std=[0.25])").test)
    assert torch.allclose(normal, (images(read("Digits").test) - 0.5) / 0.25)


def test_normalize_leaves_a_constant_channel_undivided(read: Load, tmp_path: Path) -> None:
    image = numpy.full((40, 2, 3, 3), 0.25)
    image[:, 1] = numpy.arange(40)[:, None, None]
    numpy.savez(tmp_path / "a.npz", image=image, label=numpy.arange(40) % 2)
    normal = images(read('Normalize(Npz("a.npz"))').test)
    assert normal[:, 0].abs().max() < 1e-6 and normal.isfinite().all()


def test_subset_keeps_each_class_in_proportion(read: Load) -> None:
    whole, part = read("MNIST5k"), read("Subset(MNIST5k, count=100)")
    assert part.train.labels().bincount().tolist() == [10] * 10
    assert len(part.test) == len(whole.test)


def test_rest_is_what_subset_leaves_out(read: Load) -> None:
    whole, few = read("Digits"), read("Subset(Digits, count=300, seed=4)")
    rest = read("Rest(Digits, count=300, seed=4)")
    together = torch.cat([images(few.train), images(rest.train)]).flatten(1)
    assert sorted(together.tolist()) == sorted(images(whole.train).flatten(1).tolist())
    assert len(few.train) == 300 and torch.equal(images(rest.test), images(whole.test))


@pytest.mark.parametrize("share", [0, 0.4, 1])
def test_noisy_labels_are_wrong_for_just_that_share(share: float, read: Load) -> None:
    true, noisy = read("Digits"), read(f"NoisyLabels(Digits, share={share}, seed=2)")
    wrong = noisy.train.labels() != true.train.labels()
    assert int(wrong.sum()) == round(share * len(wrong))
    assert torch.equal(images(noisy.train), images(true.train))
    assert torch.equal(noisy.test.labels(), true.test.labels())
    rows = torch.arange(0, len(wrong), 3)
    assert torch.equal(
        noisy.train.take(rows).batch(torch.arange(5))["label"], noisy.train.labels()[rows[:5]]
    )


def test_wrong_labels_are_any_other_class_alike(read: Load) -> None:
    true, noisy = read("Digits").train.labels(), read("NoisyLabels(Digits, share=1)").train.labels()
    away = ((noisy - true) % 10).bincount(minlength=10)
    expected = len(true) / 9
    assert away[0] == 0
    assert (away[1:] - expected).abs().max() < 4 * expected**0.5  # four deviations of a count


@pytest.fixture
def photos(tmp_path: Path) -> str:
    rng = numpy.random.default_rng(0)
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(10):
            photo = rng.integers(0, 256, (12, 12, 3)).astype("u1")
            Image.fromarray(photo).save(tmp_path / name / f"{i}.png")
    return 'ImageFolder(".", size=12)'


@pytest.mark.parametrize(
    "source", ["Resize({}, size=8)", "Grayscale({})", "Normalize({})", "Binary({}, positive=0)"]
)
def test_on_the_way_means_the_same_as_in_memory(
    source: str, photos: str, read: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = read(source.format(photos))
    monkeypatch.setattr(pictures, "SMALL", 0)
    lazy = read(source.format(photos))
    assert torch.allclose(images(held.test), images(lazy.test), atol=1e-6)
    assert torch.equal(held.test.labels(), lazy.test.labels())
    batch = lazy.test.batch(torch.arange(len(lazy.test)))
    assert torch.equal(batch["label"], lazy.test.labels())
    assert held.fields == lazy.fields
    assert images(lazy.train).shape[1:] == lazy.fields["image"].shape


def test_grey_is_the_luma_of_colour(photos: str, read: Load) -> None:
    grey = images(read(f"Grayscale({photos})").test)[:, 0]
    red, green, blue = images(read(photos).test).unbind(1)
    assert torch.allclose(grey, 0.299 * red + 0.587 * green + 0.114 * blue)  # ITU-R BT.601


def test_sources_nest(declare: Declare, read: Load) -> None:
    source = "Normalize(Resize(Binary(Digits, positive=1, ratio=2), size=16))"
    assert fields(declare(source)) == read(source).fields
    assert read(source).fields["image"] == FieldType("image", (1, 16, 16))


def test_misfit_inside_a_source_names_the_inner_one(declare: Declare) -> None:
    call = declare("Resize(Digits, size=4)")
    digits = Call(
        "data", "Digits", "std.data.packaged", {"split": (0.5, 0.5), "seed": 0}, call.span
    )
    wrapped = Call(call.kind, call.name, call.module, {**call.args, "source": digits}, call.span)
    with pytest.raises(Misfit, match="is made of Digits, which needs 3 fractions"):
        fields(wrapped)
