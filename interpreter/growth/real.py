"""The real images that a search is judged by, and what criteria keep of them."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.interpreter.growth.features import Lens, look
from autodesign.interpreter.growth.pictures import reduced
from autodesign.stdlib.criteria.seen_torch import OfImages, Reference, Seen
from autodesign.stdlib.criteria.untrained_torch import seeded
from autodesign.stdlib.data.reading.cache import cached
from autodesign.stdlib.data.reading.examples import Examples, chunks

FLOOR = "floor"
ORDER = 0
"""The seed of the order in which images of the training split are taken: the same in every run"""


class Real:
    """Images of the training split, in an order that a seed fixes.

    A criterion of `n` images is given the first `n` of them, and the next `n` are what its floor is
    the value of. What is kept of them lies in `folder`, and is computed once for a resolution.
    """

    def __init__(
        self, examples: Examples, field: str, data: spec.Call, folder: Path, device: torch.device
    ) -> None:
        self._examples, self._field, self._data = examples, field, data
        self._folder, self._device = folder, device
        random = torch.Generator().manual_seed(ORDER)
        self._order = torch.randperm(len(examples), generator=random)
        self._kept: dict[str, Reference] = {}
        self._seen: dict[tuple[str, int], Seen] = {}

    def __len__(self) -> int:
        return len(self._order)

    def images(self, side: int | None, count: int) -> Iterator[Tensor]:
        """The first images, averaged down to a side: [n, c, side, side] in 0..1, some at a time.
        Without a side they are what they are, and need not be images."""
        for some in chunks(min(count, len(self))):
            with seeded(ORDER):  # for data that are augmented as they are read
                batch = self._examples.batch(self._order[some])[self._field]
            yield batch if side is None else reduced(batch, side)

    def reference(
        self, lens: Lens, criterion: OfImages, n: int, side: int
    ) -> tuple[Reference, float | None]:
        """What a criterion keeps of what it sees in real images at a resolution, and its floor
        (None: there are too few images for one)."""
        key = "\n".join((lens.criterion, said(self._data), str(side), lens.learned()))
        if key not in self._kept:
            self._kept[key] = cached(
                self._folder, key, lambda: self._computed(lens, criterion, n, side)
            )
        kept = dict(self._kept[key])
        floor = kept.pop(FLOOR, None)
        return kept, None if floor is None else float(floor)

    def forget(self) -> None:
        """Lets go of what extractors saw: what criteria keep of it is kept."""
        self._seen.clear()

    def _computed(self, lens: Lens, criterion: OfImages, n: int, side: int) -> Reference:
        seen = self._look(lens, min(2 * n, len(self)), side)
        reference = criterion.reference(seen.part(0, n))
        if len(self) < 2 * n:
            return reference
        value = criterion(seen.part(n, 2 * n), reference)
        return {**reference, FLOOR: torch.tensor(value, dtype=torch.float64)}

    def _look(self, lens: Lens, count: int, side: int) -> Seen:
        """The first images through an extractor: looked at once for several criteria."""
        known = self._seen.get((lens.key, side))
        if known is None or len(known) < count:
            through = {lens.key: (lens.module, count)}
            known = look(self.images(side, count), through, self._device)[lens.key]
            self._seen[lens.key, side] = known
        return known.part(0, count)
