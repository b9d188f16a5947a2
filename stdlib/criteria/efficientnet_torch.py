"""EfficientNet-lite0 (Tan & Le 2019, without squeeze-and-excitation, with ReLU6).

Its weights have the names that they have in their package.
"""

from collections.abc import Iterator

import torch.nn.functional as F
from torch import Tensor, nn

STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)
"""(widening, channels, blocks, kernel, stride of the first block), table 1 of the paper"""
STEM, FEATURES, CLASSES = 32, 1280, 1000


class Same(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow does: the odd row and column come last."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(before, after, kernel, stride, groups=groups, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        needed = [
            max((-(-size // s) - 1) * s + k - size, 0)
            for size, s, k in zip(image.shape[2:], self.stride, self.kernel_size, strict=True)
        ]
        (height, width) = needed
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        found: Tensor = super().forward(F.pad(image, sides))
        return found


class Block(nn.Module):
    """An inverted residual block."""

    def __init__(self, before: int, after: int, widening: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = before * widening
        if widening > 1:
            self._expand_conv, self._bn0 = Same(before, wide, 1, 1), normal(wide)
        self._depthwise_conv = Same(wide, wide, kernel, stride, wide)
        self._bn1 = normal(wide)
        self._project_conv, self._bn2 = Same(wide, after, 1, 1), normal(after)
        self.widening, self.residual = widening, stride == 1 and before == after

    def forward(self, image: Tensor) -> Tensor:
        value: Tensor = image
        if self.widening > 1:
            value = F.relu6(self._bn0(self._expand_conv(value)))
        value = F.relu6(self._bn1(self._depthwise_conv(value)))
        value = self._bn2(self._project_conv(value))
        return value + image if self.residual else value


class Lite0(nn.Module):
    """Features [batch, 1280] and scores [batch, 1000] of images [batch, 3, height, width]."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, STEM, 3, 2), normal(STEM)
        self._blocks = nn.ModuleList(blocks())
        self._conv_head, self._bn1 = Same(STAGES[-1][1], FEATURES, 1, 1), normal(FEATURES)
        self._fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        value = F.relu6(self._bn0(self._conv_stem(image)))
        for block in self._blocks:
            value = block(value)
        features: Tensor = F.relu6(self._bn1(self._conv_head(value))).mean((2, 3))
        return features, self._fc(features)


def blocks() -> Iterator[Block]:
    before = STEM
    for widening, after, count, kernel, stride in STAGES:
        for index in range(count):
            yield Block(before, after, widening, kernel, 1 if index else stride)
            before = after


def normal(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
