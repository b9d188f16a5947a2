"""Data of a search that turn out not to fit once they are read."""

from pathlib import Path

import numpy as np
import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_file
from autodesign.interpreter.growth.fitting import check_examples
from autodesign.stdlib.data import load
from autodesign.stdlib.library import standard

SPEC = """ad 1
data pictures = DATA
growth Tiny {
  generator G {
    input z: vector[8]
    node base(z) = EqualizedLinear(64) | Unflatten(1, [4, 4, 4]) | LeakyReLU(0.2)
    node rgb(base) = EqualizedConv2d(1, 1)
    output made = rgb
  }
  discriminator D {
    input image: image[1, 4, 4]
    node stem(image) = EqualizedConv2d(4, 1) | LeakyReLU(0.2)
    node score(stem) = Flatten | EqualizedLinear(1)
    output critic = score
  }
  action upscale = double G, D
}
search grown = Tiny on pictures {
  minimize KernelDistance(Pixels(), n=10)
  by       path(upscale, upscale, upscale)
  train    wgan_gp() using Adam(lr=1e-3) for 100 iterations
}
"""


def refused(data: str, side: int, channels: int, folder: Path) -> list[Diagnostic]:
    images = np.zeros((40, channels, side, side), dtype=np.float32)
    images[0] = 3.0
    labels = np.arange(40, dtype=np.int64) % 2
    np.savez(folder / "pictures.npz", image=images, label=labels)
    text = SPEC.replace("DATA", data)
    (folder / "grown.ad").write_text(text, encoding="utf-8")
    found, problems = load_file(folder / "grown.ad", standard(), {})
    assert found is not None, problems
    search = found.searches["grown"]
    with pytest.raises(SpecError) as refusal:
        check_examples(search, load(search.data.call))
    return refusal.value.diagnostics


def AD615_loaded(tmp_path: Path) -> list[Diagnostic]:
    return refused('Npz("pictures.npz")', 32, 3, tmp_path)


def AD616_loaded(tmp_path: Path) -> list[Diagnostic]:
    return refused('Npz("pictures.npz")', 12, 1, tmp_path)


def AD630_loaded(tmp_path: Path) -> list[Diagnostic]:
    return refused('Npz("pictures.npz")', 16, 1, tmp_path)


def AD640(tmp_path: Path) -> list[Diagnostic]:
    return refused('Npz("pictures.npz")', 32, 1, tmp_path)
