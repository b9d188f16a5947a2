"""Feature pyramids over the convolutional models of torchvision, and over a small one."""

import copy
from itertools import pairwise
from math import gcd, log2
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models.feature_extraction import NodePathTracer, create_feature_extractor
from torchvision.ops import FeaturePyramidNetwork, FrozenBatchNorm2d
from torchvision.ops.feature_pyramid_network import (
    ExtraFPNBlock,
    LastLevelMaxPool,
    LastLevelP6P7,
)

from autodesign.stdlib.layers.torchvision import weights_file
from autodesign.stdlib.layers.torchvision_torch import AUXILIARY

WIDTH, TRIED = 256, 256
"""Channels of a pyramid; the side of the image by which the levels of a model are found."""
LEAF: dict[str, Any] = {"leaf_modules": [FrozenBatchNorm2d]}


class Pyramid(nn.Module):
    """Feature maps of a model, each with what the coarser ones tell it (Lin et al. 2017)."""

    def __init__(
        self, body: nn.Module, widths: list[int], width: int, extra: ExtraFPNBlock | None
    ) -> None:
        super().__init__()
        self.body, self.out_channels = body, width
        self.fpn = FeaturePyramidNetwork(widths, width, extra)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        features: dict[str, Tensor] = self.fpn(self.body(image))
        return features


def over_model(name: str, weights: str | None, norm: str, strides: tuple[int, ...]) -> Pyramid:
    """The features of a model of torchvision at some strides. Two coarser levels are added where
    the finest stride is 8 (RetinaNet, FCOS), and one where it is 4 (Faster R-CNN)."""
    body = whole(name, weights)
    for part in list(body.modules()):
        for own, child in part.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(part, own, frozen(child) if norm == "frozen" else grouped(child))
    found = levels(body, strides)
    nodes = {node: str(place) for place, (node, _) in enumerate(found)}
    extractor = create_feature_extractor(
        body, nodes, tracer_kwargs=LEAF, suppress_diff_warning=True
    )
    extra = LastLevelP6P7(WIDTH, WIDTH) if strides[0] == 8 else LastLevelMaxPool()
    return Pyramid(extractor, [width for _, width in found], WIDTH, extra)


def whole(name: str, weights: str | None) -> nn.Module:
    """The model itself, with trained weights where some are named."""
    others: dict[str, Any] = {"aux_logits": False, "init_weights": False}
    made: nn.Module = models.get_model(name, weights=None, **(others if name in AUXILIARY else {}))
    file = weights_file(name, {"weights": weights})
    if file is not None:
        trained = torch.load(file, map_location="cpu", weights_only=True)
        made.load_state_dict(trained, strict=name not in AUXILIARY)
    return made


def levels(body: nn.Module, strides: tuple[int, ...]) -> list[tuple[str, int]]:
    """For each stride the last value of the model that alone leads on, and its channels."""
    nodes = narrows(body)
    shapes = copy.deepcopy(body).to("meta").eval()
    extractor = create_feature_extractor(
        shapes, nodes, tracer_kwargs=LEAF, suppress_diff_warning=True
    )
    near, far = (extractor(torch.empty(1, 3, n, n, device="meta")) for n in (TRIED, 2 * TRIED))
    found: dict[int, tuple[str, int]] = {}
    for node in nodes:
        if not isinstance(near[node], Tensor) or near[node].dim() != 4:
            continue
        size, doubled = near[node].shape, far[node].shape
        # what is pooled to a fixed size is no map any more
        if min(size[2], doubled[2] - size[2]) > 1:
            found[1 << round(log2(TRIED / size[2]))] = node, size[1]
    return [found[stride] for stride in strides]


def narrows(body: nn.Module) -> list[str]:
    """The values of a model's graph that all of what comes later depends on alone: not those
    inside a block with a branch beside it."""
    tracer = NodePathTracer(**LEAF)
    graph = tracer.trace(body.eval())
    place = {node: index for index, node in enumerate(graph.nodes)}
    found: list[str] = []
    reach = 0
    for node in graph.nodes:
        if node.op in ("placeholder", "get_attr", "output"):
            reach = max([reach, *(place[user] for user in node.users)])
            continue
        if reach <= place[node]:
            found.append(tracer.node_to_qualname[node])
        reach = max([reach, *(place[user] for user in node.users)])
    return found


def frozen(norm: nn.BatchNorm2d) -> FrozenBatchNorm2d:
    """The same function of an image as `norm` in evaluation, with nothing to train."""
    made = FrozenBatchNorm2d(norm.num_features, norm.eps)
    kept = {name: value for name, value in norm.state_dict().items() if "tracked" not in name}
    made.load_state_dict(kept)
    return made


def grouped(norm: nn.BatchNorm2d) -> nn.GroupNorm:
    return group_norm(norm.num_features)


def group_norm(channels: int) -> nn.GroupNorm:
    """At most 32 groups, of four channels or more where that divides them."""
    return nn.GroupNorm(gcd(32, channels, max(channels // 4, 1)), channels)


def small(channels: int, filters: int) -> Pyramid:
    """Features at the strides 8 and 16 of an image."""
    widths = (channels, filters, 2 * filters, 4 * filters, 4 * filters)
    steps = [halving(before, after) for before, after in pairwise(widths)]
    return Pyramid(
        Staged(nn.Sequential(*steps[:3]), steps[3]), [4 * filters] * 2, 4 * filters, None
    )


def halving(before: int, after: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(convolution, group_norm(after), nn.ReLU())


class Staged(nn.Module):
    """Parts in a row, each of which gives a feature map."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, value: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for place, part in enumerate(self.parts):
            value = part(value)
            found[str(place)] = value
        return found
