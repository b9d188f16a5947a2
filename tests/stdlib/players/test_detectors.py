"""Detectors against torchvision's own, called as it wants to be called."""

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import detection as theirs
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.ops import FrozenBatchNorm2d, box_iou
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from autodesign.dsl.library import Misfit
from autodesign.stdlib import build
from autodesign.stdlib.layers.torchvision import structures
from autodesign.stdlib.library import standard
from autodesign.stdlib.players.detectors import coarsest
from autodesign.stdlib.players.pyramid_torch import frozen, group_norm, levels, whole

SMALL_ANCHORS = (8, 16, 32, 64, 128)
BOXES = torch.tensor([[[5.0, 6, 30, 40, 1], [10, 8, 60, 30, 0]], [[-1] * 5, [-1] * 5]])


@pytest.fixture
def detector(call):
    def make(name: str, **given):
        torch.manual_seed(0)
        return build.detector(call(name, **given))

    return make


def rules(call, name, image, **given) -> None:
    made = call(name, **given)
    standard().detector(made.module, name, image, made.args)


def targets(boxes: Tensor, shift: int) -> list[dict[str, Tensor]]:
    kept = [image[: int((image[:, 4] >= 0).sum())] for image in boxes]
    return [{"boxes": k[:, :4], "labels": (k[:, 4] + shift).long()} for k in kept]


def same_weights(ours: nn.Module, model: nn.Module) -> None:
    """Their names are torchvision's, so that its trained weights fit."""
    assert {k: v.shape for k, v in ours.state_dict().items()} == {
        k: v.shape for k, v in model.state_dict().items()
    }
    model.load_state_dict(ours.state_dict())


THEIRS = {
    "retinanet": lambda features: theirs.RetinaNet(features((2, 3, 4)), 2, **SIZES, **ANCHORS),
    "fcos": lambda features: theirs.FCOS(features((2, 3, 4)), 2, **SIZES),
    "fasterrcnn": lambda features: theirs.FasterRCNN(features((1, 2, 3, 4)), 3, **SIZES),
}
SIZES = {"min_size": 64, "max_size": 96}
SCALES = tuple((a, int(a * 2 ** (1 / 3)), int(a * 2 ** (2 / 3))) for a in (32, 64, 128, 256, 512))
ANCHORS = {"anchor_generator": AnchorGenerator(SCALES, ((0.5, 1.0, 2.0),) * 5)}


def resnet_features(stages: tuple[int, ...]) -> nn.Module:
    extra = LastLevelP6P7(256, 256) if len(stages) == 3 else None
    return resnet_fpn_backbone(
        backbone_name="resnet18",
        weights=None,
        trainable_layers=5,
        returned_layers=list(stages),
        extra_blocks=extra,
    )


@pytest.mark.parametrize("name", THEIRS)
def test_losses_and_detections_are_torchvision_s(detector, monkeypatch, name):
    model, shift = THEIRS[name](resnet_features), int(name == "fasterrcnn")
    # theirs draws a random number even where there is only one size to choose
    monkeypatch.setattr(model.transform, "torch_choice", lambda sizes: sizes[0])
    ours = detector(name, classes=2, backbone="resnet18", norm="frozen")
    same_weights(ours.model, model)
    images = torch.rand(2, 3, 64, 96)
    torch.manual_seed(3)
    loss = ours(images, BOXES)
    torch.manual_seed(3)
    expected = model.train()(list(images), targets(BOXES, shift))
    # sums of float32 in another order
    assert loss.item() == pytest.approx(sum(v.item() for v in expected.values()), rel=1e-5)
    with torch.no_grad():
        rows, found = ours(images), model.eval()(list(images))
    for image, one in zip(rows, found, strict=True):
        count = len(one["scores"])
        assert torch.equal(image[:count, :4], one["boxes"])
        assert torch.equal(image[:count, 4], one["labels"].float() - shift)
        assert torch.equal(image[:count, 5], one["scores"])
        assert (image[count:] == -1).all()


@pytest.mark.parametrize("kind", ["retinanet", "fcos", "fasterrcnn"])
def test_the_named_detectors_have_the_published_weights(call, kind):
    """As many, and of the names and shapes, as in torchvision's files for COCO."""
    made = call(f"{kind}_resnet50_fpn", classes=90 if kind == "fasterrcnn" else 91, norm="frozen")
    with torch.device("meta"):
        model = getattr(theirs, made.name)(weights=None, weights_backbone=None, num_classes=91)
    published = {k: v.shape for k, v in model.state_dict().items() if "tracked" not in k}
    ours = build.detector(made).model.state_dict()
    assert {k: v.shape for k, v in ours.items()} == published


