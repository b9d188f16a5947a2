"""How large the networks of a growth may become, without building all of them.

What a move adds depends on what is next to it: the widths there and the layers that read them. So
networks that are alike there count as one, and for each number of insertions and doublings the
least and the greatest sizes are kept. Of many moves those count that add least and most to the
first network: they bound what the others add.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest, nsmallest
from typing import TypeAlias

from autodesign.dsl.grow.fit import parameters
from autodesign.dsl.grow.grow import settled
from autodesign.dsl.growth import Double, Grown, Growth, Insert, Move
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.record import record
from autodesign.dsl.spec import Layer, Network, Node

EXTREMES = 1
"""So many moves that add least, and so many that add most, are followed for each network."""
BEAM = 3
"""So many of the smallest, of the largest and of the dearest kinds of network are followed."""
WORK = 50_000
"""Layers that are fitted for the sizes of a network; beyond them moves add what they did before."""

State: TypeAlias = tuple[object, ...]
"""What is next to the places at which a network grows."""


@record
class Sizes:
    """The least and the greatest number of parameters, and the greatest cost of one example."""

    least: int
    most: int
    cost: int

    def plus(self, other: "Sizes") -> "Sizes":
        return Sizes(self.least + other.least, self.most + other.most, self.cost + other.cost)

    @classmethod
    def over(cls, sizes: Iterable["Sizes"]) -> "Sizes":
        """What holds for all of these."""
        found = list(sizes)
        return cls(
            min(one.least for one in found),
            max(one.most for one in found),
            max(one.cost for one in found),
        )


def ranges(
    growth: Growth, inserted: int, doubled: int, library: Library
) -> list[Mapping[tuple[int, int], Sizes]]:
    """For each network its sizes by the numbers of insertions and doublings, up to these."""
    return [_ranges(growth, grown, inserted, doubled, library) for grown in growth.networks]


def _ranges(
    growth: Growth, grown: Grown, inserted: int, doubled: int, library: Library
) -> Mapping[tuple[int, int], Sizes]:
    walk = _Walk(growth, grown, library)
    here = {walk.begin: _size(grown.network)}
    tables = {(0, 0): here}
    for doubles in range(doubled + 1):
        for inserts in range(inserted + 1):
            if inserts == doubles == 0:
                continue
            found: dict[State, Sizes] = {}
            for before, moves in (
                (tables.get((inserts - 1, doubles), {}), walk.inserts),
                (tables.get((inserts, doubles - 1), {}), walk.doubles),
            ):
                walk.step(before, moves, found)
            tables[inserts, doubles] = _kept(found)
    return {at: Sizes.over(found.values()) for at, found in tables.items() if found}


def _kept(found: dict[State, Sizes]) -> dict[State, Sizes]:
    """The kinds of network that are followed: of many those that may lead to the extremes."""
    if len(found) <= 3 * BEAM:
        return found
    chosen = {
        *nsmallest(BEAM, found, lambda state: found[state].least),
        *nlargest(BEAM, found, lambda state: found[state].most),
        *nlargest(BEAM, found, lambda state: found[state].cost),
    }
    return {state: sizes for state, sizes in found.items() if state in chosen}


def _size(network: Network) -> Sizes:
    learned = parameters(network)
    return Sizes(learned, learned, network.analysis.greatest)


class _Walk:
    """The moves of one network, and what each adds to networks that are alike next to it."""

    def __init__(self, growth: Growth, grown: Grown, library: Library) -> None:
        self.growth, self.grown, self.library = growth, grown, library
        self.known: dict[State, Network] = {}
        self.added: dict[tuple[State, str], tuple[State, Sizes] | None] = {}
        self.seen: dict[type, Sizes] = {}
        self.work = 0
        self.anchors = {
            (move.change.where, move.change.anchor): move.change
            for move in growth.moves
            if isinstance(move.change, Insert) and move.change.network == grown.name
        }
        self.begin = self._state(grown.network)
        self.known[self.begin] = grown.network
        mine = [
            move
            for move in growth.moves
            if isinstance(move.change, Insert) and move.change.network == grown.name
        ]
        self.inserts = self._extremes(mine)
        self.doubles = self._extremes(
            [m for m in growth.moves if isinstance(m.change, Double) and _blocks(m, grown)]
        )

    def _extremes(self, moves: list[Move]) -> list[Move]:
        """The moves that add least and most to the first network."""
        adding = [(move, added[1]) for move in moves if (added := self._adds(self.begin, move))]
        chosen: dict[str, Move] = {}
        for key in (lambda pair: pair[1].most, lambda pair: pair[1].cost):
            ranked = sorted(adding, key=key)
            chosen |= {m.text: m for m, _ in (*ranked[:EXTREMES], *ranked[-EXTREMES:])}
        return list(chosen.values()) or moves[:1]

    def step(
        self, before: Mapping[State, Sizes], moves: list[Move], found: dict[State, Sizes]
    ) -> None:
        """Adds what moves make of networks that are so large."""
        for state, sizes in before.items():
            for move in moves:
                added = self._adds(state, move)
                if added is not None:
                    after, more = added
                    total = sizes.plus(more)
                    found[after] = Sizes.over([found[after], total]) if after in found else total

    def _adds(self, state: State, move: Move) -> tuple[State, Sizes] | None:
        """What a move adds to a network; None: it does not apply."""
        if (state, move.text) not in self.added:
            if self.work > WORK and type(move.change) in self.seen:
                return state, self.seen[type(move.change)]
            self.added[state, move.text] = self._grown(state, move)
        return self.added[state, move.text]

    def _grown(self, state: State, move: Move) -> tuple[State, Sizes] | None:
        network, kind = self.known[state], type(move.change)
        self.work += sum(len(node.steps) for node in network.nodes)
        try:
            child = settled(self.growth, self.grown, network, move, self.library)
        except Misfit:
            return None
        before, after = _size(network), _size(child)
        more = Sizes(after.least - before.least, after.most - before.most, after.cost - before.cost)
        self.seen[kind] = Sizes.over([self.seen.get(kind, more), more])
        found = self._state(child)
        self.known.setdefault(found, child)
        return found, more

    def _state(self, network: Network) -> State:
        """What is next to the places at which a network grows, by shapes and layers."""
        named = {node.name: node for node in network.nodes}
        readers = {s: n for n in network.nodes for one in n.inputs for s in one.sources}
        places = [named[self.grown.head]] if self.grown.head else []
        for change in self.anchors.values():
            here = named[change.anchor]
            places.append(here)
            if change.where == "after":
                places.append(readers[here.name])
            else:
                places += [named[s] for s in here.inputs[0].sources if s in named]
        return tuple(map(_looks, places))


def _blocks(move: Move, grown: Grown) -> bool:
    return isinstance(move.change, Double) and grown.name in move.change.blocks


def _looks(node: Node) -> State:
    """How a node looks to those who grow next to it."""
    layers = (
        (step.call.name, *map(repr, step.given.items()))
        if isinstance(step, Layer)
        else tuple(map(_looks, step.network.nodes))
        for step in node.steps
    )
    return (*(edge.shape for edge in node.inputs), node.shape, *layers)
