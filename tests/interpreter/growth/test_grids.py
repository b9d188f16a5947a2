"""Images of a generator, side by side."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import autodesign as ad
from autodesign.interpreter.growth.grids import GAP, png, sampled, write_grid

CPU = torch.device("cpu")


def generator(shape: str):
    """Gives its noise, brought to a shape."""
    spec = f"ad 1 network G {{ input z: vector[48] node n(z) = {shape} output y = n }}"
    return ad.loads(spec).network("G")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_holds_the_images_in_rows(channels: int) -> None:
    torch.manual_seed(0)
    images = torch.rand(6, channels, 4, 4)
    grid = np.asarray(Image.open(BytesIO(png(images, 3))))
    cell = 32 + 2 * GAP  # 4x4 images are shown eight times as large
    assert grid.shape == (2 * cell, 3 * cell, 3)[: 2 if channels == 1 else 3]
    row, column = divmod(4, 3)
    top, left = row * cell + GAP, column * cell + GAP
    shown = grid[top : top + 32 : 8, left : left + 32 : 8]
    expected = (images[4].permute(1, 2, 0) * 255).round().numpy().astype(np.uint8)
    assert np.array_equal(shown, expected[..., 0] if channels == 1 else expected)


def test_images_are_those_of_noise_that_the_seed_draws() -> None:
    network = generator("Unflatten(1, [3, 4, 4])")
    made = sampled(network, 5, 7, CPU)
    noise = torch.randn(5, 48, generator=torch.Generator().manual_seed(7)).view(5, 3, 4, 4)
    assert torch.equal(made, ((noise + 1) / 2).clamp(0, 1))
    assert not torch.equal(made, sampled(network, 5, 8, CPU))


def test_what_is_no_picture_is_not_shown(tmp_path: Path) -> None:
    write_grid(generator("Unflatten(1, [12, 2, 2])"), 0, CPU, tmp_path / "images.png")
    write_grid(generator("Linear(5)"), 0, CPU, tmp_path / "images.png")
    assert not list(tmp_path.iterdir())
    write_grid(generator("Unflatten(1, [3, 4, 4])"), 0, CPU, tmp_path / "images.png")
    assert Image.open(tmp_path / "images.png").size == (8 * 34, 4 * 34)
