"""Layers of growing networks against definitions written element by element."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Layer
from autodesign.stdlib import build
from autodesign.stdlib.library import standard


@pytest.fixture(autouse=True)
def exact():
    """The references are compared in float64: what remains is rounding of sums of a few terms."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def made(call, *sources):
    """The layer on sources of these shapes, as the rule fits it."""
    derived = standard().layer(call.module, call.name, sources, call.args)
    full = type(call)(call.kind, call.name, call.module, {**call.args, **derived.sizes}, call.span)
    torch.manual_seed(0)
    module = build.layer(Layer(full, sources, derived.shape, derived.cost))
    assert sum(p.numel() for p in module.parameters()) == derived.parameters
    return module, derived


@pytest.mark.parametrize("given", [{}, {"stride": 2, "padding": 1}, {"bias": False}, {"gain": 1.0}])
@pytest.mark.parametrize("kernel", [1, 3, 4, (3, 5)])
def test_equalized_convolution_scales_its_weights_when_it_runs(call, kernel, given):
    named = call("EqualizedConv2d", out_channels=5, kernel_size=kernel, **given)
    layer, derived = made(named, (3, 8, 8))
    height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    gain = given.get("gain", math.sqrt(2))
    plain = nn.Conv2d(3, 5, kernel, given.get("stride", 1), given.get("padding", "same"))
    with torch.no_grad():
        plain.weight.copy_(layer.weight * (gain / math.sqrt(3 * height * width)))
        plain.bias.copy_(torch.zeros(5) if layer.bias is None else layer.bias)
    x = torch.rand(2, 3, 8, 8)
    assert derived.shape == tuple(layer(x).shape[1:])
    torch.testing.assert_close(layer(x), plain(x))


def test_equalized_layers_keep_the_variance_of_relu_networks(call):
    """He et al. 2015: with gain sqrt(2) the second moment stays through ReLU layers."""
    layer, _ = made(call("EqualizedLinear", out_features=2000), (1000,))
    assert float(layer.weight.detach().std()) == pytest.approx(1, rel=0.01)  # of 2e6 draws
    x = torch.relu(torch.randn(200, 1000))
    after = float(torch.relu(layer(x)).detach().square().mean())
    assert after == pytest.approx(float(x.square().mean()), rel=0.05)


def test_equalized_linear_scales_its_weights_when_it_runs(call):
    layer, derived = made(call("EqualizedLinear", out_features=4, gain=1.0), (7,))
    x = torch.rand(3, 7)
    expected = x @ layer.weight.T / math.sqrt(7) + layer.bias
    assert derived.shape == (4,)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 3)])
def test_pixel_norm_divides_by_the_root_mean_square_of_channels(call, shape):
    layer, derived = made(call("PixelNorm"), shape)
    x = torch.randn(2, *shape)
    expected = x.clone()
    for n, *place in itertools.product(range(2), *map(range, shape[1:])):
        column = x[(n, slice(None), *place)]
        norm = math.sqrt(sum(float(v) ** 2 for v in column) / 5 + 1e-8)
        expected[(n, slice(None), *place)] = column / norm
    assert derived.shape == shape
    torch.testing.assert_close(layer(x), expected)


def slow_spread(x: Tensor, size: int) -> Tensor:
    """[n]: for each example the mean deviation of the features of its group."""
    found = []
    for start in range(0, len(x), size):
        group = [x[i].flatten().tolist() for i in range(start, start + size)]
        deviations = []
        for values in zip(*group, strict=True):
            mean = sum(values) / size
            deviations.append(math.sqrt(sum((v - mean) ** 2 for v in values) / size + 1e-8))
        found += [sum(deviations) / len(deviations)] * size
    return torch.tensor(found)


@pytest.mark.parametrize(("batch", "group", "meant"), [(8, 4, 4), (6, 4, 3), (5, 4, 1), (3, 8, 3)])
def test_minibatch_std_dev_adds_how_much_a_group_differs(call, batch, group, meant):
    layer, derived = made(call("MinibatchStdDev", group_size=group), (3, 2, 4))
    x = torch.randn(batch, 3, 2, 4)
    y = layer(x)
    assert derived.shape == tuple(y.shape[1:]) == (4, 2, 4)
    assert torch.equal(y[:, :3], x)
    expected = slow_spread(x, meant).view(batch, 1, 1).expand(batch, 2, 4)
    torch.testing.assert_close(y[:, 3], expected)


def test_minibatch_std_dev_has_a_gradient_where_examples_are_equal(call):
    layer, _ = made(call("MinibatchStdDev"), (2, 2, 2))
    x = torch.ones(4, 2, 2, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), x)
    assert bool(slope.isfinite().all()) and bool(second.isfinite().all())


def test_fade_in_goes_from_the_old_to_the_new(call):
    layer, derived = made(call("FadeIn"), (2, 3, 3), (2, 3, 3))
    old, new = torch.randn(2, 4, 2, 3, 3)
    assert derived.shape == (2, 3, 3)
    assert torch.equal(layer(old, new), old)  # it begins at 0
    for alpha in (0.0, 0.3, 1.0):
        layer.alpha.fill_(alpha)
        torch.testing.assert_close(layer(old, new), (1 - alpha) * old + alpha * new)
    assert torch.equal(layer(old, new), new)


@pytest.mark.parametrize("name", ["PixelNorm", "MinibatchStdDev", "FadeIn", "EqualizedConv2d"])
def test_what_layers_take_twice_differentiable(call, name):
    """WGAN-GP differentiates a gradient again: against finite differences."""
    given = {"out_channels": 2, "kernel_size": 3} if name == "EqualizedConv2d" else {}
    sources = ((2, 3, 3),) * (2 if name == "FadeIn" else 1)
    layer, _ = made(call(name, **given), *sources)
    if name == "FadeIn":
        layer.alpha.fill_(0.3)
    values = tuple(torch.randn(4, 2, 3, 3, requires_grad=True) for _ in sources)
    assert torch.autograd.gradgradcheck(layer, values)


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("PixelNorm", ((),)),
        ("PixelNorm", ()),
        ("MinibatchStdDev", ((5,),)),
        ("FadeIn", ((3,),)),
        ("FadeIn", ((3,), (4,))),
        ("FadeIn", ((3,), (3,), (3,))),
    ],
)
def test_what_does_not_fit_is_refused(call, name, sources):
    named = call(name)
    with pytest.raises(Misfit) as misfit:
        standard().layer(named.module, name, sources, named.args)
    assert misfit.value.message and misfit.value.help
