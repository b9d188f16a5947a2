"""The real images that a search is judged by, and what criteria keep of them."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.interpreter.growth.features import Extractors
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
        self, examples: Examples, field: str, data: spec.Call, extractors: Extractors, folder: Path
    ) -> None:
        self._examples, self._field, self._data = examples, field, data
        self._extractors, self._folder = extractors, folder
        random = torch.Generator().manual_seed(ORDER)
        self._order = torch.randperm(len(examples), generator=random)
        self._kept: dict[str, Reference] = {}
        self._seen: dict[tuple[str, int], Seen] = {}

    def __len__(self) -> int:
        return len(self._order)

    def images(self, side: int | None, count: int) -> Tensor:
        """The first images, averaged down to a side: [count, c, side, side] in 0..1. Without a
        side they are what they are, and need not be images."""
        parts = []
        with seeded(ORDER):  # for data that are augmented as they are read
            for some in chunks(min(count, len(self))):
                batch = self._examples.batch(self._order[some])[self._field]
                parts.append(batch if side is None else reduced(batch, side))
        return torch.cat(parts)

    def reference(
        self, call: spec.Call, criterion: OfImages, n: int, side: int
    ) -> tuple[Reference, float | None]:
        """What a criterion keeps of real images at a resolution, and its floor (None: there are
        too few images for one)."""
        features = call.args.get("features")
        seen_by = features if isinstance(features, spec.Call) else None
        key = self._key(call, seen_by, side)
        if key not in self._kept:
            self._kept[key] = cached(
                self._folder, key, lambda: self._computed(criterion, seen_by, n, side)
            )
        kept = dict(self._kept[key])
        floor = kept.pop(FLOOR, None)
        return kept, None if floor is None else float(floor)

    def forget(self) -> None:
        """Lets go of what extractors saw: what criteria keep of it is kept."""
        self._seen.clear()

    def _computed(
        self, criterion: OfImages, features: spec.Call | None, n: int, side: int
    ) -> Reference:
        seen = self._look(features, 2 * n, side)
        reference = criterion.reference(seen.part(0, n))
        if len(self) < 2 * n:
            return reference
        value = criterion(seen.part(n, 2 * n), reference)
        return {**reference, FLOOR: torch.tensor(value, dtype=torch.float64)}

    def _look(self, features: spec.Call | None, count: int, side: int) -> Seen:
        """The first images through an extractor: looked at once for several criteria."""
        key = (said(features), side)
        known = self._seen.get(key)
        if known is None or len(known.images) < min(count, len(self)):
            self._seen[key] = self._extractors.see(self.images(side, count), features)
        return self._seen[key].part(0, count)

    def _key(self, call: spec.Call, features: spec.Call | None, side: int) -> str:
        """All that what is kept depends on, the weights of a job's network among it."""
        weights = None if features is None else self._extractors.weights(features)
        learned = "" if weights is None else hashlib.sha256(weights.read_bytes()).hexdigest()
        return "\n".join((said(call), said(self._data), str(side), learned))
