"""The order of the boxes within each rank, with few crossings of edges."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise

SWEEPS = 24


def ordered(rank: Sequence[int], depth: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The boxes of each rank from left to right; each edge leads to the next rank.

    Barycentres from above and from below in turns, each followed by exchanges of neighbours; the
    best order that was seen is kept.
    """
    above: list[list[int]] = [[] for _ in rank]
    below: list[list[int]] = [[] for _ in rank]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    rows: list[list[int]] = [[] for _ in range(depth)]
    for box, number in enumerate(rank):
        rows[number].append(box)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(SWEEPS):
        if sweep % 2 == 0:
            for upper, row in pairwise(rows):
                _sort(row, upper, above)
        else:
            for lower, row in pairwise(rows[::-1]):
                _sort(row, lower, below)
        _exchange(rows, above, below, 1)
        if sweep % 4 > 1:
            _exchange(rows, above, below, 0)
            _exchange(rows, above, below, 1)
        count = _crossings(rows, below)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    return best


def _sort(row: list[int], fixed: Sequence[int], joined: Sequence[Sequence[int]]) -> None:
    """By the mean place of what each box is joined to; what is joined to nothing stays."""
    place = {box: float(i) for i, box in enumerate(fixed)}
    here = {box: float(i) for i, box in enumerate(row)}
    wanted = {
        box: sum(place[other] for other in joined[box]) / len(joined[box])
        if joined[box]
        else here[box]
        for box in row
    }
    row.sort(key=lambda box: (wanted[box], here[box]))


def _exchange(
    rows: Sequence[list[int]],
    above: Sequence[Sequence[int]],
    below: Sequence[Sequence[int]],
    least: int,
) -> None:
    """Exchanges neighbours as long as that takes crossings away; with `least` 0 once, also where it
    takes none away, which leads out of orders that no single exchange betters."""
    place = {box: i for row in rows for i, box in enumerate(row)}
    for _ in range(len(rows) + 2 if least else 1):
        better = False
        for row in rows:
            for i in range(len(row) - 1):
                left, right = row[i], row[i + 1]
                gain = _between(left, right, above, place) + _between(left, right, below, place)
                if gain >= least:
                    row[i], row[i + 1] = right, left
                    place[left], place[right] = i + 1, i
                    better = True
        if not better:
            return


def _between(left: int, right: int, joined: Sequence[Sequence[int]], place: dict[int, int]) -> int:
    """How many crossings an exchange of two neighbours would take away."""
    ones = [place[box] for box in joined[left]]
    others = [place[box] for box in joined[right]]
    return sum((one > other) - (one < other) for one in ones for other in others)


def _crossings(rows: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> int:
    count = 0
    for row, next_row in pairwise(rows):
        place = {box: i for i, box in enumerate(next_row)}
        seen: list[int] = []
        for box in row:
            ends = [place[other] for other in below[box]]
            count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return count
