"""Jobs: goals, the way to them, and what is worked out where nothing is written."""

import pytest

HEAD = """
use std.metrics (Accuracy, F1)
param lam: real in 0..1 = 0.25
data digits = Digits()
network Static {
  input  x: image[1, 8, 8]
  node   N(x) = Flatten | Linear(10)
  output y = N
}
network Dynamic {
  input   x: image[1, 8, 8]
  control Q(x) = Flatten | Linear  ~> A, B
  node    A(x) = Flatten | Linear(10)
  node    B(x) = Flatten | Linear(32) | ReLU | Linear(10)
  output  y = A ?? B
}
"""
REST = "using SGD(lr=0.1) epochs 2 batch 32"


def job(checked, body, network="Static"):
    return checked(f"{HEAD} train j = {network} on digits {{ {body} {REST} }}").jobs["j"]


def codes(check, body, network="Static", rest=REST):
    return check(f"{HEAD} train j = {network} on digits {{ {body} {rest} }}")[1]


def test_a_loss_is_trained_by_gradient(checked):
    goal = job(checked, "minimize CrossEntropyLoss(y, label)").goals[0]
    assert (goal.method.name, goal.direction) == ("gradient", "minimize")


def test_a_metric_of_decisions_is_trained_by_q_learning(checked):
    trained = job(checked, "maximize Accuracy(y, label)", "Dynamic")
    assert trained.goals[0].method.name == "q_learning"
    assert trained.goals[0].method.args["bag"] == 1


def test_a_metric_of_a_static_network_is_trained_by_uniloss(checked):
    goal = job(checked, "maximize Accuracy(y, label)").goals[0]
    assert goal.method.name == "uniloss"
    assert goal.term.definition.name == "Accuracy"


def test_params_are_numbers_in_a_goal(checked):
    goal = job(checked, "minimize lam * CrossEntropyLoss(y, label)").goals[0]
    assert goal.term.left.value == 0.25
    assert goal.text == "lam * CrossEntropyLoss(y, label)"


def test_cost_of_named_nodes_is_a_number(checked):
    goal = job(checked, "maximize 1 - cost / cost(Q, B)", "Dynamic").goals[0]
    assert goal.term.right.right.value == 64 * 2 + 64 * 32 + 32 * 10


def test_what_is_kept_is_the_first_goal_unless_said(checked):
    plain = job(checked, "minimize CrossEntropyLoss(y, label)")
    assert (plain.keep.text, plain.keep_greater) == ("CrossEntropyLoss(y, label)", False)
    said = job(checked, "minimize CrossEntropyLoss(y, label) keep Accuracy(y, label)")
    assert (said.keep.text, said.keep_greater) == ("Accuracy(y, label)", True)


def test_two_goals_with_two_methods(checked):
    trained = job(
        checked, "maximize Accuracy(y, label) minimize 0.5 * CrossEntropyLoss(y, label)", "Dynamic"
    )
    assert [goal.method.name for goal in trained.goals] == ["q_learning", "gradient"]


def test_all_clauses(checked):
    trained = job(
        checked,
        "minimize CrossEntropyLoss(y, label) schedule StepLR(3) patience 4 clip 1.5 seed 7 "
        "precision bfloat16 report Accuracy(y, label), cost, paths",
    )
    assert trained.schedule.args["step_size"] == 3
    assert (trained.patience, trained.clip, trained.seed) == (4, 1.5, 7)
    assert trained.precision == "bfloat16"
    assert [r.text for r in trained.reports] == ["Accuracy(y, label)", "cost", "paths"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("maximize F1(y, label)", "AD704"),
        ("minimize CrossEntropyLoss(y)", "AD220"),
        ("minimize CrossEntropyLoss(y, label, label_smoothing=2)", "AD225"),
        ("minimize cost(N)", "AD717"),
        ("minimize cost(M)", "AD307"),
        ("minimize CrossEntropyLoss", "AD706"),
        ("minimize MaxPool2d(y, label)", "AD203"),
        ("minimize CrossEntropyLoss(y, label) minimize MSELoss(y, y)", "AD709"),
    ],
)
def test_goals_that_are_refused(check, body, code):
    assert codes(check, body) == [code]


def test_all_that_is_missing_is_said_at_once(check):
    assert codes(check, "report cost", rest="") == ["AD700"] * 4


def test_a_network_with_arguments_is_trained(checked):
    spec = checked("""
data digits = Digits()
network Wide(width: int) {
  input x: image[1, 8, 8]  node N(x) = Flatten | Linear(width) | Linear(10)  output y = N
}
train j = Wide(12) on digits { minimize CrossEntropyLoss(y, label) using SGD(lr=0.1)
  epochs 1 batch 8 }""")
    assert spec.jobs["j"].network.node("N").greatest == 64 * 12 + 12 * 10


def test_batches_are_stratified_by_a_class(check):
    body = "minimize CrossEntropyLoss(y, label)"
    rest = "using SGD(lr=0.1) epochs 2 batch 32 stratified by "
    assert "AD485" not in codes(check, body, rest=rest + "label")
    assert "AD485" in codes(check, body, rest=rest + "image")
    assert "AD485" in codes(check, body, rest=rest + "nobody")


def test_strata_are_part_of_the_job(checked):
    head = f"{HEAD} train j = Static on digits {{ minimize CrossEntropyLoss(y, label) "
    found = checked(head + "using SGD(lr=0.1) epochs 2 batch 32 stratified by label }").jobs["j"]
    assert (found.batch, found.stratified) == (32, "label")
