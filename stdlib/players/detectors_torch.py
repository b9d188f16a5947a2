"""Detectors of torchvision as players: a loss for images and boxes, detections for images."""

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection._utils import overwrite_eps
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from autodesign.stdlib.players.detectors import DIVISIBLE, DIVISIBLE_SMALL, trained
from autodesign.stdlib.players.pyramid_torch import group_norm, over_model
from autodesign.stdlib.players.pyramid_torch import small as small_pyramid

Numbers = tuple[float, ...]
STRIDES = (8, 16, 32)
MEAN, DEVIATION, GREY = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], 0.45
"""Of ImageNet's colours, as torchvision's weights were trained with; grey is their mean, and twice
the mean of the deviations."""
Target = dict[str, Tensor]


class Detector(nn.Module):
    """A detector of torchvision on tensors. `background`: class 0 is that there is no object.

    `detector(images)` gives detections [batch, most, 6], rows (x1, y1, x2, y2, class, score), the
    best first and -1 behind them. `detector(images, boxes)` with boxes [batch, most, 5] gives the
    sum of its training losses.
    """

    def __init__(self, model: nn.Module, background: bool = False) -> None:
        super().__init__()
        self.model, self.shift = model, int(background)

    def forward(self, images: Tensor, boxes: Tensor | None = None) -> Tensor:
        # torchvision's detectors are asked for losses by their mode; nothing else depends on it but
        # the dropout of some backbones
        self.model.train(boxes is not None)
        if boxes is None:
            return packed(self.model(list(images)), self.shift)
        losses = self.model(list(images), unpacked(boxes, images.dtype, self.shift))
        return torch.stack(list(losses.values())).sum()


def unpacked(boxes: Tensor, dtype: torch.dtype, shift: int) -> list[Target]:
    """torchvision's targets of rows (x1, y1, x2, y2, class); rows of -1 are left out."""
    rows = [image[image[:, 4] >= 0] for image in boxes]
    return [{"boxes": r[:, :4].to(dtype), "labels": r[:, 4].long() + shift} for r in rows]


def packed(found: list[Target], shift: int) -> Tensor:
    """torchvision's detections as one tensor, filled up with -1."""
    rows = [
        torch.cat((f["boxes"], (f["labels"] - shift)[:, None], f["scores"][:, None]), 1)
        for f in found
    ]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1.0)


def retinanet(anchors: tuple[int, ...], ratios: Numbers, **others: Any) -> Detector:
    """Three scales of each anchor, as torchvision has them."""
    return Detector(_model(RetinaNet, STRIDES, octaves(anchors, ratios), **others))


def fcos(**others: Any) -> Detector:
    return Detector(_model(FCOS, STRIDES, {}, **others))


def fasterrcnn(classes: int, anchors: tuple[int, ...], ratios: Numbers, **others: Any) -> Detector:
    generator = AnchorGenerator(tuple((a,) for a in anchors), (ratios,) * len(anchors))
    own = {"rpn_anchor_generator": generator}
    return Detector(_model(FasterRCNN, (4, *STRIDES), own, classes + 1, **others), True)


def retinanet_resnet50_fpn(weights: str | None, norm: str | None, **others: Any) -> Detector:
    made = retinanet(**others, backbone="resnet50", backbone_weights=None, norm=kind(norm, weights))
    return _loaded(made, "retinanet_resnet50_fpn", weights)


def fcos_resnet50_fpn(weights: str | None, norm: str | None, **others: Any) -> Detector:
    made = fcos(**others, backbone="resnet50", backbone_weights=None, norm=kind(norm, weights))
    return _loaded(made, "fcos_resnet50_fpn", weights)


def fasterrcnn_resnet50_fpn(weights: str | None, norm: str | None, **others: Any) -> Detector:
    made = fasterrcnn(
        **others, backbone="resnet50", backbone_weights=None, norm=kind(norm, weights)
    )
    return _loaded(made, "fasterrcnn_resnet50_fpn", weights)


def retinanet_small(
    classes: int, filters: int, anchors: tuple[int, ...], ratios: Numbers, channels: int
) -> Detector:
    features = small_pyramid(channels, filters)
    generator = octaves(anchors, ratios)["anchor_generator"]
    head = RetinaNetHead(
        features.out_channels,
        generator.num_anchors_per_location()[0],
        classes,
        norm_layer=group_norm,
    )
    model = RetinaNet(features, classes, anchor_generator=generator, head=head)
    model.transform = transform(None, 0, DIVISIBLE_SMALL, channels)
    return Detector(model)


def octaves(anchors: tuple[int, ...], ratios: Numbers) -> dict[str, AnchorGenerator]:
    sizes = tuple((a, int(a * 2 ** (1 / 3)), int(a * 2 ** (2 / 3))) for a in anchors)
    return {"anchor_generator": AnchorGenerator(sizes, (ratios,) * len(sizes))}


def kind(norm: str | None, weights: str | None) -> str:
    """The normalisation where none is named."""
    return norm or ("group" if weights is None else "frozen")


def _model(
    make: Any,
    strides: tuple[int, ...],
    own: dict[str, Any],
    classes: int,
    backbone: str,
    backbone_weights: str | None,
    norm: str | None,
    min_size: int | None,
    max_size: int,
) -> nn.Module:
    features = over_model(backbone, backbone_weights, kind(norm, backbone_weights), strides)
    model: nn.Module = make(features, classes, **own)
    model.transform = transform(min_size, max_size)
    return model


def transform(
    min_size: int | None, max_size: int, divisible: int = DIVISIBLE, channels: int = 3
) -> GeneralizedRCNNTransform:
    """Brings images to the mean and deviation of ImageNet, and to the wanted size."""
    mean, std = (MEAN, DEVIATION) if channels == 3 else ([GREY] * channels, [GREY / 2] * channels)
    kind = Unscaled if min_size is None else GeneralizedRCNNTransform
    return kind(min_size, max_size, mean, std, divisible)


class Unscaled(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """Images keep their size, in training and in evaluation."""

    def resize(self, image: Tensor, target: Target | None = None) -> tuple[Tensor, Target | None]:
        return image, target


def _loaded(made: Detector, name: str, weights: str | None) -> Detector:
    """The detector with trained weights, but fresh ones where the number of classes is another."""
    file = trained(name, {"weights": weights})
    if file is None:
        return made
    found = torch.load(file, map_location="cpu", weights_only=True)
    own = made.model.state_dict()
    fitting = {k: v for k, v in found.items() if k not in own or own[k].shape == v.shape}
    made.model.load_state_dict(fitting, strict=False)
    # torchvision's weights were trained before frozen normalisation had an epsilon (its issue 2933)
    overwrite_eps(made.model, 0.0)
    return made
