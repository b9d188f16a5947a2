"""Equation 4.3 of the thesis: the loss of an unrolled detector, by the generator's weights."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import replace_all_batch_norm_modules_
from torchvision.models import detection
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import FrozenBatchNorm2d
from unrolled import apart, applied, optimizer, reference

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.twice import check_twice
from autodesign.interpreter.pipeline.unroll import after

SIZE = 64
LARGE = ["retinanet_resnet50_fpn", "fcos_resnet50_fpn"]
BOXES = torch.tensor([[8, 10, 40, 44], [20, 16, 50, 60]], dtype=torch.float64)
TARGETS = [{"boxes": box[None], "labels": torch.tensor([1])} for box in BOXES]


@pytest.fixture(autouse=True)
def double() -> Any:
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class Body(nn.Sequential):
    out_channels = 8

    def __init__(self, norm: Callable[[int], nn.Module]) -> None:
        one, two = (nn.Conv2d(c, 8, 3, s, 1) for c, s in ((3, 4), (8, 2)))
        super().__init__(one, norm(8), nn.ReLU(), two, norm(8), nn.ReLU())


def tiny(norm: Callable[[int], nn.Module] = nn.Identity) -> nn.Module:
    """torchvision's RetinaNet with a backbone of two convolutions"""
    anchors = AnchorGenerator(((16, 32),), ((1.0,),))
    body = Body(norm)
    return detection.RetinaNet(body, 2, anchor_generator=anchors, min_size=SIZE, max_size=SIZE)


def large(name: str) -> nn.Module:
    """Without weights torchvision normalises by the batch."""
    build: Any = getattr(detection, name)
    sizes = {} if name.startswith("ssd") else {"min_size": SIZE, "max_size": SIZE}
    detector: nn.Module = build(weights=None, weights_backbone=None, num_classes=2, **sizes)
    return detector


def frozen(detector: nn.Module) -> nn.Module:
    """With the statistics of some images in constants, as where torchvision loads weights."""
    body: Any = detector.backbone
    layers = [one for one in body.named_modules() if isinstance(one[1], nn.BatchNorm2d)]
    for _, layer in layers:
        layer.momentum = 1.0
    images, _ = detector.transform(list(torch.rand(8, 3, SIZE, SIZE)))
    body(images.tensors)
    for path, layer in layers:
        parent, _, name = path.rpartition(".")
        constant = FrozenBatchNorm2d(layer.num_features)
        state = layer.state_dict()
        del state["num_batches_tracked"]
        constant.load_state_dict(state)
        setattr(body.get_submodule(parent), name, constant)
    return detector


