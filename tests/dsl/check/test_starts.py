"""`from`, schedules of exploration by name, and rewards that teach nothing: what is allowed."""

import pytest

from autodesign.dsl import spec
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

SPEC = """ad 1
use std.metrics (Accuracy)
param width: int = 4
data digits = Digits()
data trained = Checkpoint("trained.safetensors")
network Static(width=4) {
  input image: image[1, 8, 8]
  node  N1(image) = Conv2d(width, 3) | ReLU
  node  N3(N1)    = Flatten | Linear(10)
  output y = N3
}
network Net {
  input   image: image[1, 8, 8]
  node    N1(image) = Conv2d(4, 3) | ReLU
  control Q(N1)     = Flatten | Linear  ~> N2, N3
  node    N2(N1)    = AvgPool2d(2) | Flatten | Linear(10)
  node    N3(N1)    = Flatten | Linear(10)
  output  y = N2 ?? N3
}
train static = Static(width) on digits {
  minimize CrossEntropyLoss(y, label)  using Adam()  epochs 2  batch 64
}
train dynamic = Net on digits {
  from FROM
  maximize GOAL
  by       q_learning(explore=EXPLORE)
  minimize CrossEntropyLoss(y, label)
  using    Adam()  epochs 20  batch 64
}
"""
GOAL = "Accuracy(y, label) - cost / cost(N3)"


def checked(
    source: str = "static", goal: str = GOAL, explore: str = "constant(0.1)", **settings: str
) -> tuple[spec.Spec | None, list[str]]:
    text = SPEC.replace("FROM", source).replace("GOAL", goal).replace("EXPLORE", explore)
    found, diagnostics = load_text(text, "net.ad", standard(), settings)
    return found, [one.code for one in diagnostics if one.severity == "error"]


def test_a_start_holds_the_job_as_it_is_set() -> None:
    found, _ = checked(width="7")
    assert found is not None
    [start] = found.jobs["dynamic"].starts
    assert start.source == found.jobs["static"]
    assert isinstance(start.source, spec.Train)
    assert start.source.network.node("N1").shape == (7, 6, 6)


def test_nodes_are_named_alike_or_apart_and_sources_stand_in_a_row() -> None:
    found, _ = checked("static(N1, N2=N3), trained(N3)")
    assert found is not None
    one, other = found.jobs["dynamic"].starts
    assert one.pairs == (("N1", "N1"), ("N2", "N3"))
    assert other.pairs == (("N3", "N3"),)
    assert isinstance(other.source, spec.Call)
    assert other.source.args["file"] == "trained.safetensors"


@pytest.mark.parametrize(
    ("goal", "codes"),
    [
        ("0 * Accuracy(y, label) - cost / cost(N3)", []),
        ("Accuracy(y, label) / 1000", []),
        ("0.5 * (1 - cost / cost(N3)) * 0", ["AD378"]),
        ("0 / Accuracy(y, label)", ["AD378"]),
        ("(2 - 2) * Accuracy(y, label) + -0 * cost", ["AD378"]),
        ("2 ^ Accuracy(y, label)", []),
    ],
)
def test_a_reward_has_to_vary(goal: str, codes: list[str]) -> None:
    assert checked(goal=goal)[1] == codes


def test_outputs_that_act_explore_by_their_names_too() -> None:
    assert checked(explore="each(Q=constant(0), y=linear(1, 0, epochs=3))")[1] == []
    assert checked(explore="each(N2=constant(0))")[1] == ["AD376"]
