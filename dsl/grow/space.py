"""How large a search is, counted before anything runs."""

from collections.abc import Mapping

from autodesign.dsl.grow.bounds import allowed, data_resolution, doublings
from autodesign.dsl.grow.grow import first, grow
from autodesign.dsl.grow.sizes import Sizes, ranges
from autodesign.dsl.grow.walks import typical
from autodesign.dsl.growth import Architecture, Double, Growth, Move, Space, Training, Until
from autodesign.dsl.library import Library
from autodesign.dsl.record import record
from autodesign.dsl.spec import Call, Data


@record
class Plan:
    """What of a search decides how large it is."""

    growth: Growth
    data: Data
    method: Call
    path: tuple[Move, ...]
    until: Until
    training: Training | None
    batch: int

    def allowed(self, resolution: int, made: int) -> tuple[Move, ...]:
        """The moves left to an architecture of a resolution after `made` moves."""
        return allowed(self.growth, self.until, data_resolution(self.data), resolution, made)


def space_of(plan: Plan, library: Library) -> Space:
    """What a search may train, and how large its candidates may be."""
    start = first(plan.growth, library)
    most = _candidates(plan, start)
    sizes = _along(plan, start, library) if fixed(plan) else _grown(plan, start, library)
    images, more = _images(plan)
    greatest = [size.cost for size in sizes]
    costs = greatest
    if images and not fixed(plan):
        costs = typical(plan.growth, plan.allowed, plan.until.layers, library)
    work, likely = (
        images * sum(n * cost for n, cost in zip(most, each, strict=True)) + more * max(each)
        for each in (greatest, costs)
    )
    return Space(
        len(plan.growth.moves),
        plan.until.layers,
        tuple(most[1:]),
        sum(most),
        (min(size.least for size in sizes), max(size.most for size in sizes)),
        work,
        likely,
    )


def fixed(plan: Plan) -> bool:
    """Whether the moves are fixed by hand, be it none."""
    return "moves" in plan.method.args


def _candidates(plan: Plan, start: Architecture) -> list[int]:
    """How many candidates each step may train, those that begin before them."""
    keep, sample = plan.method.args.get("keep"), plan.method.args.get("sample")
    if not isinstance(keep, int) or not isinstance(sample, int | float):
        return [1] * (plan.until.layers + 1)
    starts = plan.method.args.get("starts", 1)
    assert isinstance(starts, int)
    most, resolutions = [starts], {start.resolution}
    for made in range(plan.until.layers):
        widest, following = 0, set[int]()
        for resolution in resolutions:
            moves = plan.allowed(resolution, made)
            doubles = [isinstance(move.change, Double) for move in moves]
            widest = max(widest, len(moves))
            following |= {2 * resolution} if any(doubles) else set()
            following |= {resolution} if not all(doubles) else set()
        most.append(round(min(keep, most[-1]) * _tried(widest, sample)))
        resolutions = following
    return most


def _tried(moves: int, sample: float) -> float:
    """How many of its moves are tried on a parent, on average: each with the probability `sample`,
    and one where none would be."""
    return moves * sample + (1 - sample) ** moves if moves else 0.0


def _along(plan: Plan, start: Architecture, library: Library) -> list[Sizes]:
    """The sizes of the candidates of a path."""
    found, architecture = [_sizes(start)], start
    for move in plan.path:
        architecture = grow(plan.growth, architecture, move, library, "reinit").settled
        found.append(_sizes(architecture))
    return found


def _sizes(architecture: Architecture) -> Sizes:
    learned = sum(architecture.parameters.values())
    cost = sum(network.analysis.greatest for network in architecture.networks.values())
    return Sizes(learned, learned, cost)


def _grown(plan: Plan, start: Architecture, library: Library) -> list[Sizes]:
    """Bounds for the candidates of each step, over all ways to share its moves among networks."""
    layers, most = plan.until.layers, plan.until.resolution or data_resolution(plan.data)
    times = doublings(start.resolution, most) if most and start.resolution else 0
    doubles = any(isinstance(move.change, Double) for move in plan.growth.moves)
    limit = min(layers, times if doubles else 0)
    tables = ranges(plan.growth, layers, limit, library)
    needed = limit if plan.until.resolution else 0
    shared = [_shared(tables, layers - doubled, doubled) for doubled in range(limit + 1)]
    found: list[Sizes] = []
    for step in range(layers + 1):
        at = [
            shared[doubled][step - doubled]
            for doubled in range(min(step, limit) + 1)
            if needed - doubled <= layers - step and step - doubled in shared[doubled]
        ]
        found.append(Sizes.over(at) if at else found[-1])
    return found


def _shared(
    tables: list[Mapping[tuple[int, int], Sizes]], most: int, doubled: int
) -> Mapping[int, Sizes]:
    """The sizes of all networks together by their insertions, however these are shared."""
    found = {0: Sizes(0, 0, 0)}
    for table in tables:
        mine = [(n, table[n, doubled]) for n in range(most + 1) if (n, doubled) in table]
        following: dict[int, list[Sizes]] = {}
        for before, sizes in found.items():
            for here, more in mine:
                if before + here <= most:
                    following.setdefault(before + here, []).append(sizes.plus(more))
        found = {number: Sizes.over(sizes) for number, sizes in following.items()}
    return found


def _images(plan: Plan) -> tuple[int, int]:
    """Images that a candidate learns from, and more that the best does at the end; 0 where that
    depends on the size of the data."""
    training = plan.training
    if training is None or training.unit == "epochs":
        return 0, 0
    each = plan.batch if training.unit == "iterations" else 1
    return training.amount * each, training.finish * each
