"""How candidates learn: an iteration against one written out by hand, and what surrounds it."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import autodesign as ad
from autodesign.dsl.growth import Search, Training
from autodesign.interpreter.growth.adversarial import Adversarial, each_alone
from autodesign.interpreter.growth.average import Average
from autodesign.interpreter.growth.fading import Fade, blended
from autodesign.interpreter.growth.learners import iterations, learner
from autodesign.interpreter.growth.learning import Learning, only_output
from autodesign.interpreter.growth.pictures import Order, reduced
from autodesign.interpreter.jobs.device import threads
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.data import load

CPU = torch.device("cpu")
SPEC = """ad 1
data digits = Digits()
growth Small {
  generator G {
    input z: vector[5]
    node base(z) = EqualizedLinear(64) | LeakyReLU(0.2) | Unflatten(1, [4, 4, 4])
    node rgb(base) = EqualizedConv2d(1, 3)
    output image = rgb
  }
  discriminator D {
    input x: image[1, 4, 4]
    node stem(x) = EqualizedConv2d(4, 3) | LeakyReLU(0.2)
    node score(stem) = MinibatchStdDev | Flatten | EqualizedLinear(1)
    output critic = score
  }
  action upscale = double G, D
}
search grown = Small on digits {
  minimize KernelDistance(Pixels(), n=20)
  by path(upscale)
  train RECIPE using Adam(lr=1e-2, betas=[0, 0.99]) for 10 iterations
  until resolution 8  batch BATCH  seed 2
}
"""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threads(1):
        yield


def searched(recipe: str = "wgan_gp()", batch: int = 8) -> Search:
    text = SPEC.replace("RECIPE", recipe).replace("BATCH", str(batch))
    return ad.loads(text).checked.searches["grown"]


def learning(search: Search) -> Learning:
    torch.manual_seed(0)
    modules = {one.name: DynamicNetwork(one.network) for one in search.growth.networks}
    assert search.training is not None
    return learner(search, search.training, load(search.data.call), modules, 2, CPU)


def written_out(g: nn.Module, d: nn.Module, reals: list[Tensor], steps: int, drift: float) -> None:
    """Iterations of WGAN-GP by `reals`, `steps` of the critic in each (Gulrajani et al. 2017,
    algorithm 1, but that the generator learns from the images made last)."""
    make, judge = only_output(g), only_output(d)
    to_g, to_d = (
        torch.optim.Adam(one.parameters(), lr=1e-2, betas=(0.0, 0.99), foreach=False)
        for one in (g, d)
    )
    for number, real in enumerate(reals):
        fake = make(torch.randn(len(real), 5))
        share = torch.rand(len(real), 1, 1, 1)
        between = (real + share * (fake.detach() - real)).requires_grad_()
        slope = torch.autograd.grad(judge(between).sum(), between, create_graph=True)[0]
        penalty = (slope.square().sum((1, 2, 3)).sqrt() - 1).square().mean()
        seen = judge(real)
        loss = judge(fake.detach()).mean() - seen.mean() + drift * seen.square().mean()
        to_d.zero_grad()
        (loss + 10 * penalty).backward()
        to_d.step()
        if (number + 1) % steps == 0:
            to_g.zero_grad()
            (-judge(fake).mean()).backward()
            to_g.step()


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("batch", [8, 6])  # 6: groups of 4 would mix real and generated images
def test_an_iteration_is_the_one_written_out_by_hand(steps: int, batch: int) -> None:
    """To float32's rounding: Adam divides by gradients, so some of them are small."""
    learned = learning(searched(f"wgan_gp(drift=0.1, critic_steps={steps})", batch))
    g, d = (copy.deepcopy(learned.moving[name].module) for name in "GD")
    batches = (learned.pictures.batch(number)["image"] for number in range(3 * steps))
    reals = [images * 2 - 1 for images in batches]
    torch.manual_seed(1)
    for number in range(3):
        learned.iterate(number, 1.0)
    torch.manual_seed(1)
    written_out(g, d, reals, steps, 0.1)
    for name, expected in (("G", g), ("D", d)):
        given = learned.moving[name].module.state_dict()
        for tensor, value in expected.state_dict().items():
            torch.testing.assert_close(given[tensor], value, rtol=1e-3, atol=1e-4)


def test_only_passes_that_do_not_mix_are_joined() -> None:
    assert isinstance(learning(searched()), Adversarial)
    _, d = searched().growth.networks
    network = DynamicNetwork(d.network)
    assert each_alone(network, 8) and not each_alone(network, 6)
    assert not each_alone(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), 8)

    class Foreign(nn.Identity):
        """A layer of somebody else's, of which nothing is known."""

    Foreign.__module__ = "acme.layers"
    assert not each_alone(nn.Sequential(Foreign()), 8)


