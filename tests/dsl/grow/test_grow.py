"""What moves make of networks: nodes, shapes, and where the child's layers come from."""

import pytest

from autodesign.dsl.grow import first, grow, replay
from autodesign.dsl.library import Misfit
from autodesign.stdlib.library import standard

LIBRARY = standard()
CONV = "EqualizedConv2d({}, 3) | LeakyReLU(0.2)"


def child(growth, move=0, rule="overlap", after=()):
    parent = replay(growth, [growth.moves[i] for i in after], LIBRARY)
    return grow(growth, parent, growth.moves[move], LIBRARY, rule)


def graph(network):
    """Each node with what it reads and the names of its layers."""
    return {
        node.name: (
            tuple(edge.sources[0] for edge in node.inputs),
            " ".join(step.call.name for step in node.steps),
        )
        for node in network.nodes
    }


def test_first_architecture_is_the_growth_as_it_begins(gan):
    growth = gan(f"action deeper = {CONV.format(4)} before G.rgb")
    begin = first(growth, LIBRARY)
    assert begin.networks["G"] is growth.networks[0].network
    assert (begin.resolution, begin.moves, begin.layers) == (4, (), {"G": 0, "D": 0})
    # Linear 6 * 64 + 64 and a 1x1 convolution 4 * 3 + 3;
    # 3 * 8 + 8, 8 * 6 * 9 + 6, and 6 * 4 * 4 + 1
    assert begin.parameters == {"G": 448 + 15, "D": 32 + 438 + 97}


def test_heads_give_images_or_read_them(gan):
    growth = gan(f"action deeper = {CONV.format(4)} before G.rgb")
    assert [grown.head for grown in growth.networks] == ["rgb", "stem"]


def test_insertion_of_another_width_changes_its_reader(gan):
    after = child(gan(f"action deeper = {CONV.format(7)} before G.rgb"))
    assert graph(after.settled.networks["G"])["grown1"] == (
        ("base",),
        "EqualizedConv2d LeakyReLU",
    )
    rgb = after.settled.networks["G"].node("rgb")
    assert rgb.inputs[0].sources == ("grown1",)
    assert rgb.steps[0].call.args["in_channels"] == 7
    assert after.widened["G"] == ((("rgb", 0), ("rgb", 0)),)
    assert (("base", 0), ("base", 0)) in after.inherited["G"]
    assert after.trained["G"] == after.settled.networks["G"] and after.fade is None
    assert after.trained["D"] is after.settled.networks["D"] and after.widened["D"] == ()
    assert after.settled.layers == {"G": 1, "D": 0}


def test_insertion_of_the_same_width_widens_nothing(gan):
    after = child(gan(f"action deeper = {CONV.format(4)} before G.rgb"))
    assert after.widened["G"] == ()


def test_insertion_after_a_node_comes_before_its_reader(gan):
    after = child(gan(f"action deeper = {CONV.format(5)} after D.stem"))
    nodes = graph(after.settled.networks["D"])
    assert nodes["grown1"][0] == ("stem",) and nodes["score"][0] == ("grown1",)
    assert after.widened["D"] == ((("score", 0), ("score", 0)),)


def test_further_insertions_come_next_to_the_anchor(gan):
    growth = gan(f"action deeper(n in {{5, 6}}) = {CONV.format('n')} after D.stem")
    after = child(growth, 1, after=(0,))
    nodes = graph(after.settled.networks["D"])
    assert (nodes["grown2"][0], nodes["grown1"][0]) == (("stem",), ("grown2",))


def test_paths_of_one_shape_are_mixed_at_once(gan):
    after = child(gan(f"action deeper = {CONV.format(4)} before G.rgb with fade_in(0.25)"))
    nodes = graph(after.trained["G"])
    assert nodes["grown1_mix"] == (("base", "grown1"), "FadeIn")
    assert nodes["rgb"] == (("grown1_mix",), "EqualizedConv2d")
    assert after.fade == 0.25 and after.widened["G"] == ()


