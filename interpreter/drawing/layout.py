"""Where the boxes of a layered graph stand: Sugiyama's method, from above to below.

Ranks (every edge leads down), then an order within each rank with few crossings, then places that
keep edges straight, then ways for the edges. Everything is decided by the order in which boxes and
edges are given, so that the same graph is drawn the same way, always.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autodesign.interpreter.drawing.order import ordered
from autodesign.interpreter.drawing.place import places
from autodesign.interpreter.drawing.rank import ranks

GAP = 26.0
"""Between neighbours of a rank."""
LANE = 9.0
"""What an edge that passes a rank keeps free on either side."""
PORT = 17.0
"""Between two edges that meet at a box, where it does not say otherwise."""
DESCENT = 34.0
"""Between two ranks, where edges are short; more where one goes far to the side."""
STEEPNESS = 0.13


MOST_EDGES, MOST_LANES = 1_000, 4_000
"""Beyond this nothing could be seen in a drawing, and laying it out would take minutes."""


class TooLarge(Exception):
    """A graph that nobody could read a drawing of."""


@dataclass(frozen=True, slots=True)
class Box:
    """How far a thing to be drawn reaches from its middle to the left and right, its height, within
    how much of its width edges may end, and how far apart they are to be."""

    left: float
    right: float
    height: float
    ports: float
    apart: float = PORT


@dataclass(frozen=True, slots=True)
class Way:
    """An edge: where it leaves and arrives, as an offset from the middles of the two boxes, and the
    points in between: the edge goes straight down from one to the next where x is the same."""

    start: float
    end: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The middles of the boxes, the ways of the edges, the size of the whole."""

    middles: tuple[tuple[float, float], ...]
    ways: tuple[Way, ...]
    width: float
    height: float


def layout(
    boxes: Sequence[Box], edges: Sequence[tuple[int, int]], stubs: Sequence[float]
) -> Layout:
    """Lays out boxes with edges between their positions; there is no cycle. `stubs`: how far each
    edge goes straight down before it arrives, so that something can be written on it.

    Raises TooLarge.
    """
    rank = ranks(len(boxes), edges)
    if len(edges) > MOST_EDGES or sum(rank[b] - rank[a] for a, b in edges) > MOST_LANES:
        raise TooLarge()
    depth = max(rank, default=0) + 1
    lanes = list(boxes)
    trails: list[list[int]] = []
    for above, below in edges:
        trail = [above]
        for passed in range(rank[above] + 1, rank[below]):
            trail.append(len(lanes))
            lanes.append(Box(LANE, LANE, 0.0, 0.0))
            rank.append(passed)
        trails.append([*trail, below])
    short = [pair for trail in trails for pair in pairwise(trail)]
    rows = ordered(rank, depth, short)
    x = places(lanes, rows, short, len(boxes), GAP)
    return _drawn(boxes, lanes, rows, rank, x, trails, stubs)


def _drawn(
    boxes: Sequence[Box],
    lanes: Sequence[Box],
    rows: Sequence[Sequence[int]],
    rank: Sequence[int],
    x: Sequence[float],
    trails: Sequence[Sequence[int]],
    stubs: Sequence[float],
) -> Layout:
    starts, ends = _ports(boxes, x, trails)
    span, stub = [0.0] * len(rows), [0.0] * len(rows)
    for number, trail in enumerate(trails):
        way = [x[one] for one in trail]
        way[0] += starts[number]
        way[-1] += ends[number]
        for above, one, other in zip(trail, way, way[1:], strict=False):
            span[rank[above]] = max(span[rank[above]], abs(one - other))
        last = rank[trail[-2]]
        stub[last] = max(stub[last], stubs[number])
    tops, y = [], 0.0
    heights = [max((lanes[one].height for one in row), default=0.0) for row in rows]
    for height, wide, straight in zip(heights, span, stub, strict=True):
        tops.append(y)
        y += height + DESCENT + straight + STEEPNESS * wide
    total = tops[-1] + heights[-1] if rows else 0.0
    middles = [(x[i], tops[rank[i]] + heights[rank[i]] / 2) for i in range(len(boxes))]
    ways = []
    for number, trail in enumerate(trails):
        points = [(x[trail[0]] + starts[number], tops[rank[trail[0]]] + heights[rank[trail[0]]])]
        for one in trail[1:-1]:
            points += [(x[one], tops[rank[one]]), (x[one], tops[rank[one]] + heights[rank[one]])]
        points.append((x[trail[-1]] + ends[number], tops[rank[trail[-1]]] - stubs[number]))
        ways.append(Way(starts[number], ends[number], tuple(points)))
    width = max((x[i] + lane.right for i, lane in enumerate(lanes)), default=0.0)
    return Layout(tuple(middles), tuple(ways), width, total)


def _ports(
    boxes: Sequence[Box], x: Sequence[float], trails: Sequence[Sequence[int]]
) -> tuple[list[float], list[float]]:
    """Where edges leave and arrive: side by side, in the order of where they lead."""
    starts, ends = [0.0] * len(trails), [0.0] * len(trails)
    for found, here, there in ((starts, 0, 1), (ends, -1, -2)):
        for box in range(len(boxes)):
            met = [n for n, trail in enumerate(trails) if trail[here] == box]
            met.sort(key=lambda n: (x[trails[n][there]], n))
            step = min(boxes[box].apart, boxes[box].ports / max(len(met) - 1, 1))
            for place, number in enumerate(met):
                found[number] = step * (place - (len(met) - 1) / 2)
    return starts, ends
