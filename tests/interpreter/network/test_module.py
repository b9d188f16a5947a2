"""A network is a torch module like any other."""

import copy
import io
import pickle
import weakref

import pytest
import torch

from autodesign.interpreter.network.errors import NetworkError

IMAGES = """
network Inner {
  input   a: image[4, 8, 8]
  control Q(a) = Flatten | Linear   ~> A, B
  node    A(a) = Conv2d(4, 3, padding=1) | ReLU
  node    B(a) = Conv2d(4, 1)
  output  b = A ?? B
}
network Net {
  input   x: image[1, 8, 8]
  node    N1(x) = Conv2d(4, 3, padding=1) | ReLU
  control Q(N1) = MaxPool2d(2) | Flatten | Linear   ~> N2, N3
  node    N2(N1) = Inner | Flatten | Linear(2)
  node    N3(N1) = MaxPool2d(4) | Flatten | Linear(2)
  output  y = N2 ?? N3
}
"""


def test_weights_lie_under_the_names_of_the_spec(build) -> None:
    names = set(build(IMAGES).state_dict())
    assert {"N1.0.weight", "Q.2.bias", "N2.Inner.A.0.weight", "N2.2.weight"} <= names


def test_state_dict_round_trips(build) -> None:
    net, other = build(IMAGES), build(IMAGES)
    torch.nn.init.normal_(other.node("N1").get_parameter("0.weight"))
    other.load_state_dict(net.state_dict())
    x = torch.randn(6, 1, 8, 8)
    assert torch.equal(net(x)["y"], other(x)["y"])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_whole_and_apart(build, copied) -> None:
    net = build(IMAGES)
    other = copied(net)
    x = torch.randn(6, 1, 8, 8)
    assert torch.equal(net(x)["y"], other(x)["y"])
    with torch.no_grad():
        other.node("N1").get_parameter("0.weight").zero_()
    assert net.node("N1").get_parameter("0.weight").any()


def test_saves_and_loads_as_a_file(build) -> None:
    net = build(IMAGES)
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(torch.load(file, weights_only=False)(x)["y"], net(x)["y"])


def test_node_names_that_torch_uses_itself(build) -> None:
    net = build("""
network Net {
  input  x: vector[2]
  node   forward(x) = Linear(2)
  node   type(forward) = Linear(2)
  node   train(type) = Linear(2)
  output y = train
}""")
    assert net.train().eval()(torch.ones(3, 2))["y"].shape == (3, 2)
    assert {"forward.0.weight", "type.0.weight", "train.0.bias"} <= set(net.state_dict())


def test_inputs_by_place_or_by_name(build) -> None:
    net = build("""
network Net {
  input  a: vector[2]
  input  b: vector[3]
  node   N(a, b) = concat(1) | Linear(2)
  output y = N
}""")
    a, b = torch.randn(4, 2), torch.randn(4, 3)
    assert torch.equal(net(a, b)["y"], net(b=b, a=a)["y"])
    assert torch.equal(net(a, b)["y"], net(a, b=b)["y"])


def test_an_empty_batch_gives_empty_results(build) -> None:
    out = build(IMAGES)(torch.randn(0, 1, 8, 8), decisions={"Q": torch.zeros(0, dtype=torch.long)})
    assert out["y"].shape == (0, 2)
    assert out.scores["Q"].shape == (0, 2)
    assert out.cost.shape == out.executed["N2.Inner.A"].shape == out.present["y"].shape == (0,)


@pytest.mark.parametrize("batch", [1, 2, 5, 33])
def test_gradients_reach_what_ran_and_nothing_else(build, batch: int, device) -> None:
    net = build(IMAGES).to(device)
    x = torch.randn(batch, 1, 8, 8, device=device)
    out = net(x, decisions={"Q": torch.zeros(batch, dtype=torch.long, device=device)})
    (out["y"].sum() + out.scores["Q"].sum()).backward()
    assert net.node("N1").get_parameter("0.weight").grad.abs().sum() > 0
    assert net.node("Q").get_parameter("2.weight").grad.abs().sum() > 0
    assert net.node("N2").get_parameter("2.weight").grad.abs().sum() > 0
    assert net.node("N3").get_parameter("2.weight").grad is None


