"""A step against gradients that are taken goal by goal, each from a graph of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from sketch import VECTOR, Sketch, data, gan, linear, sgd
from torch import Tensor, nn

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import NUMBER, Pipeline
from autodesign.interpreter.pipeline.needs import plan, pursued
from autodesign.interpreter.pipeline.played import Played, module_of
from autodesign.interpreter.pipeline.reach import above
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


def modules_of(pipeline: Pipeline) -> list[nn.Module]:
    return [module_of(player).double().eval() for player in pipeline.players]


def drawn_for(pipeline: Pipeline) -> Drawn:
    batches = [torch.rand(4, 4) for _ in pipeline.draws]
    return Drawn({n: {"x": batch} for n, batch in enumerate(batches)}, {})


def step(pipeline: Pipeline, modules: list[nn.Module], drawn: Drawn, **more: Any) -> Any:
    sketch = checked.Phase(frozenset(range(len(modules))), 1, "epochs", True)
    goals = pursued(pipeline, sketch)
    needs = plan(pipeline, goals)
    players = [Played(module) for module in modules]
    values = Values(pipeline, needs, Tools(pipeline), players, drawn, replay=True)
    weights = [list(module.parameters()) for module in modules]
    looked = goals if more.get("look") else ()
    return gradients(values, goals, weights, looked)


def by_hand(modules: list[nn.Module], drawn: Drawn) -> list[list[Tensor]]:
    """The goals of the GAN of `sketch.py`, written out, each differentiated on its own."""
    there, back, critic = modules
    x, y = drawn.fields[0]["x"], drawn.fields[1]["x"]

    def goal() -> Tensor:
        made = there(x)
        fooled = torch.log(1 - torch.sigmoid(critic(made))).mean()
        return fooled + 10 * (back(made) - x).abs().mean()

    def told() -> Tensor:
        fake = there(x).detach()
        real, false = torch.sigmoid(critic(y)), torch.sigmoid(critic(fake))
        return -torch.log(real).mean() - torch.log(1 - false).mean()

    pairs = [(goal, there), (goal, back), (told, critic)]
    return [list(torch.autograd.grad(of(), list(m.parameters()))) for of, m in pairs]


def test_shared_terms_equal_separate_computation() -> None:
    pipeline = gan().pipeline()
    modules, drawn = modules_of(pipeline), drawn_for(pipeline)
    found, _ = step(pipeline, modules, drawn)
    for player, wanted in enumerate(by_hand(modules, drawn)):
        for one, other in zip(found[player], wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_a_step_that_measures_norms_gives_the_same_gradients() -> None:
    pipeline = gan().pipeline()
    modules, drawn = modules_of(pipeline), drawn_for(pipeline)
    plain, _ = step(pipeline, modules, drawn)
    looked, told = step(pipeline, modules, drawn, look=True)
    for player, own in plain.items():
        for one, other in zip(own, looked[player], strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    there, back = modules[0], modules[1]
    x = drawn.fields[0]["x"]
    cycle = 10 * (back(there(x)) - x).abs().mean()
    weights = [*there.parameters(), *back.parameters()]
    wanted = torch.cat([g.reshape(-1) for g in torch.autograd.grad(cycle, weights)]).norm()
    torch.testing.assert_close(told.norms[0, 1], wanted, rtol=1e-12, atol=0)


def test_players_that_are_not_in_a_goal_get_no_gradient() -> None:
    pipeline = gan().pipeline()
    modules, drawn = modules_of(pipeline), drawn_for(pipeline)
    found, _ = step(pipeline, modules, drawn)
    assert sorted(found) == [0, 1, 2]
    assert all(weight.grad is None for module in modules for weight in module.parameters())
    only_critic = checked.Phase(frozenset({2}), 1, "epochs", False)
    assert pursued(pipeline, only_critic) == ()  # its one term needs what G makes


def test_a_phase_leaves_out_terms_that_involve_players_outside_it() -> None:
    pipeline = gan().pipeline()
    phase = checked.Phase(frozenset({0, 1}), 1, "epochs", False)
    [one] = pursued(pipeline, phase)
    assert [term.text for term in one.terms] == ["cycle"]
    needs = plan(pipeline, [one])
    involved = frozenset().union(*(pipeline.values[index].involves for index in needs.needed))
    assert involved == {0, 1}


def test_a_goal_of_several_players_moves_those_of_the_phase() -> None:
    pipeline = gan().pipeline()
    phase = checked.Phase(frozenset({0}), 1, "epochs", False)
    assert pursued(pipeline, phase) == ()  # the cycle needs F, and the rest D
    both = gan()
    own = both.operation("l1", "arithmetic", {"a": both.outputs[0][1], "b": 0})
    both.goals[0:1] = []
    both.goal([0, 1], own=own)
    [one] = pursued(both.pipeline(), phase)
    assert one.players == (0,)
    assert plan(both.pipeline(), [one]).learning == {0}


def test_no_graph_where_no_gradient_is_wanted() -> None:
    sketch = gan()
    pipeline = sketch.pipeline()
    phase = checked.Phase(frozenset({0, 1, 2}), 1, "epochs", True)
    critic = [one for one in pursued(pipeline, phase) if one.goal.players == (2,)]
    needs = plan(pipeline, critic)
    modules, drawn = modules_of(pipeline), drawn_for(pipeline)
    players = [Played(module) for module in modules]
    values = Values(pipeline, needs, Tools(pipeline), players, drawn, replay=True)
    made = sketch.outputs[0][1]
    assert not values[made].requires_grad
    assert values[critic[0].terms[0].value].requires_grad
    assert needs.learning == {2}


def reweighting() -> tuple[Sketch, dict[str, int]]:
    """A loss with a weight for each example, whose gradient says what each example is worth."""
    sketch = Sketch()
    [x] = sketch.draw(data("noisy", x=VECTOR), "x")
    [c] = sketch.draw(data("clean", x=VECTOR), "x")
    model = sketch.player("M", linear(4, 4))

    def squares(player: int, given: int) -> int:
        out = sketch.apply(player, given)
        difference = sketch.combine("-", out, given)
        return sketch.combine("*", difference, difference)

    def total(value: int) -> int:
        return sketch.operation("sum", "arithmetic", {"v": value})

    each = sketch.operation("zeros_like", "arithmetic", {"v": x})
    loss = total(sketch.combine("*", each, squares(model, x)))
    after = checked.After(model, sgd(), None, 1, loss)
    unrolled = sketch.add(after, checked.PLAYER)
    clean = total(squares(unrolled, c))
    worth = sketch.combine("minus", sketch.add(checked.GradientOf(clean, each)))
    weights = sketch.operation("positive", "arithmetic", {"v": worth})
    goal = total(sketch.combine("*", weights, squares(model, x)))
    sketch.goal([0], weighed=goal)
    return sketch, {"each": each, "worth": worth, "goal": goal, "unrolled": unrolled}


def test_gradient_through_an_unrolled_step() -> None:
    """Ren et al. 2018, eq. 5: what an example is worth is minus the derivative of the clean loss
    after a step, by its weight, at weight 0."""
    sketch, index = reweighting()
    pipeline = sketch.pipeline()
    modules, drawn = modules_of(pipeline), drawn_for(pipeline)
    [module] = modules
    x, c = drawn.fields[0]["x"], drawn.fields[1]["x"]
    e = torch.zeros(4, 4, requires_grad=True)
    inner = (e * (module(x) - x) ** 2).sum()
    own = torch.autograd.grad(inner, list(module.parameters()), create_graph=True)
    moved = [w - 0.1 * g for w, g in zip(module.parameters(), own, strict=True)]
    clean = ((nn.functional.linear(c, *moved) - c) ** 2).sum()
    [wanted] = torch.autograd.grad(-clean, [e])

    goals = pursued(pipeline, checked.Phase(frozenset({0}), 1, "epochs", True))
    needs = plan(pipeline, goals)
    players = [Played(module)]
    values = Values(pipeline, needs, Tools(pipeline), players, drawn, replay=True)
    torch.testing.assert_close(values[index["worth"]], wanted, rtol=1e-12, atol=1e-14)
    found, _ = gradients(values, goals, [list(module.parameters())])
    total = (wanted.clamp(min=0) * (module(x) - x) ** 2).sum()
    for one, other in zip(
        found[0], torch.autograd.grad(total, list(module.parameters())), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


def test_what_changes_with_a_player() -> None:
    sketch, index = reweighting()
    pipeline = sketch.pipeline()
    assert index["goal"] in above(pipeline, index["each"])
    steady = Sketch()
    [x] = steady.draw(data("clean", x=VECTOR), "x")
    player = steady.player("G", linear(4, 4))
    made = steady.apply(player, x)
    past = steady.add(checked.History(made, 3))
    used = steady.operation("mean", "arithmetic", {"v": past})
    assert above(steady.pipeline(), player) == {player, made}
    assert steady.values[used].type == NUMBER