def test_paths_of_two_shapes_are_mixed_behind_two_copies(gan):
    after = child(gan(f"action deeper = {CONV.format(5)} after D.stem with fade_in(0.5)"))
    nodes = graph(after.trained["D"])
    assert nodes["score_old"] == (("stem",), "EqualizedConv2d")
    assert nodes["score"] == (("grown1",), "EqualizedConv2d")
    assert nodes["score_mix"] == (
        ("score_old", "score"),
        "FadeIn LeakyReLU Flatten EqualizedLinear",
    )
    assert after.trained["D"].outputs[0].edge.sources == ("score_mix",)
    assert (("score_old", 0), ("score", 0)) in after.inherited["D"]
    assert (("score_mix", 3), ("score", 3)) in after.inherited["D"]
    assert (("score", 3), ("score_mix", 3)) in after.kept["D"]
    assert graph(after.settled.networks["D"])["score"][0] == ("grown1",)


def test_identity_always_fades(gan):
    growth = gan(f"action deeper = {CONV.format(5)} after D.stem")
    assert child(growth, rule="identity").fade == 0.5
    assert child(growth, rule="reinit").fade is None


def test_doubling_enlarges_before_the_head_and_pools_behind_it(gan):
    block = CONV.format(5)
    growth = gan(f"action up = double G by {block}, D by {block} with fade_in(0.5)")
    after = child(growth)
    assert after.settled.resolution == 8
    assert after.settled.layers == {"G": 1, "D": 1}
    made, taken = (graph(after.settled.networks[name]) for name in "GD")
    assert made["at_8"] == (("base",), "Upsample EqualizedConv2d LeakyReLU")
    assert made["rgb"][0] == ("at_8",)
    assert taken["at_8"] == (("stem",), "EqualizedConv2d LeakyReLU AvgPool2d")
    assert (taken["stem"][0], taken["score"][0]) == (("x",), ("at_8",))
    assert after.settled.networks["D"].inputs[0].shape == (3, 8, 8)
    assert after.settled.networks["G"].outputs[0].edge.shape == (3, 8, 8)


def test_old_heads_stay_while_a_doubling_fades(gan):
    block = CONV.format(5)
    growth = gan(f"action up = double G by {block}, D by {block} with fade_in(0.5)")
    after = child(growth)
    made, taken = graph(after.trained["G"]), graph(after.trained["D"])
    assert made["rgb_4"] == (("base",), "EqualizedConv2d Upsample")
    assert made["rgb_mix"] == (("rgb_4", "rgb"), "FadeIn")
    assert taken["stem_4"] == (("x",), "AvgPool2d EqualizedConv2d LeakyReLU")
    assert taken["score_old"][0] == ("stem_4",) and taken["score"][0] == ("at_8",)
    # the new heads stand for the old ones at twice their resolution
    assert (("rgb", 0), ("rgb", 0)) in after.widened["G"]
    assert (("rgb_4", 0), ("rgb", 0)) in after.inherited["G"]
    assert (("stem_4", 1), ("stem", 0)) in after.inherited["D"]


def test_bare_doubling_works_at_the_width_that_is_there(gan):
    growth = gan("action up = double G, D")
    after = child(growth)
    for name, width in (("G", 4), ("D", 8)):
        block = [
            step
            for step in after.settled.networks[name].node("at_8").steps
            if step.call.name == "EqualizedConv2d"
        ]
        assert [step.call.args["out_channels"] for step in block] == [width]
    assert after.fade is None


def test_doubled_again_and_again(gan):
    growth = gan("action up = double G, D with fade_in(1)")
    after = replay(growth, growth.moves * 4, LIBRARY)
    assert after.resolution == 64 and len(after.networks["G"].nodes) == 6


