"""Generators and discriminators: rules say what torch does, sizes are those of the papers."""

from math import prod

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, Layer
from autodesign.stdlib import build
from autodesign.stdlib.library import standard

MASK = (1, 64, 64)
RGB = (3, 64, 64)
CASES = [
    ("ResnetGenerator", {"blocks": 2, "filters": 4}, [RGB, MASK]),
    ("ResnetGenerator", {"blocks": 0, "filters": 4, "norm": "batch"}, [(1, 8, 12)]),
    ("ResnetGenerator", {"filters": 2, "norm": "none", "blend": True}, [(3, 24, 8), (1, 24, 8)]),
    ("ResnetGenerator", {"blocks": 1, "filters": 4, "channels": 1}, [RGB]),
    ("UnetGenerator", {"filters": 2}, [RGB, MASK]),
    ("UnetGenerator", {"filters": 2}, [(3, 256, 256)]),
    ("UnetGenerator", {"filters": 2}, [(3, 48, 80)]),
    ("UnetGenerator", {"filters": 3, "depth": 1, "norm": "batch", "blend": True}, [(3, 6, 10)]),
    ("PatchGAN", {"filters": 4}, [RGB]),
    ("PatchGAN", {"filters": 4}, [(3, 24, 29)]),
    ("PatchGAN", {"receptive": 1, "filters": 4}, [RGB, MASK]),
    ("PatchGAN", {"receptive": 16, "filters": 4, "norm": "batch"}, [(3, 6, 7)]),
    ("PatchGAN", {"receptive": 34, "filters": 4, "norm": "none"}, [(3, 12, 12)]),
    ("PatchGAN", {"receptive": 286, "filters": 2}, [(3, 256, 256)]),
    ("MultiScalePatchGAN", {"filters": 4, "receptive": 34}, [(3, 45, 64)]),
    ("MultiScalePatchGAN", {"filters": 4, "scales": 1}, [RGB]),
    ("GlobalDiscriminator", {"filters": 4}, [RGB, MASK]),
    ("GlobalDiscriminator", {"filters": 4, "norm": "none"}, [(1, 8, 31)]),
    ("LocalDiscriminator", {"filters": 4}, [(3, 16, 23)]),
    ("LocalDiscriminator", {"filters": 4, "layers": 1, "levels": (3,)}, [(3, 9, 4)]),
    ("Parameter", {"shape": (3, 2), "init": 1.5}, []),
    ("Parameter", {}, []),
]


def derived(call: Call, sources):
    found = standard().layer(call.module, call.name, tuple(sources), call.args)
    args = {**call.args, **found.sizes}
    return found, Layer(Call("layer", call.name, call.module, args, call.span), (), (), 0)


@pytest.mark.parametrize(("name", "given", "sources"), CASES)
def test_shape_and_cost_are_torch_s(call, name, given, sources):
    found, layer = derived(call(name, **given), sources)
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        module = build.layer(layer)
        result = module(*(torch.rand(2, *shape) for shape in sources))
    assert found.parameters == sum(weights.numel() for weights in module.parameters())
    assert tuple(result.shape) == ((2, *found.shape) if sources else (1, *found.shape))
    assert counter.get_total_flops() == 4 * found.cost


@pytest.mark.parametrize(("name", "given", "sources"), CASES)
def test_the_least_sizes_run_in_training(call, name, given, sources):
    _, layer = derived(call(name, **given), sources)
    torch.manual_seed(0)
    images = [torch.rand(1, *shape) for shape in sources if prod(shape) < 20_000]
    if len(images) < len(sources):
        return
    module = build.layer(layer).train()
    result = module(*images)
    result.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())


@pytest.mark.parametrize("name", ["ResnetGenerator", "UnetGenerator"])
@pytest.mark.parametrize("blend", [False, True])
def test_what_is_made_stays_in_the_range_of_images(call, name, blend):
    _, layer = derived(call(name, filters=4, blend=blend), [(3, 16, 16), (1, 16, 16)])
    torch.manual_seed(0)
    made = build.layer(layer)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(50)
        image = made(torch.rand(2, 3, 16, 16), torch.ones(2, 1, 16, 16))
    assert image.min() >= 0 and image.max() <= 1


