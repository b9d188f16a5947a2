"""`P after OPT for k on L`, on small players, in double precision."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from unrolled import apart, applied, optimizer, reference

from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.replay import SameDraws
from autodesign.interpreter.pipeline.unroll import after

OPTIMIZERS = [
    optimizer("SGD", lr=0.1),
    optimizer("SGD", lr=0.1, momentum=0.9),
    optimizer("Adam", lr=0.01),
]
LABEL = torch.arange(6) % 3


@pytest.fixture(autouse=True)
def double() -> Any:
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def classifier(*between: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), *between, nn.Tanh(), nn.Linear(8, 3))


def cross_entropy(player: Callable[..., Tensor], x: Tensor) -> Tensor:
    return nn.functional.cross_entropy(player(x), LABEL)


def later(player: Callable[..., Tensor]) -> Tensor:
    """A loss on other examples"""
    x = torch.linspace(-1, 1, 24).reshape(6, 4)
    return nn.functional.cross_entropy(player(x), LABEL.flip(0))


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("call", OPTIMIZERS, ids=["sgd", "momentum", "adam"])
@pytest.mark.parametrize("lean", [False, True], ids=["plain", "lean"])
def test_gradients_are_those_of_torch_func(call: Any, steps: int, lean: bool) -> None:
    generator, player, z = nn.Linear(5, 4), classifier(), torch.randn(6, 5)
    rate = torch.tensor(0.05, requires_grad=True)
    by = [*generator.parameters(), *player.parameters(), rate]

    x = generator(z)
    unrolled = after(
        Played(player), call, cross_entropy, steps=steps, rate=rate, inputs=[x], lean=lean
    )
    found = torch.autograd.grad(later(unrolled), by)

    weights = reference(player, call, lambda p: cross_entropy(p, generator(z)), steps, rate)
    expected = torch.autograd.grad(later(applied(player, weights)), by)
    assert all(apart([one], [other]) < 1e-10 for one, other in zip(found, expected, strict=True))


ARGS = st.one_of(
    st.builds(
        lambda momentum, nesterov, **args: optimizer(
            "SGD", momentum=momentum, nesterov=nesterov and momentum > 0, **args
        ),
        momentum=st.sampled_from([0.0, 0.9]),
        nesterov=st.booleans(),
        lr=st.floats(1e-4, 0.5),
        weight_decay=st.sampled_from([0.0, 0.1]),
        maximize=st.booleans(),
    ),
    st.builds(
        lambda dampening, **args: optimizer("SGD", momentum=0.5, dampening=dampening, **args),
        dampening=st.floats(0, 1),
        lr=st.floats(1e-4, 0.5),
    ),
    st.builds(
        optimizer,
        st.sampled_from(["Adam", "AdamW"]),
        lr=st.floats(1e-4, 0.1),
        betas=st.tuples(st.floats(0, 0.99), st.floats(0.5, 0.9999)),
        eps=st.sampled_from([1e-8, 1e-3]),
        weight_decay=st.sampled_from([0.0, 0.1]),
        amsgrad=st.booleans(),
        maximize=st.booleans(),
    ),
)


@given(ARGS, st.integers(1, 5), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_steps_are_those_of_torch_optim(call: Any, steps: int, lean: bool, graph: bool) -> None:
    torch.manual_seed(0)
    player, x = classifier(), torch.randn(6, 4)
    own = copy.deepcopy(player)
    torchs = getattr(torch.optim, call.name)(own.parameters(), **call.args)
    for _ in range(steps):
        torchs.zero_grad()
        torch.autograd.backward(cross_entropy(own, x))
        torchs.step()
    with torch.set_grad_enabled(graph):
        found = after(Played(player), call, cross_entropy, steps=steps, inputs=[x], lean=lean)
    # rounding of a few sums of numbers around 1, in another order
    for name, weight in own.named_parameters():
        torch.testing.assert_close(found.named_weights()[name], weight, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("call", OPTIMIZERS, ids=["sgd", "momentum", "adam"])
def test_gradients_agree_with_central_differences(call: Any) -> None:
    player, x = classifier(), torch.randn(6, 4)

    def of(x: Tensor) -> Tensor:
        loss = later(after(Played(player), call, cross_entropy, steps=3, inputs=[x]))
        return loss

    assert torch.autograd.gradcheck(of, [x.requires_grad_()], eps=1e-6, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("lean", [False, True], ids=["plain", "lean"])
def test_nothing_of_the_player_changes(lean: bool) -> None:
    player, x = classifier(nn.BatchNorm1d(8), nn.Dropout()), torch.randn(6, 4)
    own = Played(player)
    first = cross_entropy(own, x)  # the step's own forward pass does move the statistics
    assert player[1].num_batches_tracked == 1
    before = copy.deepcopy(player.state_dict())

    def loss_of(p: Played, x: Tensor) -> Tensor:
        return first if p is own else cross_entropy(p, x)

    unrolled = after(own, optimizer("SGD"), loss_of, steps=3, inputs=[x], lean=lean)
    torch.autograd.grad(later(unrolled), list(player.parameters()))
    for name, value in player.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(p.grad is None for p in player.parameters())


def test_lean_steps_draw_the_same_dropout_again() -> None:
    generator, player, z = nn.Linear(5, 4), classifier(nn.Dropout()), torch.randn(6, 5)
    found = []
    for lean in (False, True):
        torch.manual_seed(1)
        draws = SameDraws(torch.device("cpu"))

        def loss_of(p: Played, x: Tensor, draws: SameDraws = draws) -> Tensor:
            with draws("loss"):
                return cross_entropy(p, x)

        call = optimizer("SGD", lr=0.1, momentum=0.5)
        unrolled = after(Played(player), call, loss_of, steps=3, inputs=[generator(z)], lean=lean)
        found.append(torch.autograd.grad(later(unrolled), list(generator.parameters())))
    assert apart(*found) < 1e-12


def test_another_player_of_the_loss_gets_its_gradient_in_lean_steps() -> None:
    player, critic, x = classifier(), nn.Linear(3, 1), torch.randn(6, 4)

    def loss_of(p: Played, critic: Played, x: Tensor) -> Tensor:
        return critic(p(x)).square().mean()

    found = []
    for lean in (False, True):
        unrolled = after(
            Played(player),
            optimizer("AdamW"),
            loss_of,
            steps=2,
            inputs=[Played(critic), x],
            lean=lean,
        )
        found.append(torch.autograd.grad(later(unrolled), list(critic.parameters())))
    assert apart(*found) < 1e-12


@pytest.mark.parametrize("call", OPTIMIZERS, ids=["sgd", "momentum", "adam"])
def test_what_does_not_move_need_not_be_run_again(call: Any) -> None:
    generator, player, z = nn.Linear(5, 4), classifier(), torch.randn(6, 5)
    real = torch.randn(6, 4)

    def whole(p: Played, x: Tensor) -> Tensor:
        return cross_entropy(p, real) + cross_entropy(p, x)

    found = []
    for how in ({}, {"lean": True, "moving_of": cross_entropy, "own": False}):
        unrolled = after(Played(player), call, whole, steps=2, inputs=[generator(z)], **how)
        found.append(torch.autograd.grad(later(unrolled), list(generator.parameters())))
    assert apart(*found) < 1e-12


def test_weights_that_the_loss_does_not_need_stay() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = classifier(), nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.used(x)

    player, x = Two(), torch.randn(6, 4)
    player.used[0].bias.requires_grad_(False)
    call = optimizer("AdamW", lr=0.1)
    found = after(Played(player), call, cross_entropy, inputs=[x])
    weights = found.named_weights()
    assert weights["idle.weight"] is player.idle.weight
    assert "used.0.bias" not in weights
    assert not torch.equal(weights["used.2.weight"], player.used[2].weight)


def test_a_weight_whose_gradient_is_zero_has_finite_derivatives_under_adam() -> None:
    player, x = nn.Linear(2, 1), torch.tensor([[1.0, 0.0]], requires_grad=True)
    unrolled = after(
        Played(player), optimizer("Adam"), lambda p, x: p(x).square().sum(), steps=2, inputs=[x]
    )
    [found] = torch.autograd.grad(unrolled.named_weights()["weight"].sum(), [x])
    assert found.isfinite().all()


def test_a_player_unrolled_already_is_unrolled_further() -> None:
    player, x = classifier(), torch.randn(6, 4)
    once = after(Played(player), optimizer("SGD", lr=0.1), cross_entropy, inputs=[x])
    twice = after(once, optimizer("SGD", lr=0.1), cross_entropy, inputs=[x])
    both = after(Played(player), optimizer("SGD", lr=0.1), cross_entropy, steps=2, inputs=[x])
    by = list(player.parameters())
    found = torch.autograd.grad(later(twice), by)
    assert apart(found, torch.autograd.grad(later(both), by)) < 1e-12
