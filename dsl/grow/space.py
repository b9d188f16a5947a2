"""How large a search is, counted before anything runs."""

from math import ceil

from autodesign.dsl.grow.bounds import allowed, data_resolution
from autodesign.dsl.grow.grow import first
from autodesign.dsl.growth import Double, Growth, Move, Space, Training, Until
from autodesign.dsl.library import Library
from autodesign.dsl.spec import Call, Data


def space_of(
    growth: Growth,
    data: Data,
    method: Call,
    path: tuple[Move, ...],
    until: Until,
    training: Training | None,
    batch: int,
    library: Library,
) -> Space:
    """What a search may train, and how large candidates may be."""
    start = first(growth, library)
    keep, sample = method.args.get("keep"), method.args.get("sample")
    steps = until.layers
    most = [1]
    resolutions = {start.resolution}
    for made in range(steps):
        left = [allowed(growth, until, data_resolution(data), r, made) for r in resolutions]
        if isinstance(keep, int) and isinstance(sample, int | float):
            parents = min(keep, most[-1])
            most.append(ceil(parents * max(map(len, left), default=0) * sample))
        else:
            most.append(1)
        doubles = any(isinstance(m.change, Double) for moves in left for m in moves)
        if doubles:
            resolutions |= {2 * r for r in resolutions}
    learned = sum(start.parameters.values())
    return Space(len(growth.moves), steps, tuple(most[1:]), sum(most), (learned, learned), 0)