@pytest.mark.parametrize("batch", [1, 7])
def test_autocast_merges_in_the_type_of_the_values(build, batch: int, device) -> None:
    net = build(IMAGES).to(device)
    x = torch.randn(batch, 1, 8, 8, device=device)
    decisions = {"Q": torch.arange(batch, device=device) % 2}
    with torch.autocast(device.type, dtype=torch.bfloat16):
        out = net(x, decisions=decisions)
    assert out["y"].dtype == torch.bfloat16
    assert torch.allclose(out["y"].float(), net(x, decisions=decisions)["y"], atol=0.05)
    out["y"].float().sum().backward()


@pytest.mark.parametrize("batch", [1, 7])
def test_inference_mode_and_double_precision(build, batch: int, device) -> None:
    net = build(IMAGES).to(device).double().eval()
    x = torch.randn(batch, 1, 8, 8, device=device, dtype=torch.float64)
    with torch.inference_mode():
        out = net(x)
    assert out["y"].dtype == torch.float64
    assert torch.allclose(out["y"], net(x)["y"], rtol=1e-12)


def test_train_and_eval_reach_every_layer(build) -> None:
    net = build("""
network Net {
  input  x: vector[64]
  node   N(x) = Dropout(0.5)
  output y = N
}""")
    x = torch.ones(4, 64)
    assert not torch.equal(net(x)["y"], x)
    assert torch.equal(net.eval()(x)["y"], x)


def test_a_skipped_row_costs_no_work(build) -> None:
    """Each layer is called once, with just the rows that need it."""
    net = build(IMAGES)
    calls = {}
    for name in ("N1", "N2", "N3"):
        last = list(net.node(name).children())[-1]
        last.register_forward_hook(
            lambda _, args, __, name=name: calls.setdefault(name, []).append(len(args[0]))
        )
    net(torch.randn(5, 1, 8, 8), decisions={"Q": torch.tensor([1, 0, 1, 1, 1])})
    assert calls == {"N1": [5], "N2": [1], "N3": [4]}
    calls.clear()
    net(torch.randn(5, 1, 8, 8), decisions={"Q": torch.ones(5, dtype=torch.long)})
    assert calls == {"N1": [5], "N3": [5]}


def test_hooks_on_a_node_fire(build) -> None:
    net = build(IMAGES)
    seen = []
    net.node("N3").register_forward_hook(lambda *_: seen.append("N3"))
    net(torch.randn(2, 1, 8, 8), decisions={"Q": torch.ones(2, dtype=torch.long)})
    assert seen == ["N3"]


def test_values_are_dropped_when_nothing_needs_them(build) -> None:
    """Without gradients, the value of N1 is gone when N3 has read it."""
    net = build("""
network Net {
  input  x: vector[4]
  node   N1(x) = Linear(4)
  node   N2(N1) = Linear(4)
  node   N3(N2) = Linear(4)
  output y = N3
}""")
    value, alive = [], []
    net.node("N1").register_forward_hook(lambda _, __, v: value.append(weakref.ref(v)))
    net.node("N3").register_forward_hook(lambda *_: alive.append(value[0]() is not None))
    for batch in (1, 3):
        with torch.inference_mode():
            net(torch.randn(batch, 4))
    assert alive == [False, False]


@pytest.mark.parametrize("strict", [True, False])
def test_export_is_refused_in_words(build, strict: bool) -> None:
    with pytest.raises(Exception, match="AD959"):
        torch.export.export(build(IMAGES), (torch.randn(2, 1, 8, 8),), strict=strict)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_tracing_is_refused(build) -> None:
    with pytest.raises(NetworkError, match="AD959"):
        torch.jit.trace(build(IMAGES), torch.randn(2, 1, 8, 8))


def test_a_node_can_be_exported_alone(build) -> None:
    node = build(IMAGES).node("N3")
    x = torch.randn(2, 4, 8, 8)
    assert torch.allclose(torch.export.export(node, (x,)).module()(x), node(x))


def test_errors_are_value_errors_with_a_diagnostic(build) -> None:
    with pytest.raises(ValueError, match=r"error\[AD951\]") as caught:
        build(IMAGES)(torch.randn(2, 3, 8, 8))
    assert caught.value.diagnostic.code == "AD951"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_the_device_is_waited_for_once_for_each_control_node(build) -> None:
    net = build(IMAGES).cuda()
    x = torch.randn(16, 1, 8, 8, device="cuda")
    net(x)
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with pytest.warns(UserWarning, match="synchroniz") as waited:
            net(x)["y"].sum()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(waited) <= len(net.names.controls)
