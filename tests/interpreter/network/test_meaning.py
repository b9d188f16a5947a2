"""What networks compute, worked out by hand (LANGUAGE.md section 2)."""

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

TWO_WAYS = """
network Net {
  input   x: vector[2]
  control Q(x) = Linear   ~> A, B
  node    A(x) = Linear(3)
  node    B(x) = Linear(4) | ReLU | Linear(3)
  output  y = A ?? B
}
"""


def actions(*values: int) -> Tensor:
    return torch.tensor(values)


def test_each_example_goes_its_own_way(build) -> None:
    net = build(TWO_WAYS)
    x = torch.randn(3, 2)
    out = net(x, decisions={"Q": actions(1, 0, 1)})
    assert out.executed["A"].tolist() == [False, True, False]
    assert out.executed["B"].tolist() == [True, False, True]
    assert torch.equal(out["y"][1:2], net.node("A")(x[1:2]))
    assert torch.allclose(out["y"][::2], net.node("B")(x[::2]))
    assert out.present["y"].all()


def test_cost_counts_the_multiplications_of_what_ran(build) -> None:
    """Q: 2*2, A: 2*3, B: 2*4 + 4*3."""
    out = build(TWO_WAYS)(torch.randn(3, 2), decisions={"Q": actions(1, 0, 1)})
    assert out.cost.tolist() == [24, 10, 24]
    assert out.cost.dtype == torch.int64


def test_decisions_follow_the_highest_score(build) -> None:
    out = build(TWO_WAYS)(torch.randn(50, 2))
    assert torch.equal(out.decisions["Q"], out.scores["Q"].argmax(1))
    assert torch.equal(out.executed["A"], out.decisions["Q"] == 0)


def test_tie_takes_the_first_edge(build) -> None:
    net = build(TWO_WAYS)
    for parameter in net.parameters():
        torch.nn.init.zeros_(parameter)
    assert net(torch.randn(4, 2)).decisions["Q"].tolist() == [0, 0, 0, 0]


NULLS = """
network Net {
  input   x: vector[2]
  control Q(x) = Linear   ~> A, skip
  node    A(x) = Linear(2)
  node    B(A) = Linear(2)
  node    C(A ?? 3) = Identity
  control R(A) = Linear   ~> {D, E}, skip
  node    D(x) = Linear(2)
  node    E(x) = Linear(2)
  output  y = B
  output  z = C
  output  d = D ?? E
}
"""


def test_null_passes_on_and_a_default_stops_it(build) -> None:
    net = build(NULLS)
    x = torch.randn(3, 2)
    out = net(x, decisions={"Q": actions(0, 1, 0), "R": actions(0, 0, 1)})
    assert out.executed["B"].tolist() == [True, False, True]
    assert out.present["y"].tolist() == [True, False, True]
    assert out["y"][1].tolist() == [0, 0]
    assert out.executed["C"].all()
    assert out["z"][1].tolist() == [3, 3]
    assert torch.allclose(out["z"][0], net.node("A")(x[:1])[0])


def test_a_skipped_control_node_activates_nothing(build) -> None:
    out = build(NULLS)(torch.randn(3, 2), decisions={"Q": actions(0, 1, 0), "R": actions(0, 0, 1)})
    assert out.decisions["R"].tolist() == [0, -1, 1]
    assert out.executed["D"].tolist() == out.executed["E"].tolist() == [True, False, False]
    assert out.scores["R"][1].tolist() == [0, 0]


def test_dummies_are_broadcast(build) -> None:
    net = build("""
network Net {
  input   x: vector[2]
  control Q(x) = Linear   ~> A, D
  node    A(x) = Linear(2)
  node    D() = const(5)
  node    E() = const(1, 2)
  node    F(A ?? D, E) = add
  output  y = F
  output  e = E
}""")
    out = net(torch.randn(3, 2), decisions={"Q": actions(1, 0, 1)})
    assert out["y"][::2].tolist() == [[6, 6], [6, 6]]
    assert out["e"].tolist() == [[1, 1]] * 3
    assert out.executed["D"].tolist() == [True, False, True]


NESTED = """
network Inner {
  input   a: vector[3]
  control Q(a) = Linear   ~> One, skip
  node    One(a) = Linear(3)
  node    Free() = const(1, 3)
  node    Sum(One, Free) = add
  output  b = Sum
}
network Net {
  input   x: vector[2]
  control Q(x) = Linear   ~> N, skip
  node    N(x) = Linear(3) | Inner | Linear(4)
  output  y = N ?? 7
}
"""


@pytest.fixture
def nested_decisions() -> dict[str, Tensor]:
    return {"Q": actions(0, 0, 1, 0), "N.Inner.Q": actions(0, 1, 0, 0)}


def test_a_nested_network_decides_where_its_node_runs(build, nested_decisions) -> None:
    """Where its output is null the rest of the node does not run, and the node has no value."""
    out = build(NESTED)(torch.randn(4, 2), decisions=nested_decisions)
    assert out.executed["N"].tolist() == [True, True, False, True]
    assert out.executed["N.Inner.One"].tolist() == [True, False, False, True]
    assert out.executed["N.Inner.Free"].tolist() == [True, True, False, True]
    assert out.decisions["N.Inner.Q"].tolist() == [0, 1, -1, 0]
    assert out["y"][1:3].tolist() == [[7] * 4] * 2


def test_cost_of_a_nested_network_counts_its_steps(build, nested_decisions) -> None:
    """Q 4, Linear(3) 6, inner Q 6, One 9, Linear(4) 12."""
    out = build(NESTED)(torch.randn(4, 2), decisions=nested_decisions)
    assert out.cost.tolist() == [37, 16, 4, 37]


def test_cost_is_what_torch_counts(build) -> None:
    """Half of the operations that torch.utils.flop_counter sees."""
    net = build(NESTED)
    x = torch.randn(16, 2)
    with FlopCounterMode(display=False) as counter:
        out = net(x)
    assert out.cost.sum() == counter.get_total_flops() / 2


def test_two_uses_of_one_network_have_their_own_weights(build) -> None:
    net = build(
        "network I { input a: vector[2] node N(a) = Linear(2) output b = N }\n"
        "network Net { input x: vector[2] node A(x) = I | I output y = A }"
    )
    assert set(net.state_dict()) == {
        f"A.{label}.N.0.{kind}" for label in ("I", "I_2") for kind in ("weight", "bias")
    }
    assert list(net(torch.ones(1, 2)).executed) == ["A", "A.I.N", "A.I_2.N"]


def test_choose_decides_where_nothing_is_forced(build) -> None:
    asked = {}

    def choose(name: str, scores: Tensor) -> Tensor:
        asked[name] = scores
        return torch.zeros(len(scores), dtype=torch.int32)

    out = build(NESTED)(torch.randn(3, 2), decisions={"Q": actions(0, 1, 0)}, choose=choose)
    assert list(asked) == ["N.Inner.Q"]
    assert asked["N.Inner.Q"].shape == (2, 2)
    assert not asked["N.Inner.Q"].requires_grad
    assert out.decisions["N.Inner.Q"].tolist() == [0, -1, 0]


def test_decisions_can_be_given_back(build) -> None:
    """-1, for "did not run", is no action and is not looked at."""
    net = build(NESTED)
    x = torch.randn(8, 2)
    out = net(x)
    again = net(x, decisions=out.decisions)
    assert torch.equal(out["y"], again["y"])
    assert torch.equal(out.cost, again.cost)
