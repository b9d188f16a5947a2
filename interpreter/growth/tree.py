"""The candidates of a search as a tree: who grew from whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autodesign.dsl.growth import Growth, Move
from autodesign.interpreter.growth.journal import Candidate


@dataclass(frozen=True, slots=True)
class Tree:
    """`nodes` by id, `children` by the id of their parent, both in the order of ids."""

    nodes: Mapping[str, Candidate]
    children: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "Tree":
        """The same for the same candidates, in whichever order they come."""
        nodes = {one.id: one for one in sorted(candidates, key=lambda one: one.id)}
        children: dict[str, list[str]] = {}
        for one in nodes.values():
            if one.parent is not None:
                children.setdefault(one.parent, []).append(one.id)
        return cls(nodes, {parent: tuple(those) for parent, those in children.items()})

    def route(self, candidate: str) -> list[Candidate]:
        """From the first candidate to this one."""
        found = [self.nodes[candidate]]
        while (parent := found[-1].parent) is not None:
            found.append(self.nodes[parent])
        return found[::-1]


def moves_to(
    growth: Growth, candidates: Mapping[str, Candidate], candidate: str
) -> tuple[Move, ...]:
    """The moves that lead to a candidate."""
    by_text = {move.text: move for move in growth.moves}
    found: list[Move] = []
    at: str | None = candidate
    while at is not None:
        one = candidates[at]
        if one.move is not None:
            found.append(by_text[one.move])
        at = one.parent
    return tuple(found[::-1])
