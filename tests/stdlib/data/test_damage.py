"""Whatever is done to a file: it is read, or refused with a diagnostic; nothing else happens."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.spec import Call
from autodesign.stdlib.data import load

Declare = Callable[[str], Call]
CHANGES = 60


def damaged(data: bytes, rng: random.Random) -> bytes:
    """A byte changed, some left out, some put in, or the end cut off; mostly in the header."""
    at = rng.randrange(min(len(data), rng.choice([40, 300, len(data)])))
    changed = rng.choice([bytes([rng.randrange(256)]), b"\xff\xff\xff\xff", b"", rng.randbytes(7)])
    return data[:at] + changed + data[at + rng.randrange(5) :] if rng.random() < 0.8 else data[:at]


def npz(folder: Path) -> tuple[Path, str]:
    arrays = {"image": numpy.ones((40, 3, 4)), "label": numpy.arange(40) % 2}
    numpy.savez_compressed(folder / "a.npz", **arrays)
    return folder / "a.npz", 'Npz("a.npz")'


def picture(folder: Path, ending: str) -> tuple[Path, str]:
    for name in "abcd":
        (folder / "photos" / "x").mkdir(parents=True, exist_ok=True)
        Image.effect_noise((20, 17), 50).save(folder / "photos" / "x" / f"{name}.{ending}")
    return (
        folder / "photos" / "x" / f"a.{ending}",
        'ImageFolder("photos", 8, split=[0.5, 0.25, 0.25])',
    )


FILES: dict[str, Callable[[Path], tuple[Path, str]]] = {
    "npz": npz,
    "png": lambda folder: picture(folder, "png"),
    "jpg": lambda folder: picture(folder, "jpg"),
    "tif": lambda folder: picture(folder, "tif"),
}


@pytest.mark.filterwarnings("ignore")  # Pillow's, about the damage
@pytest.mark.parametrize("kind", FILES)
def test_damaged_file_is_read_or_refused(kind: str, declare: Declare, tmp_path: Path) -> None:
    file, source = FILES[kind](tmp_path)
    whole, call, rng = file.read_bytes(), declare(source), random.Random(0)
    refused = set()
    for _ in range(CHANGES):
        file.write_bytes(damaged(whole, rng))
        try:
            splits = load(call, cache=tmp_path)
            for part in (splits.train, splits.validation, splits.test):
                part.batch(torch.arange(len(part)))
        except SpecError as error:
            refused |= {one.code for one in error.diagnostics}
    assert refused and refused <= {"AD725", "AD726", "AD727", "AD732"}
