"""What is learned: rows, a network, batches, and the metrics that it is judged by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from losses.data import Split, digits, garments, one_class, scenes, zeros
from losses.judged import ACCURACY, AP, F2, KAPPA, PCKH, PRECISION_1, RECALL_1, Judged
from losses.networks import convolutions, layers, resnet20

Entropy = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Task:
    """`steps` of `batch` rows each; the learning rate falls to 0 over them. `rates` are tried."""

    name: str
    split: Callable[[int], Split]
    network: Callable[[], nn.Module]
    judged: tuple[Judged, ...]
    entropy: Entropy
    rates: tuple[float, ...]
    steps: int = 150
    batch: int = 1000

    @property
    def yes_or_no(self) -> bool:
        return self.entropy is yes_or_no


def yes_or_no(scores: Tensor, flags: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(scores, flags.float())


def cells(maps: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy over the cells of each heat map, against the cell that its point falls in."""
    points = wanted[:, :-1].round().clamp(0, maps.shape[3] - 1).long()
    cell = points[..., 0] * maps.shape[3] + points[..., 1]
    return functional.cross_entropy(maps.flatten(2).flatten(0, 1), cell.flatten())


RARE = (AP, F2, PRECISION_1, RECALL_1)
CLASSES = {"shirt": 6, "pullover": 2, "coat": 4, "dress": 3}
"""The classes of Fashion-MNIST that are hardest to tell from the others"""

LINEAR, DEEP = (0.03, 0.1, 0.3), (0.01, 0.03, 0.1)
ROWS = {9: 5_000, 49: 10_000}


def garment(name: str, ratio: int, deep: bool) -> Task:
    label, rows = CLASSES[name], ROWS[ratio]
    widths = (196, 32, 1) if deep else (196, 1)
    return Task(
        f"{name} 1:{ratio}, {'MLP' if deep else 'linear'}",
        lambda seed: one_class(label, ratio, rows, seed),
        lambda: layers(*widths),
        RARE,
        yes_or_no,
        DEEP if deep else LINEAR,
        250 if deep else 200,
    )


def digit_task(name: str, widths: tuple[int, ...], rates: tuple[float, ...]) -> Task:
    entropy = functional.cross_entropy
    judged = (ACCURACY, KAPPA)
    network = partial(layers, *widths)
    return Task(f"digits, {name}", digits, network, judged, entropy, rates, 150, 128)


def tasks() -> Iterator[Task]:
    """In the order in which they are worth knowing."""
    yield garment("shirt", 49, deep=False)
    yield garment("shirt", 49, deep=True)
    yield digit_task("linear", (64, 10), LINEAR)
    yield digit_task("MLP", (64, 32, 10), DEEP)
    yield Task(
        "MNIST zeros, MLP 784-500-300",
        zeros,
        lambda: layers(784, 500, 300, 1),
        (AP,),
        yes_or_no,
        (3e-4, 1e-3, 3e-3),
        steps=80,
        batch=250,
    )
    for name in ("pullover", "coat", "dress"):
        yield garment(name, 49, deep=False)
    yield garment("shirt", 9, deep=False)
    yield garment("shirt", 9, deep=True)
    yield Task(
        "key-points", scenes, convolutions, (PCKH,), cells, (1e-3, 3e-3, 1e-2), steps=100, batch=32
    )
    for deep, ratio in ((True, 49), (False, 9), (True, 9)):
        for name in ("pullover", "coat", "dress"):
            yield garment(name, ratio, deep)
    yield Task(
        "garments, ResNet-20",
        garments,
        resnet20,
        (ACCURACY,),
        functional.cross_entropy,
        (1e-3, 3e-3, 1e-2),
        steps=60,
        batch=64,
    )
