"""Running statistics of batch normalisation in a step that looks ahead: they stay as they are."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from unrolled import optimizer

from autodesign.dsl.load import load_text
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.pipeline.needs import plan, pursued
from autodesign.interpreter.pipeline.played import Played, module_of
from autodesign.interpreter.pipeline.step import gradients
from autodesign.interpreter.pipeline.tools import Tools
from autodesign.interpreter.pipeline.unroll import after
from autodesign.interpreter.pipeline.values import Drawn, Values
from autodesign.stdlib.library import standard

HEAD = """ad 1
data digits = Digits()
pipeline P(a: data, b: data) {
  draw (x, label) from a
  draw (cx, cy) from b
  player M = Flatten | Linear(6) | BatchNorm1d | Tanh | Linear(10)
"""
END = """
  joint for 1 epochs
}
train j = P(digits, digits) { using SGD(lr=0.1) batch 8 }
"""
X, CX = (torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(n)) for n in (1, 2))
LABEL = torch.arange(8) % 10

WAYS = [
    f"{'for 3' if long else ''} {'lean' if lean else ''}" for long, lean in product((0, 1), (0, 1))
]


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


class Step:
    """A step of a pipeline on `X` and `CX`: the modules before it and after, and gradients."""

    def __init__(self, items: str, ahead: bool = True) -> None:
        found, diagnostics = load_text(HEAD + items + END, "ahead.ad", standard(), {})
        assert found is not None, [one.message for one in diagnostics]
        job = found.jobs["j"]
        assert isinstance(job, PipelineJob)
        pipeline = job.pipeline
        modules = [module_of(player).double() for player in pipeline.players]
        names = [player.name for player in pipeline.players]
        self.after = dict(zip(names, modules, strict=True))
        self.before = copy.deepcopy(self.after)
        goals = pursued(pipeline, pipeline.phases[0])
        needs = plan(pipeline, goals)
        if not ahead:
            needs = replace(needs, ahead=frozenset())
        fields = {
            0: {"image": X.double(), "label": LABEL},
            1: {"image": CX.double(), "label": LABEL},
        }
        players = [Played(module) for module in modules]
        values = Values(pipeline, needs, Tools(pipeline), players, Drawn(fields, {}), replay=True)
        weights = [list(module.parameters()) for module in modules]
        taken, _ = gradients(values, goals, weights)
        self.gradients = [g for _, own in sorted(taken.items()) for g in own if g is not None]


def statistics(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.named_buffers())


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(statistics(one).items(), statistics(other).items(), strict=True)
    return all(a == b and torch.equal(v, w) for (a, v), (b, w) in pairs)


@pytest.mark.parametrize("how", WAYS)
def test_what_a_goal_computes_moves_them_once(how: str) -> None:
    step = Step(f"""
      let loss = CrossEntropyLoss(M(x), label)
      let M' = M after SGD(lr=0.1) {how} on loss
      goal M minimize loss + CrossEntropyLoss(M'(cx), cy)
    """)
    expected = step.before["M"]
    expected(X.double())  # in training mode, as in a step without looking ahead
    assert int(statistics(expected)["2.num_batches_tracked"]) == 1
    assert same(step.after["M"], expected)


@pytest.mark.parametrize("how", WAYS)
def test_what_is_computed_to_look_ahead_alone_does_not_move_them(how: str) -> None:
    items = f"""
      let M' = M after SGD(lr=0.1) {how} on CrossEntropyLoss(M(x), label)
      goal M minimize CrossEntropyLoss(M(cx), cy) + CrossEntropyLoss(M'(cx), cy)
    """
    step = Step(items)
    expected = copy.deepcopy(step.before["M"])
    expected(CX.double())
    assert same(step.after["M"], expected)
    torch.manual_seed(0)
    moved = Step(items, ahead=False)
    assert not same(moved.after["M"], expected)
    pairs = zip(step.gradients, moved.gradients, strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("how", WAYS)
def test_another_player_in_the_loss_moves_once(how: str) -> None:
    step = Step(f"""
      player D = Linear(4) | BatchNorm1d | Linear(1)
      let told = adversarial(D, M(x))
      let M' = M after SGD(lr=0.1) {how} on told
      goal M minimize CrossEntropyLoss(M'(cx), cy)
      goal D minimize told
    """)
    made = step.before["M"](X.double())
    step.before["D"](made)
    assert same(step.after["D"], step.before["D"])
    assert same(step.after["M"], step.before["M"])


@pytest.mark.parametrize("how", WAYS)
def test_a_player_that_makes_what_another_would_learn_from_is_applied_once(how: str) -> None:
    step = Step(f"""
      player G = Conv2d(2, 3, padding=1) | BatchNorm2d | Conv2d(1, 1)
      let M' = M after SGD(lr=0.1) {how} on CrossEntropyLoss(M(G(x)), label)
      goal G minimize CrossEntropyLoss(M'(cx), cy)
      goal M minimize CrossEntropyLoss(M(cx), cy)
    """)
    step.before["G"](X.double())
    step.before["M"](CX.double())
    assert same(step.after["G"], step.before["G"])
    assert same(step.after["M"], step.before["M"])


def test_in_evaluation_the_later_player_normalises_by_the_statistics_of_the_player() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    x = torch.rand(8, 4)
    module(x)
    later = after(
        Played(module), optimizer("SGD", lr=0.1), lambda p, x: p(x)[:, 0].exp().mean(), inputs=[x]
    )
    mean, var = (value.clone() for value in (module[1].running_mean, module[1].running_var))
    found = later.named_weights()
    module.eval()
    wide = x @ found["0.weight"].T + found["0.bias"]
    expected = (wide - mean) / (var + 1e-5).sqrt() * found["1.weight"] + found["1.bias"]
    # the same few operations in another order, in double precision
    torch.testing.assert_close(later(x), expected, rtol=1e-12, atol=1e-12)
