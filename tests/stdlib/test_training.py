"""Losses, optimisers and schedules are torch's; explorations follow their formulas."""

import math

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from autodesign.stdlib import build
from autodesign.stdlib.training.methods import EXPLORATIONS, rate

GIVEN = {
    "CrossEntropyLoss": {"weight": (1.0, 2.0, 0.5), "label_smoothing": 0.1},
    "NLLLoss": {"weight": (1.0, 2.0, 0.5)},
    "MultiMarginLoss": {"p": 2, "margin": 0.7},
    "BCEWithLogitsLoss": {"pos_weight": 3.0},
    "SmoothL1Loss": {"beta": 0.5},
    "HuberLoss": {"delta": 0.5},
    "PoissonNLLLoss": {"full": True},
}
CLASSES = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")
BINARY = ("BCEWithLogitsLoss", "BCELoss", "SoftMarginLoss")
REGRESSION = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss")


def torch_loss(name):
    given = {k: torch.tensor(v) if "weight" in k else v for k, v in GIVEN.get(name, {}).items()}
    return getattr(nn, name)(**given)


def test_all_losses_are_tested(declared):
    losses = {n for n, (_, d) in declared.items() if d.kind.id == "loss"}
    assert losses == {*CLASSES, *BINARY, *REGRESSION}


@pytest.mark.parametrize("name", CLASSES)
def test_losses_of_classes(call, name):
    scores = torch.randn(6, 3, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 1, 1, 0])
    value = build.loss(call(name, **GIVEN[name]))(scores, labels)
    assert value.shape == ()
    assert torch.equal(value, torch_loss(name)(scores, labels))
    value.backward()
    assert scores.grad is not None


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shape", [(6,), (6, 1)])
@pytest.mark.parametrize("kind", [torch.int64, torch.bool])
def test_losses_of_yes_or_no(call, name, shape, kind):
    scores = torch.rand(6)
    labels = torch.tensor([0, 1, 1, 0, 1, 0])
    target = (2 * labels - 1).float() if name == "SoftMarginLoss" else labels.float()
    value = build.loss(call(name, **GIVEN.get(name, {})))(scores.reshape(shape), labels.to(kind))
    assert torch.allclose(value, torch_loss(name)(scores, target))


@pytest.mark.parametrize("name", REGRESSION)
def test_losses_of_numbers(call, name):
    predicted, wanted = torch.rand(6, 2, 3), torch.rand(6, 2, 3)
    loss = build.loss(call(name, **GIVEN.get(name, {})))
    assert torch.allclose(loss(predicted, wanted), torch_loss(name)(predicted, wanted))


@pytest.mark.parametrize("name", REGRESSION)
def test_a_column_is_never_broadcast_to_a_matrix(call, name):
    predicted, wanted = torch.rand(6), torch.rand(6)
    loss = build.loss(call(name))
    assert torch.equal(loss(predicted[:, None], wanted), loss(predicted, wanted))
    with pytest.raises(ValueError, match=r"input is \[6, 2\] and its target \[6\]"):
        loss(torch.rand(6, 2), wanted)


def test_as_many_weights_as_classes(call):
    loss = build.loss(call("CrossEntropyLoss", weight=(1.0, 2.0)))
    with pytest.raises(ValueError, match="2 numbers, but there are 3 classes"):
        loss(torch.rand(4, 3), torch.tensor([0, 1, 2, 0]))


def test_optimizers_take_a_step_downhill(call, declared):
    names = [n for n, (_, d) in declared.items() if d.kind.id == "optimizer"]
    assert len(names) == 11
    for name in names:
        weight = nn.Parameter(torch.tensor([2.0, -3.0]))
        made = build.optimizer(call(name), [weight])
        assert type(made).__name__ == name
        weight.square().sum().backward()
        made.step()
        assert weight.square().sum() < 13


def rates(call, *, epochs=6, steps=5):
    """The rate in force in each epoch, or in each step where the schedule moves with steps."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0, momentum=0.9)
    schedule, unit = build.schedule(call, optimizer, epochs=epochs, steps_per_epoch=steps)
    found = []
    for _ in range(epochs if unit == "epoch" else epochs * steps):
        found.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return found, unit


@pytest.mark.parametrize(
    "name, given",
    [
        ("StepLR", {"step_size": 2}),
        ("MultiStepLR", {"milestones": (1, 4)}),
        ("ExponentialLR", {"gamma": 0.5}),
        ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2}),
        ("LinearLR", {}),
        ("ConstantLR", {}),
        ("PolynomialLR", {"power": 2.0}),
    ],
)
def test_schedules_of_epochs_are_torch_s(call, name, given):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = getattr(lr_scheduler, name)(optimizer, **given)
    expected = []
    for _ in range(6):
        expected.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates(call(name, **given)) == (expected, "epoch")


def test_a_cosine_takes_the_whole_run(call):
    found, _ = rates(call("CosineAnnealingLR"))
    assert found == pytest.approx([(1 + math.cos(math.pi * t / 6)) / 2 for t in range(6)])
    short, _ = rates(call("CosineAnnealingLR", T_max=3))
    assert short[3] == pytest.approx(0)


def test_one_cycle_moves_with_the_steps_of_the_whole_run(call):
    found, unit = rates(call("OneCycleLR", max_lr=2.0))
    assert unit == "step"
    assert len(found) == 30
    assert max(found) == pytest.approx(2.0, rel=0.01)
    assert found[-1] == pytest.approx(2.0 / 25 / 10_000)


def test_explorations(call, declared):
    written = {n for n, (_, d) in declared.items() if d.kind.id == "exploration"}
    assert written == {*EXPLORATIONS, "each"}
    linear = call("linear", start=1.0, end=0.2, epochs=4)
    assert [rate(linear, e) for e in (0, 2, 4, 9)] == pytest.approx([1, 0.6, 0.2, 0.2])
    exponential = call("exponential", start=1.0, end=0.01, epochs=4)
    assert [rate(exponential, e) for e in (0, 2, 4, 9)] == pytest.approx([1, 0.1, 0.01, 0.01])
    assert rate(call("constant", value=0.3), 7.5) == 0.3


def test_each_node_explores_by_its_own_schedule_and_the_others_by_theirs(call):
    half, seldom = call("constant", value=0.5), call("constant", value=0.1)
    inner = call("each", node=(("Q3", seldom),), others=half)
    each = call("each", node=(("Q1", seldom),), others=inner)
    assert [rate(each, 1.0, node) for node in ("Q1", "Q2", "Q3")] == [0.1, 0.5, 0.1]
