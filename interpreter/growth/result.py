"""A search as it is to be run, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.journal import Candidate, Step
from autodesign.interpreter.growth.tree import Tree


@dataclass(frozen=True, slots=True)
class Plan:
    """A search as it is to be run, in the folder `place`. `keep` and `sample` are those in force,
    `baseline` the best of another search at each resolution."""

    search: Search
    place: Path
    keep: int
    sample: float
    baseline: Mapping[int, Candidate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A finished search: its best candidate at the highest resolution, the best at each, all of
    them as a tree, and its steps. `directory` holds a folder for each candidate."""

    search: Search
    directory: Path
    best: Candidate
    best_at: Mapping[int, Candidate]
    tree: Tree
    steps: tuple[Step, ...]

    @property
    def images(self) -> int:
        """That were learned from, in the whole search."""
        return sum(one.images for one in self.tree.nodes.values())

    @property
    def seconds(self) -> float:
        """Of all workers together."""
        return sum(one.seconds for one in self.tree.nodes.values())
