"""Metrics of detections [n, most, 6] against boxes [n, most, 5]; pycocotools counts for COCO's."""

import contextlib
import importlib
import io
from collections.abc import Callable
from typing import Any

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError

Measured = Callable[[Tensor, Tensor], Tensor]
"""(found, box) -> 0-d float64, NaN where undefined"""

LABEL, SCORE = 4, 5
DETECTIONS = 100  # the best of an image that count, as in COCO
ANY_AREA = [[0.0, 1e10]]


def AP(iou: float | None) -> Measured:
    coco = Coco(iou)
    return lambda found, box: coco.mean_of("precision", found, box)


def DetectionRecall(iou: float | None) -> Measured:
    coco = Coco(iou)
    return lambda found, box: coco.mean_of("recall", found, box)


def LocalizationAccuracy(threshold: float, by: str) -> Measured:
    def measured(found: Tensor, box: Tensor) -> Tensor:
        found, box = found.double().cpu(), box.double().cpu()
        right = []
        for detections, boxes in zip(found, box, strict=True):
            for label in boxes[boxes[:, LABEL] >= 0, LABEL].unique():
                of_class = detections[detections[:, LABEL] == label]
                best = of_class[of_class[:, SCORE].argmax()] if len(of_class) else None
                there = boxes[boxes[:, LABEL] == label]
                right.append(
                    best is not None and bool((overlap(best, there, by) > threshold).any())
                )
        return torch.tensor(right, dtype=torch.float64).mean()

    return measured


def overlap(detection: Tensor, boxes: Tensor, by: str) -> Tensor:
    """The intersection of a detection with each box [n, 5] over their union, or over itself."""
    low = torch.maximum(detection[:2], boxes[:, :2])
    high = torch.minimum(detection[2:4], boxes[:, 2:4])
    shared = (high - low).clamp(min=0).prod(1)
    own = (detection[2:4] - detection[:2]).prod()
    areas = (boxes[:, 2:4] - boxes[:, :2]).prod(1)
    return shared / (own if by == "iobb" else own + areas - shared)


class Coco:
    """COCO's evaluation at one IoU, or (None) at its ten."""

    def __init__(self, iou: float | None) -> None:
        self.evaluation: Any = package("pycocotools.cocoeval").COCOeval
        self.dataset: Any = package("pycocotools.coco").COCO
        self.iou = iou

    def mean_of(self, quantity: str, found: Tensor, box: Tensor) -> Tensor:
        """The mean of "precision" or "recall" over thresholds, points of recall and classes."""
        counts = self.accumulated(found, box)[quantity]
        known = counts[counts > -1]
        return torch.tensor(known.mean() if known.size else torch.nan, dtype=torch.float64)

    def accumulated(self, found: Tensor, box: Tensor) -> dict[str, NDArray[numpy.float64]]:
        classes = 1 + max(-1, int(box[..., LABEL].max()), int(found[..., LABEL].max()))
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = self.evaluation(
                self.annotations(box, classes), self.annotations(found, classes), "bbox"
            )
            evaluation.params.maxDets = [DETECTIONS]
            evaluation.params.areaRng, evaluation.params.areaRngLbl = ANY_AREA, ["all"]
            if self.iou is not None:
                evaluation.params.iouThrs = numpy.array([self.iou])
            evaluation.evaluate()
            evaluation.accumulate()
        counts: dict[str, NDArray[numpy.float64]] = evaluation.eval
        return counts

    def annotations(self, rows: Tensor, classes: int) -> Any:
        """Boxes or detections as COCO has them. Ids begin at 1: it takes 0 for no match."""
        there = (rows[..., LABEL] >= 0).nonzero()
        listed = []
        for number, (image, row) in enumerate(there.tolist()):
            x1, y1, x2, y2, label, *score = rows[image, row].double().tolist()
            width, height = max(0.0, x2 - x1), max(0.0, y2 - y1)
            one = {"id": number + 1, "image_id": image + 1, "category_id": int(label) + 1}
            one |= {"bbox": [x1, y1, width, height], "area": width * height, "iscrowd": 0}
            listed.append(one | ({"score": score[0]} if score else {}))
        data = self.dataset()
        data.dataset = {
            "images": [{"id": image + 1} for image in range(len(rows))],
            "annotations": listed,
            "categories": [{"id": label + 1} for label in range(classes)],
        }
        data.createIndex()
        return data


def package(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SpecError(
            [
                Diagnostic(
                    "AD590",
                    "metrics of detections need the package pycocotools, which cannot be imported",
                    notes=(str(error),),
                    help="install it with: pip install 'autodesign[detection]'",
                )
            ]
        ) from None
