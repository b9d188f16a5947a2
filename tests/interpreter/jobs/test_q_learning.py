"""The loss on mini-bags (thesis eq. 2.1-2.6) against its definition, written out bag by bag."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from autodesign.interpreter.jobs.exploration import Explorer
from autodesign.interpreter.jobs.q_learning import Actor, act, bag_loss
from autodesign.interpreter.jobs.terms import Batch


def slow_loss(actor: Actor, rewards: Tensor, bag: int) -> Tensor:
    """Mean over bags with a reward of (r - sum of Q(s_i, a_i) where the actor ran)^2."""
    total, counted = torch.zeros((), dtype=actor.scores.dtype), 0
    for number, reward in enumerate(rewards):
        if not torch.isfinite(reward):
            continue
        counted += 1
        chosen = [
            actor.scores[i, actor.actions[i]]
            for i in range(number * bag, (number + 1) * bag)
            if actor.ran[i]
        ]
        if chosen:
            total = total + (reward - sum(chosen)) ** 2
    return total / max(counted, 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(2, 4), st.integers(0, 10_000))
def test_bag_loss_equals_the_definition(bag: int, bags: int, k: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    n = bag * bags
    scores = torch.randn(n, k, dtype=torch.float64, generator=random, requires_grad=True)
    ran = torch.rand(n, generator=random) < 0.6
    actions = torch.where(ran, torch.randint(k, (n,), generator=random), -1)
    rewards = torch.rand(bags, dtype=torch.float32, generator=random)
    rewards[torch.rand(bags, generator=random) < 0.2] = torch.nan
    actor = Actor("Q", scores, actions, ran)
    fast, slow = bag_loss(actor, rewards, bag), slow_loss(actor, rewards, bag)
    torch.testing.assert_close(fast.double(), slow, rtol=1e-5, atol=1e-6)
    if slow.requires_grad:
        one = torch.autograd.grad(fast, scores)[0]
        other = torch.autograd.grad(slow, scores)[0]
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_gradient_of_each_example_is_the_gap_of_its_bag() -> None:
    # thesis eq. 2.6, up to its sign: dL/dQ_i = -2 (r - sum_j Q_j), alike for all of the bag
    scores = torch.tensor([[0.1, 0.3], [0.2, 0.0]], requires_grad=True)
    actor = Actor("Q", scores, torch.tensor([1, 0]), torch.tensor([True, True]))
    bag_loss(actor, torch.tensor([0.9]), 2).backward()
    gap = -2 * (0.9 - (0.3 + 0.2))
    torch.testing.assert_close(scores.grad, torch.tensor([[0.0, gap], [gap, 0.0]]))


def test_an_explorer_at_rate_zero_takes_the_first_best() -> None:
    explorer = Explorer(lambda node, epochs: 0.0, 0)
    assert explorer.choose("Q", torch.tensor([[1.0, 2, 2], [3, 1, 3]])).tolist() == [1, 0]


def test_an_explorer_at_rate_one_takes_all_actions_alike() -> None:
    explorer = Explorer(lambda node, epochs: 1.0, 0)
    counts = explorer.choose("Q", torch.zeros(9000, 3)).bincount(minlength=3)
    # binomial(9000, 1/3): sd 45
    assert all(abs(count - 3000) < 5 * 45 for count in counts.tolist())


def test_an_output_that_wanders_shows_its_choice_as_the_best_score() -> None:
    scores = torch.randn(500, 4)
    batch = Batch({"y": scores}, {}, {}, torch.ones(500))
    shown, [actor] = act(batch, frozenset({"y"}), Explorer(lambda node, epochs: 1.0, 0))
    assert (shown.outputs["y"].argmax(1) == actor.actions).all()
    assert (shown.outputs["y"].sort(1)[0] == scores.sort(1)[0]).all()
