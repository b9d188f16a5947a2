"""What a worker is given to train a candidate of a search, and what comes of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from autodesign.dsl.growth import Move, Search

Verdict = Literal["done", "diverged", "failed"]

RESULT = "result.json"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


Number = Annotated[float | None, AfterValidator(_finite)]
"""What is not a finite number is undefined: None."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A candidate to be trained and judged: the growth's first networks after `moves`.

    `parent` is the complete folder of the candidate before the last move (None: there was none).
    `finish`: the same architecture as the parent's, trained on for `training.finish`; then `moves`
    are the parent's too. `seed` is the candidate's own. `directory` is where its files stand once
    it is complete; until then they are written into `partial`, where an earlier attempt may have
    left checkpoints to go on from.
    """

    search: Search
    moves: tuple[Move, ...]
    parent: Path | None
    id: str
    seed: int
    directory: Path
    finish: bool = False

    @property
    def partial(self) -> Path:
        return self.directory.with_name(f"{self.id}.partial")

    @property
    def run(self) -> Path:
        """The run directory; the jobs whose networks give features lie in it by name."""
        return self.directory.parents[2]


class Outcome(BaseModel):
    """What came of a candidate: result.json in its folder.

    `values`, `floors` and `n` are by the text of the criterion or report; a value that is not a
    finite number counts as undefined. `resolution` is the side of its images (0: none), `layers`
    counts insertions and doublings by network, `multiplications` are those of one example through
    all networks, `images` those learned from. `error` says why it is not "done".
    """

    model_config = ConfigDict(frozen=True)

    outcome: Verdict
    values: Mapping[str, Number] = {}
    floors: Mapping[str, Number] = {}
    n: Mapping[str, int | None] = {}
    resolution: int = 0
    layers: Mapping[str, int] = {}
    parameters: Mapping[str, int] = {}
    multiplications: int = 0
    images: int = 0
    seconds: float = 0.0
    error: str | None = None
