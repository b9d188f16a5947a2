"""Inputs without sizes, which follow from what flows in, and networks handed to networks."""

import pytest

RESIDUAL = """
network Residual(d) {
  input x: image
  node  inner(x) = Conv2d(d, 3, padding=1) | ReLU
  node  sum(inner, x) = add
  output y = sum
}
"""
LEVEL = """
network Level(d, inner) {
  input x: image
  node  beside(x) = Conv2d(d, 3, padding=1)
  node  below(x) = MaxPool2d(2) | Conv2d(d, 3, padding=1) | inner | Upsample(scale_factor=2)
  node  sum(beside, below) = add
  output y = sum
}
"""
NET = "network Net {{ input x: {}  node N(x) = {}  output y = N }}"
TRAIN = """
data digits = {data}
train t = {net} on digits {{
  minimize CrossEntropyLoss(y, label)  using SGD(lr=0.1)  epochs 1  batch 8
}}
"""


def test_the_sizes_of_a_layer_follow_from_what_it_is_fed(checked):
    spec = checked(
        RESIDUAL + NET.format("image[3, 8, 6]", "Residual(3) | MaxPool2d(2) | Residual(3)")
    )
    first, _, second = spec.networks["Net"].node("N").steps
    assert [i.shape for i in (*first.network.inputs, *second.network.inputs)] == [
        (3, 8, 6),
        (3, 4, 3),
    ]
    assert "Residual" not in spec.networks


def test_a_network_takes_its_sizes_from_the_data(checked):
    net = "network Net(k) { input image: image  node N(image) = Flatten | Linear(k)  output y = N }"
    for data, shape in (("Digits()", (1, 8, 8)), ("Resize(Digits(), size=[4, 5])", (1, 4, 5))):
        spec = checked(net + TRAIN.format(data=data, net="Net(10)"))
        assert spec.jobs["t"].network.inputs[0].shape == shape
        assert spec.networks["Net"] is spec.jobs["t"].network


def test_a_network_can_be_handed_to_itself(checked):
    spec = checked(LEVEL + NET.format("image[4, 16, 16]", "Level(4, Level(4, Level(4, ReLU)))"))
    shapes, network = [], spec.networks["Net"]
    for node in ("N", "below", "below"):
        step = next(s for s in network.node(node).steps if hasattr(s, "network"))
        network = step.network
        shapes.append(network.inputs[0].shape)
    assert shapes == [(4, 16, 16), (4, 8, 8), (4, 4, 4)]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (RESIDUAL + NET.format("vector[8]", "Residual(8)"), ["AD313"]),
        (RESIDUAL + NET.format("image[3, 8, 8]", "Residual(4)"), ["AD311"]),
        (
            RESIDUAL + "network Net { input a: image[3, 8, 8]  input b: image[3, 8, 8]"
            " node N(a, b) = Residual(3)  output y = N }",
            ["AD327"],
        ),
        (NET.format("image", "Residual(3)") + TRAIN.format(data="Nowhere()", net="Net"), ["AD201"]),
        (
            "network Net { input x: signal  node N(x) = Flatten | Linear(10)  output y = N }"
            + TRAIN.format(data="Digits()", net="Net"),
            ["AD705"],
        ),
        ("network Net { input x: image  node N(x) = Net  output y = N }", []),
        (
            "network Net { input x: image  node N(x) = Net  output y = N }"
            + TRAIN.format(data="Digits()", net="Net"),
            ["AD228"],
        ),
    ],
)
def test_what_does_not_go_together_is_refused(check, text, codes):
    assert check(text)[1] == codes


def test_networks_handed_on_too_deep_are_refused(check):
    chain = "Hold(" * 60 + "ReLU" + ")" * 60
    hold = "network Hold(inner) { input x: vector  node N(x) = inner  output y = N }"
    assert check(hold + NET.format("vector[4]", chain))[1] == ["AD210"]
