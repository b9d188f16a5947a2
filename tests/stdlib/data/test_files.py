"""Data on disk: idx files, numpy archives, image folders, torchvision's sets. All made up here."""

import gzip
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.spec import FieldType
from autodesign.stdlib.data.places import DEBIAN
from autodesign.stdlib.data.reading import memory, pictures
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.pictures import Pictures

Load = Callable[[str], Splits]
SIDE = 28


def code(read: Load, source: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(source)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None and diagnostic.help
    return diagnostic.code


# --- idx ------------------------------------------------------------------------------------------


def idx(array: "numpy.ndarray[Any, Any]") -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype("u1").tobytes()


def write_mnist(folder: Path, zipped: bool, train: int = 40, test: int = 20) -> None:
    """Image i is grey of level i, its label i modulo 10."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", train), ("t10k", test)):
        levels = numpy.arange(count)
        image = numpy.broadcast_to(levels[:, None, None], (count, SIDE, SIDE))
        for name, array in (
            (f"{prefix}-images-idx3", image),
            (f"{prefix}-labels-idx1", levels % 10),
        ):
            data = gzip.compress(idx(array)) if zipped else idx(array)
            (folder / f"{name}-ubyte{'.gz' if zipped else ''}").write_bytes(data)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("inside", ["", "MNIST/raw"])  # the files themselves, torchvision's layout
def test_idx_files_are_read(zipped: bool, inside: str, read: Load, tmp_path: Path) -> None:
    write_mnist(tmp_path / "sets" / inside, zipped)
    splits = read('MNIST("sets", split=[0.75, 0.25])')
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (30, 10, 20)
    batch = splits.test.batch(torch.tensor([0, 19]))
    assert batch["label"].tolist() == [0, 9]
    assert batch["image"].flatten(1).max(1).values.tolist() == pytest.approx([0, 19 / 255])


def test_data_is_found_beside_the_spec_and_where_the_environment_says(
    read: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "data" / "MNIST" / "raw", zipped=True)
    write_mnist(tmp_path / "elsewhere" / "KMNIST" / "raw", zipped=True, train=50)
    monkeypatch.setenv("AUTODESIGN_DATA", str(tmp_path / "elsewhere"))
    assert len(read("MNIST").train) == 36
    assert len(read("KMNIST").train) == 45


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[: len(data) // 2],
    "goes on": lambda data: data + b"more",
    "no header": lambda data: b"",
    "half a header": lambda data: data[:9],
    "another format": lambda data: b"\x89PNG" + data[4:],
    "announces 10^12 numbers": lambda data: data[:4] + b"\x7f\xff\xff\xff" + data[8:],
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("zipped", [False, True])
def test_damaged_idx_files_are_refused(
    damage: str, zipped: bool, read: Load, tmp_path: Path
) -> None:
    write_mnist(tmp_path, zipped)
    file = tmp_path / f"t10k-images-idx3-ubyte{'.gz' if zipped else ''}"
    data = gzip.decompress(file.read_bytes()) if zipped else file.read_bytes()
    changed = DAMAGE[damage](data)
    file.write_bytes(gzip.compress(changed) if zipped else changed)
    assert code(read, 'MNIST(".")') == "AD725"


@pytest.mark.parametrize("end", [-1, -9, 30, 5])
def test_gzip_cut_anywhere_is_refused(end: int, read: Load, tmp_path: Path) -> None:
    write_mnist(tmp_path, zipped=True)
    file = tmp_path / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:end])
    assert code(read, 'MNIST(".")') == "AD725"


def test_a_changed_byte_in_a_gzip_file_is_refused(read: Load, tmp_path: Path) -> None:
    write_mnist(tmp_path, zipped=True)
    file = tmp_path / "train-labels-idx1-ubyte.gz"
    data = bytearray(file.read_bytes())
    data[-6] ^= 255  # within the checksum
    file.write_bytes(data)
    assert code(read, 'MNIST(".")') == "AD725"


def test_idx_files_that_do_not_go_together_are_refused(read: Load, tmp_path: Path) -> None:
    write_mnist(tmp_path, zipped=False)
    labels = tmp_path / "train-labels-idx1-ubyte"
    for array, expected in (
        (numpy.arange(39), "AD728"),
        (numpy.arange(40), "AD730"),
        (numpy.zeros((40, 1)), "AD726"),
    ):
        labels.write_bytes(idx(array))
        assert code(read, 'MNIST(".")') == expected
    labels.unlink()
    assert code(read, 'MNIST(".")') == "AD724"


def test_images_of_another_size_are_refused(read: Load, tmp_path: Path) -> None:
    write_mnist(tmp_path, zipped=False)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(numpy.zeros((40, 8, 8))))
    assert code(read, 'MNIST(".")') == "AD726"


@pytest.mark.skipif(
    not DEBIAN["FashionMNIST"].is_dir(), reason="needs Debian's package dataset-fashion-mnist"
)
def test_fashion_mnist_of_debian(read: Load) -> None:
    splits = read("FashionMNIST")
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (54_000, 6_000, 10_000)
    assert splits.test.labels().bincount().tolist() == [1000] * 10
    # The first test image is an ankle boot (class 9); mean and deviation are the published ones.
    assert splits.test.labels()[0] == 9
    pixels = splits.train.batch(torch.arange(10_000))["image"]
    assert pixels.mean() == pytest.approx(0.286, abs=0.003)
    assert pixels.std() == pytest.approx(0.353, abs=0.003)


# --- npz ------------------------------------------------------------------------------------------

LABELS = numpy.arange(40) % 4


@pytest.mark.parametrize(
    ("array", "layout", "field"),
    [
        (numpy.ones((40, 5, 6), "u1"), "chw", FieldType("image", (1, 5, 6))),
        (numpy.ones((40, 3, 5, 6), "f4"), "chw", FieldType("image", (3, 5, 6))),
        (numpy.ones((40, 5, 6, 3), ">f8"), "hwc", FieldType("image", (3, 5, 6))),
        (numpy.ones((40, 7), "f2"), "chw", FieldType("vector", (7,))),
    ],
)
def test_npz_is_read(array: Any, layout: str, field: FieldType, read: Load, tmp_path: Path) -> None:
    numpy.savez_compressed(tmp_path / "a.npz", x=array, label=LABELS)
    splits = read(f'Npz("a.npz", image="x", layout="{layout}")')
    assert splits.fields == {"image": field, "label": FieldType("label", (), 4)}
    image = splits.train.batch(torch.arange(4))["image"]
    assert image.shape == (4, *field.shape) and image.dtype == torch.float32
    assert image.max() == pytest.approx(1 / 255 if array.dtype == "u1" else 1)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x": 1}, "AD726"),
        ({"image": numpy.ones((40, 5, 6), int)}, "AD726"),
        ({"image": numpy.ones(40)}, "AD726"),
        ({"image": numpy.ones((40, 5, 6, 3))}, "AD726"),
        ({"image": numpy.ones((40, 5), complex)}, "AD726"),
        ({"image": numpy.full((40, 5), numpy.inf)}, "AD729"),
        ({"image": numpy.array([[object()]] * 40)}, "AD734"),
        ({"label": LABELS + 0.5}, "AD726"),
        ({"label": LABELS[:-1]}, "AD728"),
        ({"label": LABELS - 1}, "AD730"),
        ({"image": numpy.ones((0, 5)), "label": LABELS[:0]}, "AD731"),
        ({"image": numpy.ones((2, 5)), "label": LABELS[:2]}, "AD731"),
    ],
)
def test_npz_that_does_not_fit_is_refused(
    arrays: dict[str, Any], expected: str, read: Load, tmp_path: Path
) -> None:
    whole = {} if "x" in arrays else {"image": numpy.ones((40, 5)), "label": LABELS}
    numpy.savez(tmp_path / "a.npz", **(whole | arrays))
    assert code(read, 'Npz("a.npz")') == expected


def test_npz_whose_header_lies_about_its_size_is_refused(read: Load, tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", image=numpy.ones((40, 5)), label=LABELS)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    huge = members["image.npy"].replace(b"(40, 5), }    ", b"(4000000, 99)}")
    assert huge != members["image.npy"]
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name, data in {**members, "image.npy": huge}.items():
            archive.writestr(name, data)
    assert code(read, 'Npz("a.npz")') == "AD725"


def test_npz_bomb_is_refused_before_it_is_unpacked(
    read: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numpy.savez_compressed(tmp_path / "a.npz", image=numpy.zeros((40, 100_000)), label=LABELS)
    assert (tmp_path / "a.npz").stat().st_size < 40_000  # 32 MB once unpacked
    monkeypatch.setattr(memory, "available", lambda: 10_000_000)
    assert code(read, 'Npz("a.npz")') == "AD732"


def test_no_npz_file_is_refused(read: Load, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(pickle.dumps([1, 2]))
    assert code(read, 'Npz("a.npz")') == "AD725"
    assert code(read, 'Npz("b.npz")') == "AD724"
    assert code(read, 'Npz(".")') == "AD724"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_without_the_right_to_read_it_is_refused(read: Load, tmp_path: Path) -> None:
    (tmp_path / "a.npz").touch(mode=0)
    assert code(read, 'Npz("a.npz")') == "AD733"


# --- image folders --------------------------------------------------------------------------------


def write_photos(folder: Path, classes: str = "ab", each: int = 10) -> None:
    """Red photos in the first class, green in the second, of many sizes."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            colour = tuple(255 * (channel == number) for channel in range(3))
            Image.new("RGB", (20 + i, 30), colour).save(folder / name / f"{i}.png")


@pytest.fixture(params=["in memory", "in files"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    """The kind of examples that small and large folders become."""
    if request.param == "in files":
        monkeypatch.setattr(pictures, "SMALL", 0)
        return Pictures
    return Table


def test_image_folder_is_read(read: Load, tmp_path: Path, small: type) -> None:
    write_photos(tmp_path / "photos")
    (tmp_path / "photos" / ".hidden").mkdir()
    (tmp_path / "photos" / "a" / "notes.txt").write_text("not an image")
    splits = read('ImageFolder("photos", size=[8, 6], split=[0.6, 0.2, 0.2])')
    assert isinstance(splits.train, small)
    assert splits.fields["image"] == FieldType("image", (3, 8, 6))
    assert splits.fields["label"] == FieldType("label", (), 2)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (12, 4, 4)
    batch = splits.train.batch(torch.arange(12))
    for image, label in zip(batch["image"], batch["label"], strict=True):
        assert image.mean((1, 2)).tolist() == [float(label == 0), float(label == 1), 0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_becomes_three_channels(
    mode: str, read: Load, tmp_path: Path
) -> None:
    write_photos(tmp_path / "photos")
    ending = "tif" if mode == "CMYK" else "png"
    Image.new(mode, (9, 9)).save(tmp_path / "photos" / "a" / f"x.{ending}")
    assert len(read('ImageFolder("photos", size=8)').train) == 15


def test_sixteen_bits_are_scaled(read: Load, tmp_path: Path) -> None:
    levels = numpy.full((9, 9), 128 * 256, "u2")
    for name in "0123456789":
        (tmp_path / "photos" / "a").mkdir(parents=True, exist_ok=True)
        Image.fromarray(levels).save(tmp_path / "photos" / "a" / f"{name}.png")
    image = read('ImageFolder("photos", size=4, channels=1)').train.batch(torch.arange(2))["image"]
    assert image.flatten().tolist() == pytest.approx([128 / 255] * 32)


def test_damaged_picture_is_refused_when_it_is_read(
    read: Load, tmp_path: Path, small: type
) -> None:
    write_photos(tmp_path / "photos")
    broken = tmp_path / "photos" / "a" / "3.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(SpecError) as caught:
        splits = read('ImageFolder("photos", size=8)')
        for part in (splits.train, splits.validation, splits.test):
            part.batch(torch.arange(len(part)))
    assert [one.code for one in caught.value.diagnostics] == ["AD727"]


def test_picture_of_too_many_pixels_is_refused(
    read: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photos(tmp_path / "photos")
    monkeypatch.setattr(pictures, "MOST_PIXELS", 800)
    assert code(read, 'ImageFolder("photos", size=8)') == "AD732"


def test_folders_without_classes_or_images_are_refused(read: Load, tmp_path: Path) -> None:
    assert code(read, 'ImageFolder("photos", size=8)') == "AD724"
    (tmp_path / "photos").mkdir()
    assert code(read, 'ImageFolder("photos", size=8)') == "AD738"
    (tmp_path / "photos" / "a").mkdir()
    assert code(read, 'ImageFolder("photos", size=8)') == "AD738"


# --- torchvision ----------------------------------------------------------------------------------


def test_torchvision_set_in_files_is_read(read: Load, tmp_path: Path) -> None:
    write_photos(tmp_path / "sets" / "eurosat" / "2750")
    splits = read('TorchVision("EuroSAT", "sets", size=16)')
    assert splits.fields["image"] == FieldType("image", (3, 16, 16))
    assert splits.fields["label"].classes == 10
    assert len(splits.train) == 14


def test_torchvision_set_with_a_test_part_keeps_it(read: Load, tmp_path: Path) -> None:
    write_mnist(tmp_path / "sets" / "KMNIST" / "raw", zipped=False)
    splits = read('TorchVision("KMNIST", "sets")')
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (36, 4, 20)
    assert splits.test.labels().tolist() == [i % 10 for i in range(20)]


def test_torchvision_set_that_is_not_there_is_refused(read: Load, tmp_path: Path) -> None:
    assert code(read, 'TorchVision("SVHN", "sets")') == "AD724"
    (tmp_path / "sets").mkdir()
    assert code(read, 'TorchVision("SVHN", "sets")') == "AD724"
    assert code(read, 'CIFAR100("sets")') == "AD724"


def write_cifar(folder: Path, monkeypatch: pytest.MonkeyPatch, published: bool) -> None:
    """Files in CIFAR-10's format; `published` makes torchvision take them for the real ones."""
    import hashlib

    from torchvision.datasets import CIFAR10

    folder.mkdir(parents=True)
    names = [name for name, _ in CIFAR10.train_list + CIFAR10.test_list]
    sums = {}
    for name in [*names, "batches.meta"]:
        batch = {"data": numpy.full((20, 3072), 51, "u1"), "labels": [i % 10 for i in range(20)]}
        content = pickle.dumps(batch if name in names else {"label_names": list("abcdefghij")})
        (folder / name).write_bytes(content)
        sums[name] = hashlib.md5(content).hexdigest()
    if published:
        monkeypatch.setattr(CIFAR10, "train_list", [[n, sums[n]] for n in names[:-1]])
        monkeypatch.setattr(CIFAR10, "test_list", [[n, sums[n]] for n in names[-1:]])
        meta = CIFAR10.meta | {"md5": sums["batches.meta"]}
        monkeypatch.setattr(CIFAR10, "meta", meta)


def test_cifar_is_read(read: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path / "data" / "cifar-10-batches-py", monkeypatch, published=True)
    splits = read("CIFAR10")
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (90, 10, 20)
    image = splits.train.batch(torch.arange(3))["image"]
    assert image.shape == (3, 3, 32, 32) and image.unique().tolist() == pytest.approx([0.2])


def test_changed_pickles_of_cifar_are_not_read(
    read: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cifar(tmp_path / "data" / "cifar-10-batches-py", monkeypatch, published=False)
    monkeypatch.setattr(pickle, "load", lambda *args, **kwargs: pytest.fail("a pickle was loaded"))
    assert code(read, "CIFAR10") == "AD734"
    assert code(read, 'TorchVision("CIFAR10", "data")') == "AD734"
