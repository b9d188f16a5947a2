"""Which rank each box of a layered graph stands in: every edge leads down, and edges are short."""

from collections.abc import Sequence

SWEEPS = 8


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The rank of each of `count` boxes, from 0; there is no cycle."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    rank = _longest(above, below)
    for _ in range(SWEEPS):
        before = list(rank)
        for box in reversed(_down(rank)):
            rank[box] = _nearer(box, rank, above[box], below[box])
        if rank == before:
            break
    lowest = min(rank, default=0)
    return [one - lowest for one in rank]


def _longest(above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> list[int]:
    """The length of the longest way from above, box by box once all above it are known."""
    rank = [0] * len(above)
    waiting = [len(sources) for sources in above]
    ready = [box for box, count in enumerate(waiting) if not count]
    for box in ready:
        for target in below[box]:
            rank[target] = max(rank[target], rank[box] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return rank


def _down(rank: Sequence[int]) -> list[int]:
    return sorted(range(len(rank)), key=lambda box: (rank[box], box))


def _nearer(box: int, rank: Sequence[int], above: Sequence[int], below: Sequence[int]) -> int:
    """Down to what it leads to where more edges leave than arrive, as far as that shortens them."""
    if not below or len(below) < len(above):
        return rank[box]
    lowest = min(rank[target] for target in below) - 1
    return lowest if len(below) > len(above) or len(above) == 0 else rank[box]
