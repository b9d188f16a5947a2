"""Images as criteria look at them, and what every criterion of images is asked."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

Reference = dict[str, Tensor]
"""What a criterion keeps of real images"""


@dataclass(frozen=True, slots=True)
class Seen:
    """`images` [n, channels, height, width] in 0..1; what an extractor finds in them: `features`
    [n, d], and `scores` [n, classes], which a softmax makes probabilities. On the CPU, float32."""

    images: Tensor
    features: Tensor | None = None
    scores: Tensor | None = None

    def part(self, start: int, end: int) -> "Seen":
        """Some of the images, and what was found in them."""
        some = slice(start, end)
        features = None if self.features is None else self.features[some]
        scores = None if self.scores is None else self.scores[some]
        return Seen(self.images[some], features, scores)


class OfImages(Protocol):
    """A criterion of images."""

    def reference(self, real: Seen) -> Reference:
        """What it keeps of `n` real images."""
        ...

    def __call__(self, made: Seen, reference: Reference) -> float:
        """Its value for `n` images; nan where what it looks at is not finite."""
        ...
