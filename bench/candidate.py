"""What an iteration of a candidate costs, against WGAN-GP written by hand in PyTorch.

    python bench/candidate.py              # two minutes on one core
    python bench/candidate.py --device cuda

A generator and a discriminator of 64 filters on Fashion-MNIST at 8x8, 32 images a batch, with
equalised layers, pixel norm, minibatch standard deviation, drift, Adam and a moving average. "By
hand" is the same step as one would write it for these two networks alone: modules of plain PyTorch,
images averaged down beforehand and held in memory, the generator run anew for its own step. "By
hand, shared" runs it once an iteration and the discriminator on real and generated images at once,
as a candidate does. Times are medians of processor time, taken in turns; in a fade the candidate
also has the parent's paths. Results go to bench/results/candidate.json and .md.
"""

import argparse
import json
from math import prod
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from clock import seconds
from torch import Tensor, nn

import autodesign as ad
from autodesign.dsl.grow import first, grow
from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.fading import fading_layers
from autodesign.interpreter.growth.learners import learner
from autodesign.interpreter.growth.lineage import placed
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.data import load
from autodesign.stdlib.library import standard

RESULTS = Path(__file__).parent / "results"
BATCH, LATENT, WIDTH = 32, 128, 64
SPEC = f"""ad 1
data fashion = Resize(FashionMNIST(), size=32)
block conv(filters) = EqualizedConv2d(filters, 3) | LeakyReLU(0.2)
growth Grown {{
  generator G {{
    input z: vector[{LATENT}]
    node base(z) = PixelNorm | EqualizedLinear({16 * WIDTH}) | Unflatten(1, [{WIDTH}, 4, 4])
      | LeakyReLU(0.2) | PixelNorm | conv({WIDTH}) | PixelNorm | Upsample(scale_factor=2)
      | conv({WIDTH}) | PixelNorm | conv({WIDTH}) | PixelNorm
    node rgb(base) = EqualizedConv2d(1, 1, gain=1)
    output image = rgb
  }}
  discriminator D {{
    input x: image[1, 8, 8]
    node stem(x) = EqualizedConv2d({WIDTH}, 1) | LeakyReLU(0.2)
    node score(stem) = conv({WIDTH}) | conv({WIDTH}) | AvgPool2d(2) | MinibatchStdDev
      | conv({WIDTH}) | Flatten | EqualizedLinear({WIDTH}) | LeakyReLU(0.2)
      | EqualizedLinear(1, gain=1)
    output critic = score
  }}
  action upscale = double G by conv({WIDTH}) | PixelNorm, D by conv({WIDTH}) with fade_in(0.5)
}}
search grown = Grown on fashion {{
  minimize KernelDistance(features=Pixels(), n=100)
  by path(upscale)
  train wgan_gp() using Adam(lr=1e-3, betas=[0, 0.99]) for 100 iterations
  until resolution 16  batch {BATCH}
}}
"""


