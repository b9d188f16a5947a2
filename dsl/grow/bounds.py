"""How far a search may grow: the moves that its bounds leave to an architecture."""

from autodesign.dsl.growth import Architecture, Double, Growth, Move, Search, Until
from autodesign.dsl.spec import Data


def moves_of(search: Search, architecture: Architecture) -> tuple[Move, ...]:
    """The moves that a search may make of an architecture.

    None past its resolution or that of its data, none after which the resolution could not be
    reached within its layers. A move among them may still not fit (`grow` raises Misfit).
    """
    data = data_resolution(search.data)
    return allowed(search.growth, search.until, data, architecture.resolution, _made(architecture))


def _made(architecture: Architecture) -> int:
    return len(architecture.moves)


def allowed(
    growth: Growth, until: Until, data: int | None, resolution: int, made: int
) -> tuple[Move, ...]:
    """The moves left to an architecture of a resolution after `made` moves."""
    left = until.layers - made
    if left <= 0:
        return ()
    most = until.resolution or data
    doubles = most is None or 2 * resolution <= most
    needed = doublings(resolution, until.resolution) if until.resolution else 0
    return tuple(
        move
        for move in growth.moves
        if (doubles if isinstance(move.change, Double) else needed < left)
    )


def doublings(low: int, high: int) -> int:
    """How often a resolution is doubled to reach another one at least."""
    return max(0, (-(-high // low) - 1).bit_length()) if low else 0


def data_resolution(data: Data) -> int | None:
    """The height of the images of a data set; None where it has none, or they are not known."""
    for field in (data.fields or {}).values():
        if field.kind == "image":
            return field.shape[1]
    return None
