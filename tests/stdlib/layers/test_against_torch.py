"""Every layer rule says what torch does: the same shape, refusals, cost, and numbers learned.

Small sizes run on the CPU, so that a combination which torch refuses is one the rule refuses too.
"""

from math import prod
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Call, Layer, Shape
from autodesign.stdlib import build
from autodesign.stdlib.library import standard

TORCH_REFUSES = (RuntimeError, ValueError, IndexError, AssertionError)
few = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ours(call: Call, sources: tuple[Shape, ...]) -> Derived | None:
    try:
        return standard().layer(call.module, call.name, sources, call.args)
    except Misfit as misfit:
        assert misfit.message and misfit.help
        return None


def torch_gives(
    call: Call, derived: Derived | None, sources: tuple[Shape, ...], device: str
) -> tuple[Shape, int, int] | None:
    """Shape and multiplications (half of the counted flops) of one of two examples; parameters."""
    sizes = derived.sizes if derived else guessed_sizes(call, sources)
    full = Call(call.kind, call.name, call.module, {**call.args, **sizes}, call.span)
    try:
        with torch.device(device), FlopCounterMode(display=False) as counter:
            module = build.layer(Layer(full, sources, (), 0))
            result = module(*(torch.rand(2, *shape) for shape in sources))
    except TORCH_REFUSES:
        return None
    if result.numel() == 0:
        # torch lets some layers give nothing at all
        return None
    learned = sum(weights.numel() for weights in module.parameters())
    return tuple(result.shape[1:]), counter.get_total_flops() // 4, learned


def guessed_sizes(call: Call, sources: tuple[Shape, ...]) -> dict[str, Any]:
    """Sizes to build with where the rule has refused, so that it is torch itself that refuses."""
    first, last = (sources[0][0], sources[0][-1]) if sources and sources[0] else (1, 1)
    if call.name.startswith("Conv"):
        return {"in_channels": first}
    if "Norm1d" in call.name or "Norm2d" in call.name:
        return {"num_features": first}
    return {"Linear": {"in_features": last}, "GroupNorm": {"num_channels": first}}.get(
        call.name, {}
    )


def agree(call: Call, *sources: Shape, device: str = "cpu") -> None:
    derived = ours(call, sources)
    theirs = torch_gives(call, derived, sources, device)
    said = None if derived is None else (derived.shape, derived.cost, derived.parameters)
    assert said == theirs, f"{call.name}({dict(call.args)}) on {sources}"


def sizes(low: int, high: int, n: int) -> st.SearchStrategy[int | tuple[int, ...]]:
    one = st.integers(low, high)
    return one if n == 1 else one | st.tuples(*[one] * n)


def images(n: int, channels: int = 6, size: int = 9) -> st.SearchStrategy[Shape]:
    return st.tuples(st.integers(1, channels), *[st.integers(1, size)] * n)


@few
@given(st.data(), st.sampled_from([1, 2]))
def test_convolution(call, data, n):
    groups = data.draw(st.integers(1, 3))
    named = call(
        f"Conv{n}d",
        out_channels=groups * data.draw(st.integers(1, 3)) + data.draw(st.sampled_from([0, 0, 1])),
        kernel_size=data.draw(sizes(1, 4, n)),
        stride=data.draw(sizes(1, 3, n)),
        padding=data.draw(sizes(0, 4, n) | st.sampled_from(["same", "valid"])),
        dilation=data.draw(sizes(1, 3, n)),
        groups=groups,
        bias=data.draw(st.booleans()),
        padding_mode=data.draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
    )
    agree(named, data.draw(images(n)))


@few
@given(st.data(), st.sampled_from([1, 2]))
def test_transposed_convolution(call, data, n):
    groups = data.draw(st.integers(1, 3))
    named = call(
        f"ConvTranspose{n}d",
        out_channels=groups * data.draw(st.integers(1, 3)),
        kernel_size=data.draw(sizes(1, 4, n)),
        stride=data.draw(sizes(1, 3, n)),
        padding=data.draw(sizes(0, 3, n)),
        output_padding=data.draw(sizes(0, 2, n)),
        groups=groups,
        dilation=data.draw(sizes(1, 3, n)),
    )
    agree(named, data.draw(images(n)))


@few
@given(st.data(), st.sampled_from(["Max", "Avg", "LP"]), st.sampled_from([1, 2]))
def test_pooling(call, data, kind, n):
    given = {
        "kernel_size": data.draw(sizes(1, 4, n)),
        "stride": data.draw(st.none() | sizes(1, 4, n)),
        "ceil_mode": data.draw(st.booleans()),
    }
    if kind == "LP":
        given["norm_type"] = 2.0
    else:
        given["padding"] = data.draw(sizes(0, 3, n))
    if kind == "Max":
        given["dilation"] = data.draw(sizes(1, 2, n))
    agree(call(f"{kind}Pool{n}d", **given), data.draw(images(n)))