class Equal(nn.Module):
    """A layer whose weights are scaled when it runs."""

    def __init__(self, shape: tuple[int, ...], gain: float = 2**0.5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        self.scale = gain / prod(shape[1:]) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * self.scale
        if weight.dim() == 2:
            return F.linear(x, weight, self.bias)
        return F.conv2d(x, weight, self.bias, padding=weight.shape[-1] // 2)


class Norm(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class Spread(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        groups = x.view(-1, 4, *x.shape[1:])
        apart = groups - groups.mean(1, keepdim=True)
        spread = (apart.square().mean(1) + 1e-8).sqrt().mean((1, 2, 3)).repeat_interleave(4)
        return torch.cat([x, spread.view(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])], 1)


def by_hand(shared: bool, images: Tensor, device: torch.device):
    """One iteration, as a function of nothing."""
    w, act, norm = WIDTH, nn.LeakyReLU(0.2), Norm()
    g = nn.Sequential(
        *(norm, Equal((16 * w, LATENT)), nn.Unflatten(1, (w, 4, 4)), act, norm),
        *(Equal((w, w, 3, 3)), act, norm, nn.Upsample(scale_factor=2)),
        *(Equal((w, w, 3, 3)), act, norm, Equal((w, w, 3, 3)), act, norm),
        Equal((1, w, 1, 1), 1.0),
    ).to(device)
    d = nn.Sequential(
        *(Equal((w, 1, 1, 1)), act, Equal((w, w, 3, 3)), act, Equal((w, w, 3, 3)), act),
        *(nn.AvgPool2d(2), Spread(), Equal((w, w + 1, 3, 3)), act, nn.Flatten()),
        *(Equal((w, 16 * w)), act, Equal((1, w), 1.0)),
    ).to(device)
    average = [p.detach().clone() for p in g.parameters()]
    to_g = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.0, 0.99))
    to_d = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.0, 0.99))

    def penalty(real: Tensor, fake: Tensor) -> Tensor:
        share = torch.rand(BATCH, 1, 1, 1, device=device)
        between = torch.lerp(real, fake, share).requires_grad_()
        (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def noise() -> Tensor:
        return torch.randn(BATCH, LATENT, device=device)

    def step() -> None:
        real = images[torch.randint(len(images), (BATCH,))].to(device)
        if shared:
            made = g(noise())
            fake = made.detach()
            seen, other = d(torch.cat([real, fake])).split(BATCH)
        else:
            with torch.no_grad():
                fake = g(noise())
            seen, other = d(real), d(fake)
        loss = other.mean() - seen.mean() + 1e-3 * seen.square().mean()
        loss = loss + 10 * penalty(real, fake)
        to_d.zero_grad(set_to_none=True)
        loss.backward()
        to_d.step()
        d.requires_grad_(False)
        loss = -d(made if shared else g(noise())).mean()
        to_g.zero_grad(set_to_none=True)
        loss.backward()
        to_g.step()
        d.requires_grad_(True)
        with torch.no_grad():
            for own, followed in zip(average, g.parameters(), strict=True):
                own.lerp_(followed, 1e-3)

    return step


def candidate(search: Search, fading: bool, device: torch.device):
    """One iteration of the first candidate, or of its child while a doubling fades."""
    torch.manual_seed(0)
    architecture = first(search.growth, standard())
    networks = architecture.networks
    if fading:
        (move,) = search.path
        networks = grow(search.growth, architecture, move, standard(), "overlap").trained
    modules = {name: placed(DynamicNetwork(net), device) for name, net in networks.items()}
    for layer in fading_layers(modules.values()):
        layer.alpha.fill_(0.5)
    splits = load(search.data.call)
    learning = learner(search, search.training, splits, modules, 0, device)
    numbers = iter(range(10**6))
    return lambda: learning.iterate(next(numbers), 0.5 if fading else 1.0)


def measure(rounds: int, device: torch.device) -> dict[str, float]:
    search = ad.loads(SPEC).checked.searches["grown"]
    train = load(search.data.call).train
    images = F.avg_pool2d(train.batch(torch.arange(len(train)))["image"], 4) * 2 - 1
    steps = {
        "by hand": by_hand(False, images, device),
        "by hand, shared": by_hand(True, images, device),
        "candidate": candidate(search, False, device),
        "its child at 16x16, fading": candidate(search, True, device),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(3):
        for step in steps.values():
            step()
    for _ in range(rounds):
        for name, step in steps.items():
            times[name].append(seconds(step, device.type))
    return {name: median(found) for name, found in times.items()}


def table(found: dict[str, float]) -> str:
    lines = ["| an iteration | time | of that by hand |", "|---|---|---|"]
    for name, time in found.items():
        share = f"{time / found['by hand']:.2f}" if "16x16" not in name else ""
        lines.append(f"| {name} | {1e3 * time:.1f} ms | {share} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="What an iteration of a candidate costs.")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = measure(given.rounds, torch.device(given.device))
    name = "candidate" if given.device == "cpu" else f"candidate_{given.device}"
    about = (
        f"torch {torch.__version__} on {given.device}, one thread. By `python bench/candidate.py`."
    )
    text = f"# What an iteration of a candidate costs\n\n{about}\n\n{table(found)}\n"
    RESULTS.mkdir(exist_ok=True)
    facts = {"torch": torch.__version__, "seconds": found}
    (RESULTS / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(text)
    print(table(found))


if __name__ == "__main__":
    main()
