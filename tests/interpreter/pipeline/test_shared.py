"""Numbers that several goals want are differentiated once."""

from typing import Any

import torch
from torch import Tensor
from unrolled import apart

from autodesign.interpreter.pipeline.shared import shared


class Counted(torch.autograd.Function):
    """The identity; counts how often it is differentiated."""

    times = 0

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, asked: Tensor) -> Tensor:
        Counted.times += 1
        return asked * 1


def goals(share: bool) -> tuple[list[Tensor], int]:
    """Gradients of a loss by a detector's weight, of its negative by a generator's, and of what the
    detector's step on it gives: as in DetectorGAN."""
    torch.manual_seed(0)
    generator, detector = (torch.randn(4, 4, dtype=torch.float64) for _ in range(2))
    generator.requires_grad_(), detector.requires_grad_()
    Counted.times = 0
    made = torch.ones(1, 4, dtype=torch.float64) @ generator
    loss = Counted.apply((made @ detector).tanh().square().sum())
    if share:
        loss = shared(loss, [made, detector], twice=True)
    [own] = torch.autograd.grad(loss, [detector], create_graph=True)
    stepped = detector - 0.1 * own
    goal = (made @ stepped).cos().sum() - 3 * loss
    [by_generator] = torch.autograd.grad(goal, [generator], retain_graph=True)
    [by_detector] = torch.autograd.grad(2 * loss, [detector])
    return [own, by_generator, by_detector], Counted.times


def test_one_pass_serves_every_goal() -> None:
    apart_, times = goals(share=False)
    together, once = goals(share=True)
    assert apart(together, apart_) < 1e-14
    # once by the weights and the image; a second time, where its gradient is differentiated
    assert (times, once) == (3, 1)


def test_without_twice_the_gradient_is_a_constant() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    number = shared(x**3, [x])
    [gradient] = torch.autograd.grad(number, [x], create_graph=True)
    assert float(gradient) == 12
    assert torch.autograd.grad(gradient * x, [x]) == (torch.tensor(12.0),)


def test_the_value_stays_and_no_graph_is_made_where_none_is_wanted() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    with torch.no_grad():
        assert not shared(x * 3, [x]).requires_grad
    assert shared(x * 3, [x]).item() == 6
