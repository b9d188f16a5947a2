"""Extractors: from images in 0..1 to features, and to scores of classes where they know any.

Each is a module that takes [batch, channels, height, width] and gives features [batch, d] and
scores [batch, classes] or None. They are used as they are: nothing in them is trained.
"""

import pickle
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models

from autodesign.dsl.library import Misfit
from autodesign.stdlib.criteria.efficientnet_torch import Lite0
from autodesign.stdlib.criteria.extractors import (
    efficientnet_file,
    mobilenet_file,
)
from autodesign.stdlib.layers.torchvision_torch import Standardise

Extracted = tuple[Tensor, Tensor | None]
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
"""Of ImageNet's colours, as torchvision's weights were trained with"""


class Pixels(nn.Module):
    def __init__(self, size: int | None) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Extracted:
        if self.size is not None:
            images = resized(images, self.size)
        return images.flatten(1), None


class MobileNetV2(nn.Module):
    """torchvision's, with the weights IMAGENET1K_V1."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.standardise = size, Standardise(MEAN, DEVIATION)
        self.model: Any = loaded(models.mobilenet_v2(weights=None), mobilenet_file())

    def forward(self, images: Tensor) -> Extracted:
        there = self.standardise(coloured(resized(images, self.size)))
        features = self.model.features(there).mean((2, 3))
        return features, self.model.classifier(features)


class EfficientNetLite0(nn.Module):
    """The weights are TensorFlow's, which took colours in -1..1."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.model = loaded(Lite0(), efficientnet_file())

    def forward(self, images: Tensor) -> Extracted:
        found: Extracted = self.model(2 * coloured(resized(images, self.size)) - 1)
        return found


def resized(images: Tensor, size: int) -> Tensor:
    """At `size` x `size`: bilinear, antialiased where they shrink."""
    if images.shape[2:] == (size, size):
        return images
    return F.interpolate(images, (size, size), mode="bilinear", antialias=True)


def coloured(images: Tensor) -> Tensor:
    """Three channels: those of a grey image are equal."""
    return images.expand(-1, 3, -1, -1)


def loaded(module: nn.Module, file: Path) -> nn.Module:
    """The module with the weights in a file, which is read as data alone, ready to be used.

    Raises Misfit AD668.
    """
    try:
        found: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        module.load_state_dict(found)
    except (OSError, RuntimeError, AttributeError, TypeError, EOFError, pickle.UnpicklingError):
        raise Misfit(
            f"cannot take its weights from {file}: they are damaged, or another network's",
            "get the file again",
            code="AD668",
        ) from None
    return module.eval().requires_grad_(False)
