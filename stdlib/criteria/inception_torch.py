"""Inception-v3 as an extractor, and the distance of its features."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from autodesign.stdlib.criteria.distances_torch import FrechetDistance
from autodesign.stdlib.criteria.extractors_torch import Extracted, coloured, loaded
from autodesign.stdlib.criteria.inception import inception_file
from autodesign.stdlib.criteria.inception_v3_torch import InceptionV3, like_tensorflow

SIDE = 299


class Inception(nn.Module):
    """Images are rounded to bytes, as the FID takes them from files."""

    def __init__(self, weights: str | None) -> None:
        super().__init__()
        file = inception_file() if weights is None else Path(weights).expanduser()
        self.model = loaded(InceptionV3(), file)

    def forward(self, images: Tensor) -> Extracted:
        there = (coloured(images) * 255).round()
        found: Extracted = self.model((like_tensorflow(there, SIDE) - 128) / 128)
        return found


class FID(FrechetDistance):
    """That of the features of Inception-v3."""

    def __init__(self, **others: Any) -> None:
        super().__init__(None)