def test_trained_weights_are_read_and_the_scores_start_fresh(call, detector, monkeypatch, tmp_path):
    """A file as torchvision publishes it: 91 classes, the heads' layers under their old names."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(Misfit, match="not on this machine") as missing:
        rules(call, "retinanet_resnet50_fpn", (3, 64, 64), classes=1, weights="COCO_V1")
    assert missing.value.argument == "weights"
    with pytest.raises(Misfit, match="no weights"):
        rules(call, "retinanet_resnet50_fpn", (3, 64, 64), classes=1, weights="VOC")
    given = detector("retinanet_resnet50_fpn", classes=91, norm="frozen").model.state_dict()
    old = {
        f"head.{head}.conv.{i}.0.{key}": f"head.{head}.conv.{2 * i}.{key}"
        for head in ("classification_head", "regression_head")
        for i in range(4)
        for key in ("weight", "bias")
    }
    stored = {old.get(key, key): value for key, value in given.items()}
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(stored, folder / "retinanet_resnet50_fpn_coco-eeacb38b.pth")
    rules(call, "retinanet_resnet50_fpn", (3, 64, 64), classes=1, weights="COCO_V1")
    made = detector("retinanet_resnet50_fpn", classes=1, weights="COCO_V1").model
    fresh = {
        "head.classification_head.cls_logits.weight",
        "head.classification_head.cls_logits.bias",
    }
    for key, value in made.state_dict().items():
        if key not in fresh:
            assert torch.equal(value, given[key]), key
    frozen_ones = [m for m in made.modules() if isinstance(m, FrozenBatchNorm2d)]
    assert {m.eps for m in frozen_ones} == {0.0}


def test_a_frozen_normalisation_is_the_function_of_evaluation():
    norm = nn.BatchNorm2d(3).double()
    for value in norm.state_dict().values():
        if value.is_floating_point():
            value.uniform_(0.5, 2)
    image = torch.rand(2, 3, 4, 4, dtype=torch.double)
    torch.testing.assert_close(frozen(norm).double()(image), norm.eval()(image))


def test_groups_divide_their_channels():
    for channels in range(1, 300):
        groups = group_norm(channels).num_groups
        assert channels % groups == 0 and (groups == 1 or channels // groups >= 4)


BACKBONES = {
    "resnet18": ["layer1.1.relu_1", "layer2.1.relu_1", "layer3.1.relu_1", "layer4.1.relu_1"],
    "resnet50": ["layer1.2.relu_2", "layer2.3.relu_2", "layer3.5.relu_2", "layer4.2.relu_2"],
}


@pytest.mark.parametrize("name", BACKBONES)
def test_a_pyramid_stands_on_the_ends_of_a_resnet_s_stages(name):
    found = levels(whole(name, None), (4, 8, 16, 32))
    assert [node for node, _ in found] == BACKBONES[name]


@pytest.mark.parametrize("name", ["mobilenet_v2", "shufflenet_v2_x0_5", "regnet_y_400mf"])
def test_other_models_carry_a_pyramid_too(call, detector, name):
    rules(call, "retinanet", (3, 64, 64), classes=2, backbone=name, anchors=SMALL_ANCHORS)
    made = detector("retinanet", classes=2, backbone=name, anchors=SMALL_ANCHORS)
    loss = made(torch.rand(2, 3, 64, 64), BOXES)
    loss.backward()
    assert all(p.grad is not None for p in made.parameters())


FAMILIES = [
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_v2_s", "googlenet", "inception_v3"),
    *("mnasnet1_0", "mobilenet_v3_large", "regnet_x_400mf", "resnext50_32x4d", "vgg11_bn"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_of_each_family_carries_a_pyramid(call, detector, name):
    """Its maps have the strides that they are taken for, and the loss reaches the image."""
    rules(call, "fcos", (3, 128, 160), classes=2, backbone=name)
    made = detector("fcos", classes=2, backbone=name)
    images = torch.rand(2, 3, 128, 160, requires_grad=True)
    maps = list(made.model.backbone(images).values())
    for stride, found in zip((8, 16, 32), maps, strict=False):
        # windows without padding lose some places at the edges
        assert 160 / stride - 4 <= found.shape[3] <= 160 / stride
    (slope,) = torch.autograd.grad(made(images, BOXES), images)
    assert slope.isfinite().all() and slope.abs().sum() > 0


def test_nearly_every_model_has_the_strides():
    without = {name for name, found in structures().items() if coarsest(found) < 32}
    assert without == {"squeezenet1_0", "squeezenet1_1"}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("retinanet_small", {}),
        ("retinanet", {"backbone": "resnet18", "anchors": SMALL_ANCHORS}),
        ("fcos", {"backbone": "resnet18"}),
    ],
)
def test_the_gradient_of_a_step_is_differentiated(detector, name, given):
    """d/dx of |d loss / d weights|^2 against central differences, in float64."""
    made = detector(name, classes=2, **given).double()
    images = torch.rand(2, 3, 32, 32, dtype=torch.double, requires_grad=True)
    boxes = BOXES.double().clamp(max=31)
    weights = list(made.parameters())[-6:]

    def squared(x: Tensor) -> Tensor:
        slopes = torch.autograd.grad(made(x, boxes), weights, create_graph=True)
        return sum(s.square().sum() for s in slopes)

    (slope,) = torch.autograd.grad(squared(images), images)
    torch.manual_seed(1)
    way = torch.randn_like(images)
    eps = 1e-6
    difference = squared(images + eps * way) - squared(images - eps * way)
    assert (slope * way).sum().item() == pytest.approx(difference.item() / (2 * eps), rel=1e-4)


def test_rows_without_a_box_change_nothing(detector):
    made = detector("retinanet_small", classes=2)
    images = torch.rand(2, 3, 64, 64)
    more = torch.cat((BOXES, torch.full((2, 3, 5), -1.0)), 1)
    assert torch.equal(made(images, BOXES), made(images, more))


def test_images_may_be_brought_to_another_size(detector):
    """Boxes are found in the pixels of the image that was given."""
    made = detector("fcos", classes=1, backbone="resnet18", min_size=96, max_size=128)
    with torch.no_grad():
        made.model.head.classification_head.cls_logits.bias.fill_(5)
        made.model.head.regression_head.bbox_ctrness.bias.fill_(5)
        rows = made(torch.rand(1, 3, 40, 64))
    assert rows.shape[1] > 0
    assert rows[..., [0, 2]].max() <= 64 and rows[..., [1, 3]].max() <= 40


@pytest.mark.parametrize("most", [3, 400])
def test_operations_train_and_ask_a_detector(call, detector, most):
    made = detector("retinanet_small", classes=2)
    with torch.no_grad():
        made.model.head.classification_head.cls_logits.bias.fill_(3)
    images = torch.rand(2, 3, 64, 64, requires_grad=True)
    loss = build.operation(call("detection"))(d=made, x=images, boxes=BOXES)
    assert loss.dim() == 0 and torch.autograd.grad(loss, images)[0].abs().sum() > 0
    rows = build.operation(call("detections", most=most))(d=made, x=images)
    assert rows.shape == (2, most, 6) and not rows.requires_grad
    scores = rows[0, :3, 5]
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


RGB = (3, 64, 64)
MISFITS = [
    ("retinanet", {}, (1, 64, 64), "AD581", "grey images", "in colour"),
    ("retinanet_small", {}, (1, 64, 64), "AD581", "3 channels", "channels=1"),
    ("retinanet_small", {"channels": 1}, RGB, "AD581", "1 channel,", "channels=3"),
    ("retinanet_small", {}, (10,), "AD581", "[10]", ""),
    ("retinanet_small", {}, (3, 4, 64), "AD582", "8 x 8", "enlarge"),
    ("fcos", {"backbone": "inception_v3"}, RGB, "AD582", "64 x 64", "min_size"),
    ("retinanet_small", {"anchors": (8,)}, RGB, "AD587", "2 levels", "2 numbers"),
    ("retinanet_small", {"ratios": ()}, RGB, "AD587", "no shape", "ratios"),
    ("retinanet", {}, (3, 24, 64), "AD587", "about 32 pixels", "min_size"),
    ("retinanet", {"backbone": "resnet51"}, RGB, "AD588", "resnet51", "resnet50"),
    ("retinanet", {"backbone": "squeezenet1_0"}, RGB, "AD588", "32nd", "resnet18"),
    ("fcos", {"backbone_weights": "COCO"}, RGB, None, "no weights", "DEFAULT"),
]


@pytest.mark.parametrize(("name", "given", "image", "code", "message", "help"), MISFITS)
def test_what_does_not_fit_is_said(call, name, given, image, code, message, help):
    with pytest.raises(Misfit) as refused:
        rules(call, name, image, classes=1, **given)
    assert message in refused.value.message and help in refused.value.help
    assert refused.value.code == code


def test_a_scaled_image_is_large_enough(call):
    rules(call, "retinanet", (3, 24, 64), classes=1, min_size=48)
    rules(call, "fcos", RGB, classes=1, backbone="inception_v3", min_size=96)


def test_the_small_detector_learns_in_seconds(detector):
    """Red squares on noise: nearly all are found after a hundred steps."""
    torch.manual_seed(0)
    images, boxes = torch.rand(64, 3, 64, 64) * 0.6, torch.full((64, 1, 5), -1.0)
    for image, rows in zip(images, boxes, strict=True):
        side = int(torch.randint(12, 26, ()))
        x, y = torch.randint(0, 64 - side, (2,)).tolist()
        image[:, y : y + side, x : x + side] = torch.tensor([0.9, 0.1, 0.1])[:, None, None]
        rows[0] = torch.tensor([x, y, x + side, y + side, 0])
    made = detector("retinanet_small", classes=1)
    optimizer = torch.optim.Adam(made.parameters(), lr=1e-3)
    for step in range(96):
        part = slice(8 * (step % 6), 8 * (step % 6) + 8)
        optimizer.zero_grad()
        made(images[part], boxes[part]).backward()
        optimizer.step()
    with torch.no_grad():
        best = made(images[48:])[:, 0, :4]
    overlap = box_iou(best, boxes[48:, 0, :4]).diagonal()
    assert (overlap > 0.5).float().mean() > 0.7
