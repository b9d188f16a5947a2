"""Metrics of detections against a slow count that is written from their definitions."""

from math import isnan

import pytest
import torch
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.stdlib import detection_torch

pytest.importorskip("pycocotools")
Row = tuple[float, ...]
COCO = [0.5 + 0.05 * step for step in range(10)]


def boxes(generator: torch.Generator, count: int, most: int, classes: int, grid: int) -> Tensor:
    """Random boxes on a grid (so that many agree), some images empty, -1 after the last one."""
    corner = torch.randint(0, grid, (count, most, 2), generator=generator)
    side = torch.randint(1, grid, (count, most, 2), generator=generator)
    label = torch.randint(0, classes, (count, most, 1), generator=generator)
    rows = torch.cat([corner, corner + side, label], 2).float()
    several = torch.randint(0, most + 1, (count, 1), generator=generator)
    rows[torch.arange(most).expand(count, most) >= several] = -1
    return rows


def scored(rows: Tensor, generator: torch.Generator, levels: int) -> Tensor:
    """Detections whose scores take few values: many ties."""
    score = torch.randint(1, levels + 1, (*rows.shape[:2], 1), generator=generator) / levels
    return torch.cat([rows, torch.where(rows[..., 4:] < 0, -1.0, score)], 2)


def iou(a: Row, b: Row) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return width * height / union


def matched(found: list[Row], there: list[Row], least: float) -> list[bool]:
    """Which detections of an image, best first, take a box: the free one they overlap most, and of
    equal ones the last."""
    free, hits = list(there), []
    for one in found:
        best = max((iou(one, box) for box in free), default=0.0)
        hits.append(best >= min(least, 1 - 1e-10))
        if hits[-1]:
            place = max(i for i, box in enumerate(free) if iou(one, box) == best)
            del free[place]
    return hits


def slow(found: Tensor, box: Tensor, thresholds: list[float]) -> tuple[float, float]:
    """AP and recall."""
    precisions, recalls = [], []
    classes = {row[4] for image in box.tolist() for row in image if row[4] >= 0}
    for label in sorted(classes):
        total = int((box[..., 4] == label).sum())
        for least in thresholds:
            ranked = []
            for detections, truth in zip(found.tolist(), box.tolist(), strict=True):
                own = [tuple(row) for row in detections if row[4] == label]
                own.sort(key=lambda row: -row[5])
                hits = matched(own, [tuple(row) for row in truth if row[4] == label], least)
                ranked += [(row[5], hit) for row, hit in zip(own, hits, strict=True)]
            ranked.sort(key=lambda one: -one[0])
            hits_so_far, curve = 0, []
            for rank, (_, hit) in enumerate(ranked):
                hits_so_far += hit
                curve.append((hits_so_far / total, hits_so_far / (rank + 1)))
            recalls.append(hits_so_far / total)
            for point in range(101):
                # Points of recall are multiples of 0.01 as numpy.linspace rounds them.
                wanted = point * 0.01 if point < 100 else 1.0
                precisions.append(max((p for r, p in curve if r >= wanted), default=0.0))
    if not classes:
        return float("nan"), float("nan")
    return sum(precisions) / len(precisions), sum(recalls) / len(recalls)


def same(value: Tensor, wanted: float) -> bool:
    return (isnan(wanted) and bool(value.isnan())) or abs(float(value) - wanted) < 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_coco_metrics_equal_the_slow_count(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    classes, levels = 1 + seed % 4, (3, 1000)[seed % 2]
    box = boxes(generator, 25, 4, classes, 12)
    found = scored(boxes(generator, 25, 7, classes, 12), generator, levels)
    near = box[:, :3] + torch.randn(25, 3, 5, generator=generator) * torch.tensor([0.3] * 4 + [0])
    near[..., 2:4] = torch.maximum(near[..., 2:4], near[..., :2] + 0.1)
    near = torch.where(box[:, :3, 4:] < 0, -1.0, near)
    found[:, :3] = scored(near, generator, levels)
    for iou_, thresholds in ((None, COCO), (0.5, [0.5]), (0.1, [0.1]), (0.75, [0.75])):
        precision, recall = slow(found, box, thresholds)
        assert 0 < precision < recall <= 1
        assert same(detection_torch.AP(iou=iou_)(found, box), precision)
        assert same(detection_torch.DetectionRecall(iou=iou_)(found, box), recall)


def test_best_and_worst_detections() -> None:
    box = boxes(torch.Generator().manual_seed(1), 20, 3, 2, 200)
    perfect = torch.cat([box, torch.where(box[..., 4:] < 0, -1.0, 0.9)], 2)
    nothing = torch.full((20, 3, 6), -1.0)
    for name in ("AP", "DetectionRecall"):
        metric = getattr(detection_torch, name)(iou=None)
        assert float(metric(perfect, box)) == pytest.approx(1, abs=1e-12)
        assert float(metric(nothing, box)) == 0
        assert metric(perfect, torch.full_like(box, -1)).isnan()
        assert metric(nothing, torch.full_like(box, -1)).isnan()


def test_localization_accuracy_by_hand() -> None:
    """Four images: found, missed, no detection, and two classes of which one is found."""
    none = [-1.0] * 5
    box = torch.tensor(
        [
            [[0.0, 0, 10, 10, 0], none],
            [[0.0, 0, 10, 10, 0], none],
            [[0.0, 0, 10, 10, 0], none],
            [[0.0, 0, 10, 10, 0], [20.0, 20, 30, 30, 1]],
        ]
    )
    none = [-1.0] * 6
    found = torch.tensor(
        [
            [[0.0, 0, 10, 5, 0, 0.9], [50.0, 50, 60, 60, 0, 0.8]],  # IoU 0.5, IoBB 1
            [[0.0, 0, 10, 10, 0, 0.1], [50.0, 50, 60, 60, 0, 0.8]],  # the better one is elsewhere
            [none, none],
            [[0.0, 0, 20, 10, 0, 0.4], [0.0, 0, 10, 10, 1, 0.9]],  # IoU 0.5, IoBB 0.5; elsewhere
        ]
    )

    def accuracy(threshold: float, by: str) -> float:
        return float(detection_torch.LocalizationAccuracy(threshold, by)(found, box))

    assert accuracy(0.4, "iou") == 2 / 5
    assert accuracy(0.5, "iou") == 0  # above, not at
    assert accuracy(0.4, "iobb") == 2 / 5
    assert accuracy(0.5, "iobb") == 1 / 5
    nothing = torch.full_like(box, -1)
    assert detection_torch.LocalizationAccuracy(0.1, "iou")(found, nothing).isnan()


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pycocotools.cocoeval", None)
    with pytest.raises(SpecError, match="autodesign\\[detection\\]"):
        detection_torch.AP(iou=None)
