"""torchvision's models: shape, cost, parameters and smallest image as torchvision has them."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Layer
from autodesign.stdlib import build
from autodesign.stdlib.layers.torchvision import structures
from autodesign.stdlib.library import standard

MODULE = "std.layers.torchvision"
ONE_OF_EACH_FAMILY = (
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s"),
    *("googlenet", "inception_v3", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small"),
    *("regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50", "resnext50_32x4d"),
    *("shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "vgg11_bn", "wide_resnet50_2"),
)
REST = sorted(set(structures()) - set(ONE_OF_EACH_FAMILY))


def rule(name, shape, classes=1000, weights=None):
    return standard().layer(MODULE, name, (shape,), {"classes": classes, "weights": weights})


def counted(call, name, shape, classes):
    """Shape and half of the counted flops of the built model on a meta tensor; its parameters."""
    made = Layer(call(name, classes=classes), (shape,), (classes,), 0)
    device = "cpu" if name.startswith("regnet") else "meta"
    with torch.device(device):
        module = build.layer(made).eval()
    module = module.to("meta")
    with FlopCounterMode(display=False) as counter:
        result = module(torch.empty(1, *shape, device="meta"))
    learned = sum(weights.numel() for weights in module.parameters())
    return tuple(result.shape[1:]), counter.get_total_flops() // 2, learned


def test_every_recorded_model_is_declared(declared):
    names = {name for name, (module, _) in declared.items() if module == MODULE}
    assert names == set(structures())


@pytest.mark.parametrize("name", ONE_OF_EACH_FAMILY)
@pytest.mark.parametrize("size, classes", [((224, 224), 1000), ((97, 130), 7)])
def test_shape_and_cost_are_exact(call, name, size, classes):
    derived = rule(name, (3, *size), classes)
    found = (derived.shape, derived.cost, derived.parameters)
    assert found == counted(call, name, (3, *size), classes)


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
@pytest.mark.parametrize("size, classes", [((224, 224), 1000), ((97, 130), 7)])
def test_shape_and_cost_of_the_others_are_exact(call, name, size, classes):
    derived = rule(name, (3, *size), classes)
    found = (derived.shape, derived.cost, derived.parameters)
    assert found == counted(call, name, (3, *size), classes)


@pytest.mark.parametrize("name", ["alexnet", "inception_v3", "densenet121", "squeezenet1_0"])
def test_the_smallest_image_is_the_smallest_that_torch_takes(call, name):
    with pytest.raises(Misfit, match=r"at least (\d+) x") as refused:
        rule(name, (3, 1, 1))
    least = int(refused.value.message.split("at least ")[1].split(" ")[0])
    assert rule(name, (3, least, least)).shape == (1000,)
    counted(call, name, (3, least, least), 3)
    with pytest.raises((RuntimeError, ValueError)):
        counted(call, name, (3, least - 1, least - 1), 3)


def test_images_have_three_channels():
    with pytest.raises(Misfit, match=r"needs an image of 3 channels, and is given \[1, 28, 28\]"):
        rule("resnet18", (1, 28, 28))


def test_weights_come_from_torch_s_cache_and_are_never_fetched(call, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(Misfit, match="not on this machine") as refused:
        rule("squeezenet1_1", (3, 64, 64), weights="DEFAULT")
    assert "squeezenet1_1-b8a52dc0.pth" in refused.value.help
    with pytest.raises(Misfit, match='has no weights "IMAGENET22K"') as refused:
        rule("squeezenet1_1", (3, 64, 64), weights="IMAGENET22K")
    assert "IMAGENET1K_V1" in refused.value.help


def test_weights_are_loaded_but_for_another_number_of_classes(call, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    trained = models.squeezenet1_1(weights=None).state_dict()
    torch.save(trained, folder / "squeezenet1_1-b8a52dc0.pth")
    assert rule("squeezenet1_1", (3, 64, 64), 5, "DEFAULT").shape == (5,)
    wanted = call("squeezenet1_1", classes=5, weights="DEFAULT")
    built = build.layer(Layer(wanted, ((3, 64, 64),), (5,), 0)).eval()
    assert built(torch.rand(2, 3, 64, 64)).shape == (2, 5)
    first = "features.0.weight"
    assert torch.equal(built.state_dict()[f"1.{first}"], trained[first])
    assert torch.allclose(built[0](torch.full((1, 3, 1, 1), 0.485))[0, 0], torch.tensor(0.0))
