"""What `history(v, n)` gives: examples of v from this step and from earlier ones."""

import torch
from torch import Tensor


class History:
    """The last examples of a value, at most `size`; an image pool as GANs use it.

    While it is not full, every example is kept and given back. Then, with chance one half each, an
    example changes places with a kept one that is drawn at random (Shrivastava et al. 2017, section
    2.3, as CycleGAN does it).
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: list[Tensor] = []

    def exchange(self, values: Tensor) -> Tensor:
        """[batch, ...] -> the same shape, without a gradient."""
        given = []
        for value in values.detach():
            if len(self.kept) < self.size:
                self.kept.append(value.clone())
            elif float(torch.rand(())) < 0.5:
                place = int(torch.randint(self.size, ()))
                value, self.kept[place] = self.kept[place], value.clone()
            given.append(value)
        return torch.stack(given)

    def state(self) -> Tensor | None:
        """[kept, ...]; None where nothing is."""
        return torch.stack(self.kept) if self.kept else None

    def restore(self, saved: Tensor | None) -> None:
        self.kept = [] if saved is None else list(saved.unbind())
