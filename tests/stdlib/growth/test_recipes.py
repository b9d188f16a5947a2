"""Recipes against their papers' formulas, in float64."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autodesign.stdlib import build

GREEDY = {"rtol": 1e-10, "atol": 1e-12}  # rounding of float64 in sums of a few hundred terms


@pytest.fixture(autouse=True)
def exact():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def critic() -> nn.Module:
    """A function with second derivatives everywhere, of all of its weights."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(12, 5),
        nn.Softplus(),
        nn.Linear(5, 1),
    )


def images() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    real, fake = torch.randn(2, 6, 2, 4, 4)
    return real, fake


def by_definition(d: nn.Module, real: Tensor, fake: Tensor, seed: int) -> Tensor:
    """Gulrajani et al. 2017, algorithm 1: example by example, slopes by central differences of
    nothing but values, which are differentiable themselves."""
    torch.manual_seed(seed)
    shares = torch.rand(len(real), 1, 1, 1)
    step, terms = 1e-5, []
    for x, y, share in zip(real, fake, shares, strict=True):
        between = (1 - share) * x + share * y
        moved = step * torch.eye(between.numel()).view(-1, *between.shape)
        slopes = (d(between + moved) - d(between - moved)).squeeze(1) / (2 * step)
        terms.append((slopes.square().sum().sqrt() - 1).square())
    return torch.stack(terms).mean()


def test_penalty_of_wgan_gp_and_its_gradient_by_double_backward(call, critic):
    """The penalty's own gradient too: a derivative of a derivative, here against differences."""
    recipe = build.recipe(call("wgan_gp", penalty=7.0, drift=0.0))
    real, fake = images()
    torch.manual_seed(5)
    given = recipe.penalty(critic, real, fake)
    expected = 7 * by_definition(critic, real, fake, 5)
    torch.testing.assert_close(given, expected, rtol=1e-8, atol=0)  # differences of step 1e-5
    weights = list(critic.parameters())
    ours = torch.autograd.grad(given, weights, allow_unused=True)
    theirs = torch.autograd.grad(expected, weights, allow_unused=True)
    for own, other in zip(ours, theirs, strict=True):
        own = torch.zeros_like(other) if own is None else own
        torch.testing.assert_close(own, other, rtol=1e-5, atol=1e-7)


def test_wgan_gp_is_the_distance_with_drift(call):
    recipe = build.recipe(call("wgan_gp", drift=0.5, critic_steps=3, ema=0.9))
    seen, made = torch.randn(2, 8, 1)
    expected = made.mean() - seen.mean() + 0.5 * sum(float(s) ** 2 for s in seen) / 8
    torch.testing.assert_close(recipe.critic(seen, made), expected, **GREEDY)
    torch.testing.assert_close(recipe.generator(made), -made.mean(), **GREEDY)
    assert (recipe.critic_steps, recipe.ema) == (3, 0.9)
    assert build.recipe(call("wgan_gp", penalty=0.0)).penalty is None


def test_other_losses_are_those_of_goodfellow_mao_and_lim(call):
    seen, made = torch.randn(2, 8, 1)
    ones, zeros = torch.ones(8, 1), torch.zeros(8, 1)
    entropy = F.binary_cross_entropy_with_logits
    expected = {
        "nonsaturating": (entropy(seen, ones) + entropy(made, zeros), entropy(made, ones)),
        "log": (entropy(seen, ones) + entropy(made, zeros), -entropy(made, zeros)),
        "least_squares": (
            ((seen - 1) ** 2).mean() / 2 + (made**2).mean() / 2,
            ((made - 1) ** 2).mean(),
        ),
        "hinge": ((1 - seen).clamp(0).mean() + (1 + made).clamp(0).mean(), -made.mean()),
    }
    for name, (critic, generator) in expected.items():
        recipe = build.recipe(call("gan", loss=name))
        torch.testing.assert_close(recipe.critic(seen, made), critic, **GREEDY)
        torch.testing.assert_close(recipe.generator(made), generator, **GREEDY)
        assert recipe.penalty is None


def test_r1_is_half_the_mean_square_of_the_gradient_at_real_images(call, critic):
    recipe = build.recipe(call("gan", penalty=3.0))
    real, fake = images()
    squares = []
    for x in real:
        jacobian = torch.autograd.functional.jacobian(lambda v: critic(v[None])[0, 0], x)
        squares.append(jacobian.square().sum())
    given = recipe.penalty(critic, real, fake)
    torch.testing.assert_close(given, 3 / 2 * torch.stack(squares).mean(), **GREEDY)
    given.backward()
    assert all(p.grad is not None for n, p in critic.named_parameters() if n.endswith("weight"))