@pytest.mark.parametrize("young", [True, False])
def test_the_average_follows_by_its_share(young: bool) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = Average(module, 0.5)
    average.young = young
    own = module[0].weight.detach().double().clone()
    for iteration in range(20):
        with torch.no_grad():
            module[0].weight.add_(torch.randn(2, 2))
        module(torch.randn(4, 2))
        average.follow(iteration)
        share = min(0.5, (1 + iteration) / (10 + iteration)) if young else 0.5
        own = share * own + (1 - share) * module[0].weight.detach().double()
        # float32 against float64: twenty roundings
        torch.testing.assert_close(average.module[0].weight.double(), own, rtol=1e-5, atol=1e-6)
        assert torch.equal(average.module[1].running_mean, module[1].running_mean)
    assert not any(p.requires_grad for p in average.module.parameters())


def test_an_average_of_share_0_is_the_network_itself() -> None:
    module = nn.Linear(2, 2)
    average = Average(module, 0.0)
    with torch.no_grad():
        module.weight.add_(1)
    average.follow(0)
    assert torch.equal(average.module.weight, module.weight)


def test_alpha_goes_from_0_to_1_in_a_line() -> None:
    fade = Fade(4.0, True)
    assert [fade.alpha(number) for number in range(6)] == [0, 0.25, 0.5, 0.75, 1, 1]
    assert Fade(0.0, False).alpha(0) == 1


def test_images_are_averaged_and_blended() -> None:
    torch.manual_seed(0)
    images = torch.rand(3, 2, 8, 8)
    small = reduced(images, 2)
    expected = images.numpy().reshape(3, 2, 2, 4, 2, 4).mean((3, 5))
    np.testing.assert_allclose(small.numpy(), expected, rtol=1e-6)  # sums of 16 in other orders
    assert reduced(images, 8) is images
    half = np.repeat(np.repeat(reduced(images, 4).numpy(), 2, 2), 2, 3)
    assert np.array_equal(blended(images, 0.0).numpy(), half)
    assert torch.equal(blended(images, 1.0), images)
    np.testing.assert_allclose(
        blended(images, 0.25), 0.75 * half + 0.25 * images.numpy(), rtol=1e-6
    )


@pytest.mark.parametrize("whole", [True, False])
def test_the_order_of_examples(whole: bool) -> None:
    order = Order(10, 4, 7, whole)
    again = Order(10, 4, 7, whole)
    sizes = [4, 4] if whole else [4, 4, 2]
    for epoch in range(3):
        found = [order.at(epoch * len(sizes) + place) for place in range(len(sizes))]
        assert [len(batch) for batch in found] == sizes
        seen = torch.cat(found).tolist()
        assert len(set(seen)) == len(seen) == sum(sizes)
        assert all(
            torch.equal(again.at(epoch * len(sizes) + place), batch)
            for place, batch in enumerate(found)
        )
    assert order.seen(0) == 0 and order.seen(len(sizes) + 1) == sum(sizes) + 4
    assert len(Order(3, 4, 7, whole).at(0)) == 3


@pytest.mark.parametrize(
    ("unit", "amount", "steps", "meant"),
    [
        ("iterations", 7, 3, 7),
        ("images", 80, 1, 10),
        ("images", 81, 1, 11),
        ("images", 80, 3, 4),  # 3 batches of 8 in each
        ("epochs", 2, 1, 2 * (1258 // 8)),
        ("epochs", 2, 5, -(-2 * (1258 // 8) // 5)),
    ],
)
def test_how_long_a_training_is(unit: str, amount: int, steps: int, meant: int) -> None:
    search = searched(f"wgan_gp(critic_steps={steps})")
    learned = learning(search)
    assert len(load(search.data.call).train) == 1258
    training = search.training
    assert isinstance(training, Training)
    told = replace(training, unit=unit, amount=amount, finish=2 * amount)
    assert iterations(told, learned, False) == meant
    if unit == "iterations":
        assert iterations(told, learned, True) == 2 * amount


def test_layers_learn_alike_whatever_their_width() -> None:
    """What equalised learning rates are for: the first step of Adam moves what each layer computes
    by about as much, in a wide layer as in a narrow one."""
    moves = []
    for width in (8, 512):
        named = f"input x: vector[{width}]  node n(x) = EqualizedLinear(4)  output y = n"
        torch.manual_seed(0)
        network = ad.loads(f"ad 1 network N {{ {named} }}").network("N")
        x = torch.ones(1, width)
        before = network(x)["y"]
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
        F.mse_loss(before, torch.zeros_like(before)).backward()
        optimizer.step()
        scaled = network(x)["y"] - before
        moves.append(float(scaled.detach().abs().mean()) / width**0.5)
    assert moves[0] == pytest.approx(moves[1], rel=0.3)  # the bias moves too, by 1e-3