@few
@given(st.data(), st.sampled_from(["Avg", "Max"]), st.sampled_from([1, 2]))
def test_adaptive_pooling(call, data, kind, n):
    named = call(f"Adaptive{kind}Pool{n}d", output_size=data.draw(sizes(1, 5, n)))
    agree(named, data.draw(images(n)))


@few
@given(st.data(), st.sampled_from([1, 2]))
def test_padding(call, data, n):
    kind = data.draw(st.sampled_from(["Zero", "Constant", "Reflection", "Replication", "Circular"]))
    low = -3 if kind in ("Zero", "Constant") else 0
    one = st.integers(low, 5)
    given = {"padding": data.draw(one | st.tuples(*[one] * (2 * n)))}
    if kind == "Constant":
        given["value"] = 1.5
    agree(call(f"{kind}Pad{n}d", **given), data.draw(images(n)))


@few
@given(st.data())
def test_padding_of_channels(call, data):
    padding = data.draw(st.integers(-2, 3) | st.tuples(*[st.integers(-2, 3)] * 6))
    agree(call("ZeroPad3d", padding=padding), data.draw(images(2)))


@few
@given(st.data())
def test_upsampling(call, data):
    name = data.draw(st.sampled_from(["Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"]))
    n = data.draw(st.sampled_from([1, 2])) if name == "Upsample" else 2
    factor = st.floats(0.3, 3.0)
    given = {
        "size": data.draw(st.none() | sizes(1, 7, n)),
        "scale_factor": data.draw(st.none() | factor | st.tuples(*[factor] * n)),
    }
    if name == "Upsample":
        given["mode"] = data.draw(
            st.sampled_from(["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "area"])
        )
        given["align_corners"] = data.draw(st.sampled_from([None, None, False, True]))
    agree(call(name, **given), data.draw(images(n)))


@few
@given(images(2, channels=20), st.integers(1, 4))
def test_moving_between_channels_and_places(call, shape, factor):
    agree(call("PixelShuffle", upscale_factor=factor), shape)
    agree(call("PixelUnshuffle", downscale_factor=factor), shape)
    agree(call("ChannelShuffle", groups=factor), shape)


shapes = st.lists(st.integers(1, 6), min_size=0, max_size=4).map(tuple)


@few
@given(shapes, st.integers(-5, 5), st.integers(-5, 5))
@example((3, 4, 5), 1, -1)
def test_flatten(call, shape, start, end):
    if start != 0 and end != 0 and -len(shape) <= min(start, end):
        agree(call("Flatten", start_dim=start, end_dim=end), shape)
    else:
        # torch would flatten the batch too; here it is out of reach
        assert ours(call("Flatten", start_dim=start, end_dim=end), (shape,)) is None


@few
@given(
    shapes, st.integers(1, 5), st.lists(st.sampled_from([-1, 1, 2, 3, 6]), max_size=3).map(tuple)
)
def test_unflatten(call, shape, dim, wanted):
    agree(call("Unflatten", dim=dim, unflattened_size=wanted), shape)


@few
@given(shapes, st.integers(1, 7), st.booleans())
def test_linear(call, shape, width, bias):
    agree(call("Linear", out_features=width, bias=bias), shape)


@few
@given(shapes, st.sampled_from(["BatchNorm1d", "BatchNorm2d", "InstanceNorm1d", "InstanceNorm2d"]))
def test_normalisation_of_channels(call, shape, name):
    # torch takes [batch, *shape] without channels for [channels, ...] of one example
    if name.startswith("Instance") and len(shape) == int(name[-2]):
        assert ours(call(name), (shape,)) is None
    else:
        agree(call(name), shape)


@few
@given(shapes, st.integers(1, 4))
def test_group_and_response_normalisation(call, shape, number):
    if prod(shape) == number:
        # torch refuses this only when the batch is one example
        assert ours(call("GroupNorm", num_groups=number), (shape,)) is None
    elif shape:
        agree(call("GroupNorm", num_groups=number), shape)
    agree(call("LocalResponseNorm", size=number), shape)


@few
@given(shapes, st.sampled_from(["LayerNorm", "RMSNorm"]), st.data())
def test_normalisation_of_whole_examples(call, shape, name, data):
    last = data.draw(st.sampled_from([None, *(shape[i:] for i in range(len(shape))), (2,)]))
    if shape:
        agree(call(name, normalized_shape=last), shape)
    else:
        assert ours(call(name, normalized_shape=last), (shape,)) is None


@few
@given(shapes, st.sampled_from(["Softmax", "LogSoftmax", "Softmin", "GLU"]), st.data())
def test_activations_along_a_dimension(call, shape, name, data):
    dim = data.draw(st.integers(-len(shape) - 1, len(shape) + 1))
    if dim in (0, -len(shape) - 1):
        assert ours(call(name, dim=dim), (shape,)) is None
    else:
        agree(call(name, dim=dim), shape)


ELEMENTWISE = (
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "ELU", "SELU", "CELU", "GELU", "SiLU"),
    *("Mish", "Hardswish", "Hardsigmoid", "Hardtanh", "Sigmoid", "LogSigmoid", "Tanh"),
    *("Tanhshrink", "Softplus", "Softshrink", "Softsign", "Hardshrink", "Dropout", "AlphaDropout"),
    *("FeatureAlphaDropout", "Identity", "Softmax2d"),
)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (3, 4, 5)])
def test_layers_that_keep_the_shape(call, name, shape):
    if name == "Softmax2d" and len(shape) != 3:
        assert ours(call(name), (shape,)) is None
    else:
        agree(call(name), shape)


