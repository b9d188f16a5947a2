"""What candidates cost where they grow at random: the mean over a few random walks."""

from collections.abc import Callable, Mapping
from random import Random

from autodesign.dsl.grow.grow import first, resolution, settled
from autodesign.dsl.growth import Growth, Move
from autodesign.dsl.library import Library, Misfit
from autodesign.dsl.spec import Network

WALKS = 8
"""Enough to say of what size the whole is; more would take longer than the rest of a check."""
TRIES = 4
WORK = 100_000
"""Layers that are looked at on all walks; beyond them candidates are taken to grow no more."""
Allowed = Callable[[int, int], tuple[Move, ...]]


def typical(growth: Growth, allowed: Allowed, steps: int, library: Library) -> list[int]:
    """The mean multiplications of one example, of the first candidate and of those of each step.

    `allowed` gives the moves left at a resolution after so many. The walks are always the same.
    """
    draw, work = Random(0), WORK // WALKS
    walks = [_walk(growth, allowed, library, draw, work) for _ in range(WALKS)]
    whole = [walk + walk[-1:] * (steps + 1 - len(walk)) for walk in walks]
    return [sum(costs) // WALKS for costs in zip(*whole, strict=True)]


def _walk(growth: Growth, allowed: Allowed, library: Library, draw: Random, work: int) -> list[int]:
    """The costs of an architecture that grows by random moves, and of those it comes from."""
    networks = dict(first(growth, library).networks)
    costs = [_cost(networks)]
    while moves := allowed(resolution(growth, networks), len(costs) - 1):
        for _ in range(TRIES):
            work -= sum(len(node.steps) for one in networks.values() for node in one.nodes)
            if work < 0:
                return costs
            try:
                networks |= _moved(growth, networks, draw.choice(moves), library)
                break
            except Misfit:
                continue
        costs.append(_cost(networks))
    return costs


def _moved(
    growth: Growth, networks: Mapping[str, Network], move: Move, library: Library
) -> dict[str, Network]:
    return {
        grown.name: settled(growth, grown, networks[grown.name], move, library)
        for grown in growth.networks
    }


def _cost(networks: Mapping[str, Network]) -> int:
    return sum(network.analysis.greatest for network in networks.values())