def test_any_network_that_reads_images_doubles(classifier):
    growth = classifier("action up = double C with fade_in(0.5)")
    after = child(growth)
    assert after.settled.networks["C"].inputs[0].shape == (1, 16, 16)
    assert after.settled.networks["C"].outputs[0].edge.shape == (10,)


def test_normalisation_with_running_means_is_mixed_behind_a_fixed_width(classifier):
    conv = "Conv2d(6, 3, padding=1) | BatchNorm2d | ReLU"
    after = child(classifier(f"action deeper = {conv} after C.stem with fade_in(0.5)"))
    nodes = graph(after.trained["C"])
    assert nodes["head_old"] == (("stem",), "Conv2d")
    assert nodes["head_mix"][1] == "FadeIn AdaptiveAvgPool2d Flatten Linear"


def test_names_that_are_taken_get_a_prime(checked):
    growth = checked("""
    growth Deep {
      network C {
        input x: image[1, 8, 8]
        node grown1(x) = Conv2d(8, 3, padding=1)
        node head_old(grown1) = Conv2d(8, 1)
        node head(head_old) = Conv2d(4, 3) | Flatten | Linear(10)
        output y = head
      }
      action deeper = Conv2d(6, 1) before C.head with fade_in(0.5)
    }""").growths["Deep"]
    nodes = graph(child(growth).trained["C"])
    assert {"grown2", "head_old'", "head_mix"} <= set(nodes)


def test_sizes_of_networks_used_as_layers_follow(checked):
    growth = checked("""
    network Twice {
      input a: image[8, 8, 8]
      node N(a) = Conv2d(4, 3, padding=1) | ReLU
      node M(N) = Conv2d(4, 3, padding=1)
      output b = M
    }
    growth Deep {
      network C {
        input x: image[1, 8, 8]
        node stem(x) = Conv2d(8, 3, padding=1)
        node head(stem) = Twice | Flatten | Linear(10)
        output y = head
      }
      action deeper = Conv2d(6, 1) after C.stem
    }""").growths["Deep"]
    after = child(growth)
    inner = after.settled.networks["C"].node("head").steps[0].network
    assert inner.inputs[0].shape == (6, 8, 8)
    assert after.settled.parameters["C"] == (
        (9 * 8 + 8) + (8 * 6 + 6) + (6 * 9 * 4 + 4) + (4 * 9 * 4 + 4) + (256 * 10 + 10)
    )
    assert after.widened["C"] == ((("head", 0), ("head", 0)),)


def test_costs_are_those_of_the_settled_networks(gan):
    growth = gan("action deeper = EqualizedConv2d(7, 3) before G.rgb")
    before, after = first(growth, LIBRARY), child(growth).settled
    # 16 places, 9 in a window: 4 channels to 7, and the head reads 7 instead of 4
    more = 16 * 9 * 4 * 7 + 16 * 3 * (7 - 4)
    costs = [one.networks["G"].analysis.greatest for one in (before, after)]
    assert costs[1] - costs[0] == more


def test_a_move_that_does_not_fit_here_is_a_misfit(classifier):
    growth = classifier("action smaller = Conv2d(8, 5) | ReLU after C.stem")
    architecture = first(growth, LIBRARY)
    architecture = grow(growth, architecture, growth.moves[0], LIBRARY, "reinit").settled
    with pytest.raises(Misfit, match="does not fit into 4 x 4"):
        grow(growth, architecture, growth.moves[0], LIBRARY, "reinit")


def test_parts_of_the_text_of_a_move(gan):
    growth = gan(
        "action deeper(n in {4, 8}, act in {true, false}) ="
        " EqualizedConv2d(n, 3, bias=act) before G.rgb\n  action up = double G, D"
    )
    assert [move.text for move in growth.moves] == [
        "deeper(n=4, act=true)",
        "deeper(n=4, act=false)",
        "deeper(n=8, act=true)",
        "deeper(n=8, act=false)",
        "up",
    ]
