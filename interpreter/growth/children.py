"""What may grow from the candidates of a step (thesis algorithm 1), and who the children are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autodesign.dsl import grow
from autodesign.dsl.grow.bounds import moves_of
from autodesign.dsl.growth import Architecture, Move, Search
from autodesign.dsl.library import Library, Misfit
from autodesign.interpreter.growth.sampling import candidate_id, chance, drawn


@dataclass(frozen=True, slots=True)
class Sprout:
    """A candidate that is to be trained. `parent` is None of the first ones; `move` is None of
    these and of one that is its parent trained on."""

    id: str
    parent: str | None
    move: Move | None
    step: int
    architecture: Architecture
    finish: bool = False

    @property
    def multiplications(self) -> int:
        """Of one example through all networks."""
        return sum(one.analysis.greatest for one in self.architecture.networks.values())


@dataclass(frozen=True, slots=True)
class Nursery:
    """Grows the candidates of a search. `identity` is what the ids of all follow from."""

    search: Search
    identity: str
    sample: float
    library: Library

    @property
    def fixed(self) -> bool:
        """Whether the moves are fixed by hand, be it none."""
        return self.search.method.name == "path"

    def first(self) -> list[Sprout]:
        """The networks as they begin, as often as the search starts."""
        search = self.search
        architecture = grow.first(search.growth, self.library)
        starts = search.method.args.get("starts", 1)
        assert isinstance(starts, int)
        before = [self.identity, *(f"{self.identity} {n}" for n in range(1, starts))]
        ids = [candidate_id(one, None, search.seed, search.training) for one in before]
        return [Sprout(own, None, None, 0, architecture) for own in ids]

    def finished(self, best: str, moves: Iterable[Move], step: int) -> Sprout:
        """The best candidate, to be trained on."""
        search = self.search
        own = candidate_id(best, None, search.seed, search.training, finish=True)
        architecture = grow.replay(search.growth, moves, self.library)
        return Sprout(own, best, None, step, architecture, finish=True)

    def children(
        self, parents: Iterable[tuple[str, tuple[Move, ...]]], step: int
    ) -> tuple[int, list[Sprout]]:
        """How many pairs of a parent (its id and moves) and a move there are, and the children that
        are drawn of them: of each parent that may have children, one or more."""
        considered, found = 0, list[Sprout]()
        for parent, moves in parents:
            pairs = [
                (chance(self.search.seed, parent, sprout.move.text), sprout)
                for sprout in self._possible(parent, moves, step)
                if sprout.move
            ]
            considered += len(pairs)
            found += drawn(pairs, 1.0 if self.fixed else self.sample)
        return considered, found

    def _possible(self, parent: str, moves: tuple[Move, ...], step: int) -> Iterator[Sprout]:
        search = self.search
        architecture = grow.replay(search.growth, moves, self.library)
        tried = search.path[step - 1 : step] if self.fixed else moves_of(search, architecture)
        for move in tried:
            try:
                child = grow.grow(
                    search.growth, architecture, move, self.library, search.inherit
                ).settled
            except Misfit:
                continue
            own = candidate_id(parent, move.text, search.seed, search.training)
            yield Sprout(own, parent, move, step, child)
