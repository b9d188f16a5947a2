"""Examples at the resolution of a candidate, batch by batch."""

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

from autodesign.interpreter.growth.fading import blended
from autodesign.interpreter.jobs.batches import Batches
from autodesign.stdlib.data.reading.examples import Examples


class Order:
    """Which examples make each batch of a training, which goes on over the epochs.

    All batches are `whole`, and the examples left over come in other epochs; else the last batch
    of an epoch may be smaller.
    """

    def __init__(self, examples: int, size: int, seed: int, whole: bool) -> None:
        self._batches = Batches(examples, min(size, examples), seed, None)
        self.size = self._batches.size
        self.steps = examples // self.size if whole else len(self._batches)
        self._in_epoch = self.steps * self.size if whole else examples
        self._epoch = -1
        self._order: tuple[Tensor, ...] = ()

    def at(self, number: int) -> Tensor:
        """The indices of the `number`-th batch, int64 [n]."""
        epoch, place = divmod(number, self.steps)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._batches.epoch(epoch)
        return self._order[place]

    def seen(self, batches: int) -> int:
        """How many examples the first batches hold, each counted as often as it comes."""
        epochs, rest = divmod(batches, self.steps)
        return epochs * self._in_epoch + rest * self.size


class Pictures:
    """Examples whose images are averaged down: `sides` are the sides they have, by field."""

    def __init__(self, examples: Examples, order: Order, sides: Mapping[str, int]) -> None:
        self.examples, self.order, self.sides = examples, order, sides

    def batch(self, number: int, alpha: float = 1.0) -> dict[str, Tensor]:
        """The fields of the `number`-th batch; at alpha 0 images are as of half the side."""
        fields = self.examples.batch(self.order.at(number))
        for name, side in self.sides.items():
            images = reduced(fields[name], side)
            fields[name] = blended(images, alpha) if alpha < 1 else images
        return fields


def reduced(images: Tensor, side: int) -> Tensor:
    """Images [n, c, h, w] averaged down to a height of `side`, which divides theirs."""
    ratio = images.shape[-2] // side
    return F.avg_pool2d(images, ratio) if ratio > 1 else images