def test_a_blending_generator_starts_near_its_source(call):
    _, layer = derived(call("ResnetGenerator", filters=4, blend=True), [(3, 16, 16)])
    torch.manual_seed(0)
    image = torch.rand(2, 3, 16, 16)
    assert (build.layer(layer)(image) - image).abs().mean() < 0.05


# as the authors' code prints them: 11.378 M and 2.765 M for CycleGAN with instance norm, 54.414 M
# for the U-Net of pix2pix with batch norm
PUBLISHED = [
    ("ResnetGenerator", {}, [(3, 256, 256)], 11_378_179),
    ("UnetGenerator", {"norm": "batch"}, [(3, 256, 256)], 54_413_955),
    ("PatchGAN", {}, [(3, 256, 256)], 2_764_737),
]


@pytest.mark.parametrize(("name", "given", "sources", "count"), PUBLISHED)
def test_sizes_are_those_of_the_papers(call, name, given, sources, count):
    _, layer = derived(call(name, **given), sources)
    with torch.device("meta"):
        module = build.layer(layer)
    assert sum(p.numel() for p in module.parameters()) == count


@pytest.mark.parametrize("receptive", [1, 16, 34, 70, 142])
def test_a_score_sees_as_many_pixels_as_it_says(call, receptive):
    """The derivative of one score in the middle of the map reaches a square of that side."""
    side = 2 * receptive + 40
    given = call("PatchGAN", receptive=receptive, filters=1, norm="none")
    found, layer = derived(given, [(1, side, side)])
    torch.manual_seed(1)
    module = build.layer(layer).double()
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
    image = torch.rand(1, 1, side, side, dtype=torch.double, requires_grad=True)
    middle = found.shape[1] // 2
    (slope,) = torch.autograd.grad(module(image)[0, 0, middle, middle], image)
    touched = slope[0, 0].nonzero()
    assert (touched.amax(0) - touched.amin(0) + 1).tolist() == [receptive, receptive]


def test_coarser_maps_weigh_as_much_as_the_finest(call):
    _, layer = derived(call("MultiScalePatchGAN", filters=2, receptive=16), [(3, 32, 32)])
    torch.manual_seed(0)
    module = build.layer(layer)
    image = torch.rand(2, 3, 32, 32)
    scores, judges = module(image), module.layers.judges
    alone = judges[0](2 * image - 1)
    assert torch.equal(scores[:, :1], alone)
    assert scores.shape[1] == 3


MISFITS = [
    ("ResnetGenerator", {}, [(3, 30, 32)], "AD583", "4 divides", "32 x 32"),
    ("ResnetGenerator", {}, [(3, 4, 4)], "AD582", "at least 8 x 8", "enlarge"),
    ("ResnetGenerator", {"channels": 1, "blend": True}, [RGB], "AD584", "has 3", "leave out"),
    ("UnetGenerator", {}, [(3, 33, 32)], "AD583", "33 x 32", "34 x 32"),
    ("UnetGenerator", {"depth": 5}, [(3, 48, 48)], "AD583", "5 times", "depth=4"),
    ("PatchGAN", {}, [(3, 20, 20)], "AD582", "at least 24 x 24", "PatchGAN(34)"),
    ("PatchGAN", {"receptive": 16}, [(3, 5, 5)], "AD582", "6 x 6", "PatchGAN(1)"),
    ("MultiScalePatchGAN", {}, [RGB], "AD582", "at least 93 x 93", "fewer scales"),
    ("GlobalDiscriminator", {}, [(3, 7, 9)], "AD582", "8 x 8", "LocalDiscriminator"),
    ("LocalDiscriminator", {}, [(3, 15, 15)], "AD582", "16 x 16", "fewer layers"),
    ("LocalDiscriminator", {"levels": ()}, [RGB], None, "no levels", "levels="),
    ("PatchGAN", {}, [RGB, (1, 32, 32)], "AD584", "[1, 32, 32]", "crop"),
    ("PatchGAN", {}, [(10,)], None, "needs images", "image"),
    ("PatchGAN", {}, [], None, "given none", "apply it"),
    ("Parameter", {}, [RGB], None, "depends on nothing", "rate()"),
]


@pytest.mark.parametrize(("name", "given", "sources", "code", "message", "help"), MISFITS)
def test_what_does_not_fit_is_said(call, name, given, sources, code, message, help):
    with pytest.raises(Misfit) as refused:
        derived(call(name, **given), sources)
    assert message in refused.value.message and help in refused.value.help
    assert refused.value.code == code
