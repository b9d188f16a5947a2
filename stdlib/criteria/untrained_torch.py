"""What an untrained network promises (TE-NAS, Chen et al. 2021, arXiv 2102.11535).

A network is a module that gives a tensor for images [n, ...]; those here have fresh weights.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

UNITS: tuple[type[nn.Module], ...] = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ReLU6, nn.RReLU)
"""Piecewise linear, with a kink at 0"""
AT_ONCE = 512
"""Images in one pass"""
LARGEST = 1 << 26
"""Numbers of gradients that are held at a time"""


class Untrained(ABC):
    """A criterion of fresh networks; `n` is how many training images it looks at."""

    n: int

    def __init__(self, repeats: int, init: str) -> None:
        self.repeats, self.init = repeats, init

    def __call__(self, make: Callable[[], nn.Module], images: Tensor, seed: int) -> float:
        """The mean over networks that `make` gives on the CPU, where they are drawn by `seed`;
        images [n, ...] on the device that is to compute.

        nan where a network has no gradients or values that are not finite.
        """
        values = []
        for repeat in range(self.repeats):
            with seeded(seed + repeat):
                network = started(make(), self.init, images)
            values.append(self.of(network, images))
        return sum(values) / len(values)

    @abstractmethod
    def of(self, network: nn.Module, images: Tensor) -> float:
        """The value for one network."""


class NtkCondition(Untrained):
    """The greatest eigenvalue of the kernel divided by the least (section 3.1.1)."""

    def __init__(self, batch: int, repeats: int, init: str) -> None:
        super().__init__(repeats, init)
        self.n = batch

    def of(self, network: nn.Module, images: Tensor) -> float:
        return condition(tangent_kernel(network.double(), images[: self.n].double()))


class LinearRegions(Untrained):
    """How many linear regions the inputs lie in, or lines between them go through (3.1.2)."""

    def __init__(self, n: int, on: str, points: int, repeats: int, init: str) -> None:
        super().__init__(repeats, init)
        self.n, self.on, self.points = n, on, points

    def of(self, network: nn.Module, images: Tensor) -> float:
        if self.on == "images":
            return float(distinct(network, images[: self.n]))
        half = self.n // 2
        return along_lines(network, images[:half], images[half : 2 * half], self.points)


class TeNas(Untrained):
    """log NtkCondition - log LinearRegions, of the same networks."""

    def __init__(self, batch: int, n: int, on: str, points: int, repeats: int, init: str) -> None:
        super().__init__(repeats, init)
        self.kernel = NtkCondition(batch, 1, init)
        self.regions = LinearRegions(n, on, points, 1, init)
        self.n = max(batch, n)

    def of(self, network: nn.Module, images: Tensor) -> float:
        regions = self.regions.of(network, images)
        return math.log(self.kernel.of(network, images)) - math.log(regions)  # log nan is nan


# --- the neural tangent kernel --------------------------------------------------------------------


def tangent_kernel(network: nn.Module, images: Tensor) -> Tensor:
    """[n, n]: the sum over outputs k of the products of the gradients of f_k(x_i) and f_k(x_j) by
    all weights.

    Images go through one at a time: with all at once each gradient would be taken of the whole
    batch, of which one image counts.
    """
    kernel = images.new_zeros(len(images), len(images))
    outputs = network(images[:1]).numel()
    weights = [p for p in network.parameters() if p.requires_grad]
    for some in groups(weights, LARGEST // (len(images) * outputs)):
        rows = torch.stack([jacobian(network(image[None]), some) for image in images])
        kernel += rows @ rows.T
    return kernel.detach().cpu()


def jacobian(scores: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """The gradients of all scores of an image by some weights, [scores * weights]."""
    picked = torch.eye(scores.numel(), dtype=scores.dtype, device=scores.device)
    found = torch.autograd.grad(
        scores.flatten(), weights, picked, is_grads_batched=True, materialize_grads=True
    )
    return torch.cat([gradient.flatten() for gradient in found])


def groups(weights: Iterable[Tensor], largest: int) -> Iterator[list[Tensor]]:
    """Weights in a row, as many together as have no more than `largest` elements, at least one."""
    group: list[Tensor] = []
    for weight in weights:
        if group and sum(w.numel() for w in (*group, weight)) > largest:
            yield group
            group = []
        group.append(weight)
    if group:
        yield group


def condition(kernel: Tensor) -> float:
    """The greatest eigenvalue divided by the least: at most what rounding lets one see."""
    if not kernel.isfinite().all():
        return math.nan
    values = torch.linalg.eigvalsh(kernel)
    least, greatest = float(values[0]), float(values[-1])
    # an eigenvalue below this is rounding, whatever its sign
    seen = greatest * len(values) * torch.finfo(kernel.dtype).eps
    return greatest / max(least, seen) if greatest > 0 else math.nan


# --- linear regions -------------------------------------------------------------------------------


def patterns(network: nn.Module, images: Tensor) -> Tensor:
    """Which ReLU-like units are on, bool [n, units]."""
    seen: list[Tensor] = [torch.zeros(len(images), 0, dtype=torch.bool)]

    def look(_: nn.Module, given: tuple[Any, ...]) -> None:
        seen.append((given[0] > 0).flatten(1).cpu())

    units = [m for m in network.modules() if isinstance(m, UNITS)]
    hooks = [unit.register_forward_pre_hook(look) for unit in units]
    try:
        with torch.inference_mode():
            network(images)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(seen, 1)


def distinct(network: nn.Module, images: Tensor) -> int:
    """How many different patterns images have."""
    found: set[bytes] = set()
    for part in torch.split(images, AT_ONCE):
        rows = numpy.packbits(patterns(network, part).numpy(), axis=1)
        found.update(row.tobytes() for row in rows)
    return len(found)


def along_lines(network: nn.Module, starts: Tensor, ends: Tensor, points: int) -> float:
    """The mean number of regions that the lines from `starts` to `ends` go through: one, and one
    more wherever a unit turns on or off. A unit that turns twice between two of the points on a
    line is not seen."""
    crossings = 0
    for some, others in zip(*(torch.split(x, AT_ONCE) for x in (starts, ends)), strict=True):
        before = patterns(network, some)
        for step in range(1, points):
            now = patterns(network, torch.lerp(some, others, step / (points - 1)))
            crossings += int((now != before).sum())
            before = now
    return 1 + crossings / len(starts)


# --- fresh networks -------------------------------------------------------------------------------


def started(network: nn.Module, init: str, images: Tensor) -> nn.Module:
    """The network with weights by `init`, ready to be looked at: nothing is dropped out, and batch
    normalisation has the mean and deviation of these images."""
    for module in network.eval().modules():
        if init == "kaiming" and isinstance(module, _ConvNd | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, _BatchNorm):
            module.momentum = None  # the mean over all passes
            module.reset_running_stats()
            module.train()
    network.to(images.device)
    with torch.no_grad():
        for part in torch.split(images, AT_ONCE):
            network(part)
    return network.eval()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Fresh weights are drawn by `seed`, and the generators of torch are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
