"""Players: bodies of all kinds, and the shapes that follow from what they are applied to."""

import pytest

from autodesign.dsl.spec import Call, Layer, Network

REST = "goal M minimize mean(M(x)) goal G minimize mean(G(x)) goal D minimize mean(D(x)) "
REST += "joint for 1 epochs"


def player(job, name):
    return next(player for player in job.pipeline.players if player.name == name)


def test_a_chain_has_the_sizes_of_what_it_is_applied_to(played):
    made = player(played(REST), "M")
    assert (made.sources, made.shape) == (((1, 8, 8),), (10,))
    layers = [step for step in made.body if isinstance(step, Layer)]
    assert [layer.call.name for layer in layers] == ["Flatten", "Linear"]
    assert layers[1].call.args["in_features"] == 64


def test_convolutions_are_applied_to_other_sizes(played):
    job = played(f"player small = MaxPool2d(2) let a = mean(G(small(x))) + mean(G(x)) {REST}")
    values = {value.text: value.type.shape for value in job.pipeline.values}
    assert values["G(small(x))"] == (1, 4, 4) and values["G(x)"] == (1, 8, 8)
    assert player(job, "G").sources == ((1, 4, 4),)  # the first application


def test_layers_of_other_sizes_are_refused(codes):
    assert codes(f"player small = MaxPool2d(2) let a = mean(M(small(x))) {REST}") == ["AD513"]


def test_what_does_not_fit_is_said_of_the_layer_and_of_where_it_is_applied(check):
    from autodesign.dsl.load import load_text
    from autodesign.stdlib.library import standard

    text = """ad 1
data digits = Digits()
pipeline P(a: data) {
  draw x from a
  player M = Flatten | Conv2d(4, 3)
  goal M minimize mean(M(x))
  joint for 1 epochs
}
train j = P(digits) { using SGD(lr=0.1) batch 8 }"""
    (found,) = load_text(text, "x.ad", standard())[1]
    assert found.code == "AD311" and found.span.text == "Conv2d(4, 3)"
    assert [(label.span.text, label.text) for label in found.related] == [
        ("M(x)", "`M` is applied to [1, 8, 8] here")
    ]


NETWORK = """
network Net(d: int = 32) {
  input  image: image
  node   N(image) = Flatten | Linear(d) | ReLU | Linear(10)
  output y = N
}
data digits = Digits()
pipeline P(a: data, part = Linear(7)) {
  draw (x, label) from a
  player M = BODY
  goal M minimize mean(M(x))
  joint for 1 epochs
}
train j = P(digits) { using SGD(lr=0.1) batch 8 }
"""


def test_a_network_is_a_player(checked):
    made = player(checked(NETWORK.replace("BODY", "Net(16)")).jobs["j"], "M")
    assert isinstance(made.body, Network) and made.body.node("N").greatest == 64 * 16 + 16 * 10
    assert made.shape == (10,)


def test_a_network_is_a_layer_of_a_player(checked):
    made = player(checked(NETWORK.replace("BODY", "Net | part")).jobs["j"], "M")
    assert isinstance(made.body, tuple) and len(made.body) == 2 and made.shape == (7,)


def test_several_sources(checked):
    text = NETWORK.replace("BODY", "add | Flatten | Linear(3)").replace("M(x)", "M(x, 2 * x)")
    assert player(checked(text).jobs["j"], "M").sources == ((1, 8, 8), (1, 8, 8))


def test_a_parameter_is_a_number_or_a_tensor(checked):
    number = NETWORK.replace("BODY", "Parameter()").replace("mean(M(x))", "M()")
    pipeline = checked(number).jobs["j"].pipeline
    assert [v.type.kind for v in pipeline.values if v.text == "M()"] == ["number"]
    tensor = NETWORK.replace("BODY", "Parameter(3)").replace("M(x)", "M()")
    pipeline = checked(tensor).jobs["j"].pipeline
    assert [v.type.shape for v in pipeline.values if v.text == "M()"] == [(3,)]


@pytest.mark.parametrize("body", ["find", "retinanet_small(classes=1)"])
def test_a_detector_is_a_player_that_operations_apply(checked, body):
    spec = checked(f"""
      data labelled = PastedObjects(Digits(), count=100, one_class=true)
      pipeline P(a: data, find: detector = retinanet_small(classes=1)) {{
        draw (y, box) from a
        player DET = {body}
        goal DET minimize detection(DET, y, box)
        joint for 1 epochs
      }}
      train j = P(labelled) {{ using SGD(lr=0.1) batch 8 }}""")
    made = player(spec.jobs["j"], "DET")
    assert isinstance(made.body, Call) and made.body.kind == "detector"
    assert (made.sources, made.shape) == (((3, 64, 64),), None)


@pytest.mark.parametrize(
    ("written", "name"),
    [("Flatten | Linear(10)", None), ("Flatten | Linear(10) using Adam(lr=0.5)", "Adam")],
)
def test_an_optimiser_of_its_own(checked, written, name):
    made = player(checked(NETWORK.replace("BODY", written)).jobs["j"], "M")
    assert (made.optimizer and made.optimizer.name) == name


def test_a_player_that_never_learns_needs_no_optimiser(codes):
    goals = "goal G minimize mean(G(x)) let c = mean(M(x)) + mean(D(x)) joint for 1 epochs"
    assert codes(goals) == ["AD507", "AD507"]
    assert codes(goals, job="batch 8") == ["AD507", "AD507", "AD525"]


def test_a_player_without_weights_needs_no_goal(codes):
    assert codes(f"player small = MaxPool2d(2) let a = mean(small(x)) {REST}") == []
