"""Images that a generator makes, side by side in a file."""

from io import BytesIO
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from autodesign.interpreter.growth.learning import only_output
from autodesign.interpreter.jobs import files
from autodesign.interpreter.network.module import DynamicNetwork

COLUMNS, WIDEST = 8, 1024
"""Images in a row, as many as there is room for in so many pixels, and half as many rows"""
SMALLEST_SIDE = 32
"""Smaller images are shown enlarged."""
GAP = 1
"""Pixels around each image"""


def write_grid(generator: DynamicNetwork, seed: int, device: torch.device, path: Path) -> None:
    """Writes a PNG of images from noise that a seed draws. Raises RunError AD902."""
    shape = generator.network.outputs[0].edge.shape
    if len(shape) == 3 and shape[0] in (1, 3):
        columns = max(min(COLUMNS, WIDEST // shape[2]), 2)
        images = sampled(generator, columns * (columns // 2), seed, device)
        files.write(path, png(images, columns))


def sampled(generator: DynamicNetwork, count: int, seed: int, device: torch.device) -> Tensor:
    """Images [count, c, h, w] in 0..1: the same noise for the same seed, on every device."""
    random = torch.Generator().manual_seed(seed)
    shapes = [given.shape for given in generator.network.inputs]
    noise = [torch.randn(count, *shape, generator=random).to(device) for shape in shapes]
    generator.eval()
    with torch.inference_mode():
        made = only_output(generator)(*noise)
    return ((made.float() + 1) / 2).clamp(0, 1).cpu()


def png(images: Tensor, columns: int) -> bytes:
    """Images [n, 1 or 3, h, w] in 0..1, `columns` in a row, as a PNG file."""
    from PIL import Image

    larger = -(-SMALLEST_SIDE // images.shape[-1])
    shown = images.repeat_interleave(larger, 2).repeat_interleave(larger, 3)
    shown = F.pad(shown, (GAP,) * 4, value=1.0)
    rows = [torch.cat(list(row), 2) for row in torch.split(shown, columns)]
    grid = (torch.cat(rows, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    written = BytesIO()
    Image.fromarray(grid.squeeze(2) if grid.shape[2] == 1 else grid).save(written, "PNG")
    return written.getvalue()
