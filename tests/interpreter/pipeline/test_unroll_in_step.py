"""Unrolled players in a step: a detector's loss in the generator's goal, as in DetectorGAN."""

from collections.abc import Iterator

import pytest
import torch
from sketch import VECTOR, Sketch, activation, data, dropout, linear, sgd, splits
from torch import Tensor, nn
from unrolled import apart

from autodesign.dsl import pipeline as checked
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.pipeline import PLAYER, Pipeline
from autodesign.interpreter.pipeline.needs import plan, pursued
from autodesign.interpreter.pipeline.played import Played, module_of
from autodesign.interpreter.pipeline.rehearsal import rehearse
from autodesign.interpreter.pipeline.step import gradients
from autodesign.interpreter.pipeline.tools import Tools
from autodesign.interpreter.pipeline.values import Drawn, Values


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def detector_gan(
    steps: int = 1, lean: bool = False, own: bool = False, middle: str = "Tanh"
) -> tuple[Pipeline, dict[str, int]]:
    """A generator and a "detector" whose loss is how far its answers are from 1. With `own` the
    detector's goal is its loss after the steps."""
    sketch = Sketch()
    [x] = sketch.draw(data("clean", x=VECTOR), "x")
    [y] = sketch.draw(data("full", x=VECTOR), "x")
    generator = sketch.player("G", linear(4, 4))
    detector = sketch.player("DET", linear(4, 6), activation(middle, 6), dropout(6), linear(6, 1))

    def loss(player: int, images: int) -> int:
        inputs = {"d": player, "x": images}
        return sketch.operation("adversarial", "adversarial", inputs, loss="least_squares")

    made = sketch.apply(generator, x)
    real, syn = loss(detector, y), loss(detector, made)
    both = sketch.combine("+", real, syn)
    after = checked.After(detector, sgd(), None, steps, both, lean)
    unrolled = sketch.add(after, PLAYER)
    later, minus = loss(unrolled, y), sketch.combine("minus", syn)
    sketch.goal([0], later=later, minus=minus)
    sketch.goal([1], **({"later": later} if own else {"both": both}))
    sketch.phase(1)
    return sketch.pipeline(), {
        "real": real,
        "syn": syn,
        "made": made,
        "DET": detector,
        **{"unrolled": unrolled, "later": later},
    }


def step(pipeline: Pipeline, share: bool = True) -> list[Tensor]:
    torch.manual_seed(1)
    modules = [module_of(player).double() for player in pipeline.players]
    goals = pursued(pipeline, pipeline.phases[0])
    drawn = Drawn({draw: {"x": torch.rand(5, 4)} for draw in range(2)}, {})
    players = [Played(module) for module in modules]
    values = Values(pipeline, plan(pipeline, goals), Tools(pipeline), players, drawn, replay=True)
    found, _ = gradients(values, goals, [list(m.parameters()) for m in modules])
    return [g for _, own in sorted(found.items()) for g in own if g is not None]


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("steps", [1, 3])
def test_lean_steps_give_the_same_gradients(steps: int, own: bool) -> None:
    plain, _ = detector_gan(steps, False, own)
    lean, _ = detector_gan(steps, True, own)
    assert apart(step(lean), step(plain)) < 1e-12


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("steps", [1, 2])
def test_gradients_are_those_without_sharing(
    steps: int, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, _ = detector_gan(steps, False, own)
    found = step(pipeline)
    monkeypatch.setattr(
        "autodesign.interpreter.pipeline.values.shared", lambda number, by, twice: number
    )
    assert apart(found, step(pipeline)) < 1e-12


def test_what_is_differentiated_once_and_twice() -> None:
    pipeline, at = detector_gan()
    found = plan(pipeline, pursued(pipeline, pipeline.phases[0])).sharing
    # the real loss serves the step and the detector's goal, the other the generator's goal too
    assert found.by == {at["real"]: (at["DET"],), at["syn"]: (at["DET"], at["made"])}
    assert at["syn"] in found.twice
    assert at["real"] not in found.twice  # it does not depend on the generator
    assert found.moving == {at["unrolled"]: (at["syn"],)}
    assert not found.own and not found.again


def test_a_number_of_values_made_of_each_other_is_not_differentiated_once_for_all() -> None:
    """Its derivative by the one goes through the other, whose derivative would be added again."""
    sketch = Sketch()
    [x] = sketch.draw(data("clean", x=VECTOR), "x")
    sketch.draw(data("full", x=VECTOR), "x")
    made = sketch.apply(sketch.player("G", linear(4, 4)), x)
    back = sketch.apply(sketch.player("F", linear(4, 4)), made)
    number = sketch.operation("l2", "arithmetic", {"a": made, "b": back})
    sketch.goal([0], number=number)
    sketch.goal([1], minus=sketch.combine("minus", number))
    sketch.phase(1)
    pipeline = sketch.pipeline()
    assert not plan(pipeline, pursued(pipeline, pipeline.phases[0])).sharing.by

    found = step(pipeline)
    torch.manual_seed(1)
    there, again = (module_of(player).double() for player in pipeline.players)
    x = torch.rand(5, 4)
    distance = (there(x) - again(there(x))).square().mean()
    expected = torch.autograd.grad(distance, list(there.parameters()), retain_graph=True)
    expected += torch.autograd.grad(-distance, list(again.parameters()))
    assert apart(found, expected) < 1e-12


def test_a_lean_step_differentiates_no_gradient() -> None:
    pipeline, _ = detector_gan(lean=True)
    found = plan(pipeline, pursued(pipeline, pipeline.phases[0])).sharing
    assert not found.twice and found.again


def test_a_goal_of_the_unrolled_player_itself_differentiates_all_of_its_loss() -> None:
    pipeline, at = detector_gan(own=True)
    found = plan(pipeline, pursued(pipeline, pipeline.phases[0])).sharing
    assert {at["real"], at["syn"]} <= found.twice
    assert found.own == {at["unrolled"]}


def rehearsed(pipeline: Pipeline, modules: list[nn.Module]) -> None:
    examples = [splits(train=4, seed=seed).train for seed in range(2)]
    rehearse(pipeline, modules, examples, {}, torch.device("cpu"))


def modules_of(pipeline: Pipeline) -> list[nn.Module]:
    return [module_of(player).float().eval() for player in pipeline.players]


@pytest.mark.parametrize("lean", [False, True])
def test_the_layer_that_cannot_be_differentiated_twice_is_named_before_the_first_step(
    lean: bool,
) -> None:
    torch.set_default_dtype(torch.float32)
    pipeline, at = detector_gan(lean=lean, middle="Hardsigmoid")
    with pytest.raises(SpecError) as refusal:
        rehearsed(pipeline, modules_of(pipeline))
    [found] = refusal.value.diagnostics
    assert found.code == "AD570"
    assert "`DET` cannot be unrolled: its layer `1` (Hardsigmoid)" in found.message
    assert found.span is pipeline.values[at["unrolled"]].span


def test_a_rehearsal_changes_nothing() -> None:
    torch.set_default_dtype(torch.float32)
    pipeline, _ = detector_gan(steps=2)
    modules = modules_of(pipeline)
    modules[1].add_module("4", nn.BatchNorm1d(1))
    before = [value.clone() for m in modules for value in m.state_dict().values()]
    random = torch.get_rng_state()
    rehearsed(pipeline, modules)
    after = [value for m in modules for value in m.state_dict().values()]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert torch.equal(random, torch.get_rng_state())
    assert not any(module.training for module in modules)
