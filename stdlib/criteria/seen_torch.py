"""What is seen in images, and what every criterion of images is asked."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

Reference = dict[str, Tensor]
"""What a criterion keeps of real images"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an extractor finds in n images: `features` [n, ...], and `scores` [n, classes], which a
    softmax makes probabilities. On the CPU, float32."""

    features: Tensor
    scores: Tensor | None = None

    def __len__(self) -> int:
        return len(self.features)

    def part(self, start: int, end: int) -> "Seen":
        """What was found in some of the images."""
        scores = None if self.scores is None else self.scores[start:end]
        return Seen(self.features[start:end], scores)


class OfImages(Protocol):
    """A criterion of images. One without an argument `features` has an attribute `looks`, the
    extractor that it looks through."""

    def reference(self, real: Seen) -> Reference:
        """What it keeps of `n` real images."""
        ...

    def __call__(self, made: Seen, reference: Reference) -> float:
        """Its value for `n` images; nan where what it looks at is not finite."""
        ...
