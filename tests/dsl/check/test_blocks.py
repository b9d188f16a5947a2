"""Blocks, `repeat`, and networks used as layers."""

NET = "network Net {{ input x: vector[4]  node N(x) = {} output y = N }}"


def steps(spec, name="Net", node="N"):
    return [
        getattr(s, "call", s).name if hasattr(s, "call") else s.label
        for s in spec.networks[name].node(node).steps
    ]


def test_a_block_is_its_body(checked):
    spec = checked("block fc(d, act=ReLU) = Linear(d) | act " + NET.format("fc(8) | fc(2, Tanh)"))
    assert steps(spec) == ["Linear", "ReLU", "Linear", "Tanh"]


def test_a_chain_can_be_handed_to_a_block(checked):
    spec = checked("block twice(part) = part | part " + NET.format("twice(Linear(3) | ReLU)"))
    assert steps(spec) == ["Linear", "ReLU"] * 2


def test_parameters_of_a_block_default_to_earlier_ones(checked):
    spec = checked("block fc(d, e=2 * d) = Linear(d) | Linear(e) " + NET.format("fc(3)"))
    assert spec.networks["Net"].node("N").shape == (6,)


def test_repeat_makes_copies(checked):
    assert steps(checked(NET.format("repeat(3, Linear(4) | ReLU)"))) == ["Linear", "ReLU"] * 3


def test_leading_sizes_follow_from_shapes(checked):
    spec = checked(
        "network Net { input x: image[3, 8, 8] "
        "node N(x) = Conv2d(5, 3) | BatchNorm2d | Flatten | Linear(2) output y = N }"
    )
    first, norm, _, last = spec.networks["Net"].node("N").steps
    assert first.call.args["in_channels"] == 3
    assert norm.call.args["num_features"] == 5
    assert last.call.args["in_features"] == 5 * 6 * 6
    assert (first.shape, last.shape) == ((5, 6, 6), (2,))


INNER = """
network Inner(width: int = 3) {
  input   z: vector[4]
  control Q(z) = Linear  ~> A, skip
  node    A(z) = Linear(width)
  output  y = A
}
"""


def test_a_network_is_a_layer_with_parameters(checked):
    spec = checked(INNER + NET.format("Inner(6) | Linear(2)"))
    nested = spec.networks["Net"].node("N").steps[0]
    assert nested.label == "Inner"
    assert nested.network.node("A").shape == (6,)
    assert spec.networks["Inner"].node("A").shape == (3,)


def test_two_copies_of_a_network_have_two_labels(checked):
    spec = checked(INNER + NET.format("Inner(4) | Inner(4)"))
    assert steps(spec) == ["Inner", "Inner_2"]


def test_mistakes_inside_a_block_show_where_it_was_used(check):
    from autodesign.dsl.load import load_text
    from autodesign.stdlib.library import standard

    text = "ad 1\nblock conv(f) = Conv2d(f, 3)\n" + NET.format("conv(8)")
    (found,) = load_text(text, "test.ad", standard())[1]
    assert (found.code, found.span.text) == ("AD311", "Conv2d(f, 3)")
    assert [label.span.text for label in found.related] == ["conv"]


def test_names_in_a_block_that_nobody_uses_are_looked_up(check):
    assert check("block fc(d) = Linaer(d) | ReLU")[1] == ["AD201"]