class Step:
    """A detector's step on real and made images, and its loss on real ones afterwards."""

    def __init__(self, detector: nn.Module) -> None:
        for path, layer in detector.named_modules():
            if isinstance(layer, nn.Conv2d) and "head" in path:
                nn.init.kaiming_normal_(layer.weight)  # as they are built they hardly pass anything
                layer.weight.data *= 1 if "conv" in path else 0.1
        self.detector = detector
        self.generator = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Sigmoid())
        self.clean, self.real = torch.rand(2, 2, 3, SIZE, SIZE)

    def loss(self, player: Callable[..., Any], images: Tensor) -> Tensor:
        losses: dict[str, Tensor] = player(list(images), TARGETS)
        return sum(losses.values(), torch.zeros(()))

    def both(self, player: Callable[..., Any], made: Tensor) -> Tensor:
        return self.loss(player, self.real) + self.loss(player, made)

    def later(self, call: Any, **how: Any) -> Tensor:
        made = self.generator(self.clean)
        unrolled = after(Played(self.detector), call, self.both, inputs=[made], **how)
        return self.loss(unrolled, self.real)

    def by_weights(self, number: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(number, list(self.generator.parameters()))


def check_central_differences(step: Step, call: Any, steps: int, eps: float = 1e-7) -> None:
    """Along the gradient and along a random direction. Where a ReLU changes sides the unrolled
    loss jumps, so the way between the ends is short."""
    weights = list(step.generator.parameters())
    found = step.by_weights(step.later(call, steps=steps))
    random = [torch.randn_like(weight) for weight in weights]
    for along in (found, random):
        length = torch.sqrt(sum(d.square().sum() for d in along))
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                for weight, d in zip(weights, along, strict=True):
                    weight += sign * eps * d / length
            ends.append(step.later(call, steps=steps).item())
            with torch.no_grad():
                for weight, d in zip(weights, along, strict=True):
                    weight -= sign * eps * d / length
        measured = (ends[0] - ends[1]) / (2 * eps)
        told = sum((g * d).sum().item() for g, d in zip(found, along, strict=True)) / length.item()
        print(measured, told)
        assert measured == pytest.approx(told, rel=1e-4)


def momentum(step: Step) -> Any:
    """SGD whose first step has the length 0.01, however steep a detector is before training"""
    loss = step.both(Played(step.detector), step.clean)
    found = torch.autograd.grad(loss, list(step.detector.parameters()), allow_unused=True)
    norm = torch.cat([g.flatten() for g in found if g is not None]).norm().item()
    return optimizer("SGD", lr=0.01 / norm, momentum=0.9)


STEPPED = [
    (optimizer("SGD", lr=0.05), 1),
    (optimizer("SGD", lr=0.02, momentum=0.9), 2),
    (optimizer("SGD", lr=0.01, momentum=0.9), 5),
    (optimizer("Adam", lr=1e-3), 2),
]


@pytest.mark.parametrize(("call", "steps"), STEPPED, ids=["1", "2", "5", "adam"])
def test_a_small_detector_agrees_with_central_differences(call: Any, steps: int) -> None:
    check_central_differences(Step(tiny()), call, steps)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("name", LARGE)
def test_large_detectors_agree_with_central_differences(name: str, steps: int) -> None:
    step = Step(frozen(large(name)))
    check_central_differences(step, momentum(step), steps)


def check_reference(step: Step, call: Any, steps: int, lean: bool) -> None:
    found = step.by_weights(step.later(call, steps=steps, lean=lean))

    def both(player: Callable[..., Any]) -> Tensor:
        return step.both(player, step.generator(step.clean))

    # torch.func cannot write running statistics; in training nothing is computed from them
    same = replace_all_batch_norm_modules_(copy.deepcopy(step.detector))
    weights = reference(same, call, both, steps, call.args["lr"])
    expected = step.by_weights(step.loss(applied(same, weights), step.real))
    assert apart(found, expected) < 1e-10


@pytest.mark.parametrize("lean", [False, True], ids=["plain", "lean"])
@pytest.mark.parametrize(("call", "steps"), STEPPED, ids=["1", "2", "5", "adam"])
def test_a_small_detector_agrees_with_torch_func(call: Any, steps: int, lean: bool) -> None:
    check_reference(Step(tiny()), call, steps, lean)


@pytest.mark.parametrize("lean", [False, True], ids=["plain", "lean"])
@pytest.mark.parametrize(("call", "steps"), STEPPED, ids=["1", "2", "5", "adam"])
def test_a_detector_that_normalises_by_the_batch_does_so_too(
    call: Any, steps: int, lean: bool
) -> None:
    step = Step(tiny(nn.BatchNorm2d))
    assert step.detector.training
    check_reference(step, call, steps, lean)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_detectors_agree_with_torch_func(name: str) -> None:
    step = Step(frozen(large(name)))
    check_reference(step, momentum(step), 2, lean=True)


LAYERS = {
    "ssdlite320_mobilenet_v3_large": "backbone.features.0.4.block.2.scale_activation",
    "fasterrcnn_mobilenet_v3_large_fpn": "backbone.body.4.block.2.scale_activation",
    "fasterrcnn_resnet50_fpn": "roi_heads.box_roi_pool",
}
"""The first layers of which torch 2.15 says that it has no second derivative"""


def attempted(step: Step) -> None:
    def attempt() -> None:
        by = list(step.detector.parameters())
        loss = step.loss(Played(step.detector), step.real)
        found = torch.autograd.grad(loss, by, create_graph=True, allow_unused=True)
        sizes = [g.square().sum() for g in found if g is not None]
        torch.autograd.grad(sizes, by, allow_unused=True)

    check_twice(attempt, {"DET": step.detector}, "DET")


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
def test_the_layer_without_a_second_derivative_is_named(name: str) -> None:
    with pytest.raises(SpecError) as refusal:
        attempted(Step(large(name)))
    assert f"`{LAYERS[name]}`" in refusal.value.diagnostics[0].message


def test_a_detector_that_can_be_unrolled_passes() -> None:
    attempted(Step(tiny()))
