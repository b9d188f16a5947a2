"""Inception-v3 as the FID is defined on: torchvision's, pooled as the TensorFlow model of 2015 is,
whose weights torch-fidelity and pytorch-fid converted."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.models import Inception3
from torchvision.models.inception import (
    BasicConv2d,
    InceptionA,
    InceptionAux,
    InceptionB,
    InceptionC,
    InceptionD,
    InceptionE,
)

CLASSES = 1008
FEATURES = 2048


def mean(image: Tensor) -> Tensor:
    """Over 3 x 3 pixels, of which those outside the image do not count."""
    return F.avg_pool2d(image, 3, 1, 1, count_include_pad=False)


class A(InceptionA):  # type: ignore[misc]  # torchvision has no types
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(mean(x))]


class C(InceptionC):  # type: ignore[misc]
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(mean(x))]


class E(InceptionE):  # type: ignore[misc]
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(mean(x))]


class Last(InceptionE):  # type: ignore[misc]
    """The last block takes maxima, as the model does that the FID was defined on."""

    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(F.max_pool2d(x, 3, 1, 1))]


class InceptionV3(Inception3):  # type: ignore[misc]
    """Features [batch, 2048] and scores [batch, 1008] of images [batch, 3, 299, 299] in -1..1."""

    def __init__(self) -> None:
        blocks = [BasicConv2d, A, InceptionB, C, InceptionD, E, InceptionAux]
        super().__init__(CLASSES, False, False, blocks, init_weights=False)
        self.Mixed_7c = Last(FEATURES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for name, child in self.named_children():
            if name != "fc":
                x = child(x)
        features = x.flatten(1)
        return features, self.fc(features)


def like_tensorflow(images: Tensor, size: int) -> Tensor:
    """At `size` x `size`, bilinear as TensorFlow 1 did it: first pixels meet, none are averaged."""
    down, across = (between(n, size).to(images) for n in images.shape[2:])
    return down @ images @ across.T


def between(before: int, after: int) -> Tensor:
    """[after, before]: which pixels of a line a pixel of the new line lies between."""
    places = torch.arange(after) * torch.tensor(before / after)
    left = places.long()
    right = (left + 1).clamp(max=before - 1)
    share = places - left
    rows = torch.arange(after)
    weights = torch.zeros(after, before)
    weights.index_put_((rows, left), 1 - share, accumulate=True)
    return weights.index_put_((rows, right), share, accumulate=True)