@pytest.mark.parametrize("name, n", [("Dropout1d", 1), ("Dropout2d", 2)])
@pytest.mark.parametrize("shape", [(5,), (3, 4), (3, 4, 5)])
def test_dropout_of_channels(call, name, n, shape):
    if len(shape) == n + 1:
        agree(call(name), shape)
    else:
        # torch takes other ranks with a warning, and drops something else than channels
        assert ours(call(name), (shape,)) is None


def test_activations_with_bounds(call):
    agree(call("Threshold", threshold=0.1, value=20.0), (3, 4))
    for low, high in ((0.0, 1.0), (1.0, 1.0), (2.0, 1.0)):
        agree(call("Hardtanh", min_val=low, max_val=high), (3, 4))
        agree(call("RReLU", lower=low, upper=high), (3, 4))
    for number in (1, 3, 4):
        agree(call("PReLU", num_parameters=number), (3, 4, 4))


@few
@given(st.lists(shapes, min_size=1, max_size=3), st.integers(1, 4))
def test_joining(call, sources, dim):
    same = [sources[0]] * 3
    agree(call("concat", dim=dim), *same)
    agree(call("add"), *same)
    agree(call("multiply"), *same)
    if len(sources) > 1:
        agree(call("concat", dim=dim), *sources)


def test_joining_is_of_equal_shapes_and_never_of_one_value(call):
    # torch would broadcast; the language does not, but for a default
    for name in ("add", "multiply"):
        assert ours(call(name), ((3, 4), (1, 4))) is None
        assert ours(call(name), ((3, 4),)) is None
    assert ours(call("concat"), ((3, 4),)) is None
    assert ours(call("concat", dim=0), ((3, 4), (3, 4))) is None


@given(shapes)
@few
def test_const_gives_one_example_to_broadcast(call, shape):
    named = call("const", value=2.5, shape=shape)
    derived = ours(named, ())
    value = build.layer(Layer(named, (), shape, 0))()
    assert derived == Derived(shape, 0)
    assert value.shape == (1, *shape)
    assert value.sum() == 2.5 * prod(shape)
    assert ours(named, ((3,),)) is None


LARGE = [
    ("Conv2d", {"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3}, (3, 224, 224)),
    (
        "Conv2d",
        {"out_channels": 96, "kernel_size": 7, "padding": "same", "groups": 96},
        (96, 56, 56),
    ),
    ("Conv2d", {"out_channels": 512, "kernel_size": 3, "dilation": 2, "padding": 2}, (512, 28, 28)),
    ("Conv1d", {"out_channels": 64, "kernel_size": 80, "stride": 4}, (1, 16000)),
    (
        "ConvTranspose2d",
        {"out_channels": 64, "kernel_size": 4, "stride": 2, "padding": 1},
        (128, 64, 64),
    ),
    ("Linear", {"out_features": 4096}, (25088,)),
    ("MaxPool2d", {"kernel_size": 3, "stride": 2, "ceil_mode": True}, (64, 112, 112)),
    ("Upsample", {"scale_factor": 2.0, "mode": "bilinear"}, (256, 64, 64)),
]


@pytest.mark.parametrize("name, given, shape", LARGE)
def test_sizes_of_real_networks_on_meta_tensors(call, name, given, shape):
    agree(call(name, **given), shape, device="meta")


@pytest.mark.parametrize("sources", [(), ((3, 8, 8), (3, 8, 8))])
def test_layers_of_one_value_refuse_none_and_two(declared, defaults, sources):
    for name, (module, declaration) in declared.items():
        of_one_value = module.startswith("std.layers.") and not module.endswith("merge")
        if declaration.kind.id == "layer" and of_one_value:
            args = {
                name: 1 if value is ... else value for name, value in defaults(declaration).items()
            }
            with pytest.raises(Misfit, match=r"given (none|2)"):
                standard().layer(module, name, sources, args)
