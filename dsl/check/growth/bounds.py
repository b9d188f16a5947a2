"""Where a search ends: `until resolution 32, layers 10`."""

from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.check.growth.training import only
from autodesign.dsl.check.values import evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.grow.bounds import data_resolution, doublings
from autodesign.dsl.growth import Double, Move, Until
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

QUANTITIES = ("resolution", "layers")
MOST_LAYERS = 1_000


def read_until(at: Seeking, path: tuple[Move, ...]) -> Until:
    """The bounds of a search. Reports and raises Refused where they cannot be reached."""
    clause = only(at, ast.UntilClause, "until")
    written = _written(at, clause) if isinstance(clause, ast.UntilClause) else {}
    resolution = written.get("resolution")
    span = clause.span if clause is not None else at.declaration.name.span
    if resolution is not None:
        _check_resolution(at, resolution, span)
    if path or (at.declaration and _fixed(at)):
        return _along(at, path, resolution, written.get("layers"), span)
    layers = written.get("layers")
    if layers is None:
        at.refuse(
            "AD627",
            f"the search `{at.declaration.name.id}` does not say after how many layers it ends",
            span,
            "it could insert layers for ever",
            help="write for example `until resolution 32, layers 10`"
            if at.first.resolution
            else "write for example `until layers 10`",
        )
    needed = doublings(at.first.resolution, resolution) if resolution else 0
    if needed > layers:
        at.refuse(
            "AD628",
            f"{layers} layer{'s' if layers != 1 else ''} cannot reach the resolution {resolution}:"
            f" it takes {needed} doublings from {at.first.resolution}",
            span,
            "each doubling counts as a layer",
            help=f"write `layers {needed}` or more",
        )
    return Until(resolution, layers)


def _fixed(at: Seeking) -> bool:
    """Whether the moves are fixed by hand, be it none."""
    goals = [i for i in at.declaration.items if isinstance(i, ast.GoalClause) and i.method]
    names = [g.method.function if isinstance(g.method, ast.Call) else g.method for g in goals]
    return any(isinstance(name, ast.Name) and name.id == "path" for name in names)


def _written(at: Seeking, clause: ast.UntilClause) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, expr in clause.bounds:
        if name.id not in QUANTITIES:
            at.refuse(
                "AD629",
                f"a search does not end at `{name.id}`",
                name.span,
                "not known",
                help=did_you_mean(name.id, QUANTITIES)
                or "write for example `until resolution 32, layers 10`",
            )
        if name.id in found:
            at.refuse(
                "AD629",
                f"`{name.id}` is bounded twice",
                name.span,
                "again here",
                help="leave one of the two out",
            )
        value = evaluate(at.program, at.env, expr)
        most = MOST_LAYERS if name.id == "layers" else 2**16
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            at.refuse(
                "AD629",
                f"`{name.id}` is bounded by a whole number up to {most:,}",
                expr.span,
                "this is something else",
                help=f"write for example `{name.id} {10 if name.id == 'layers' else 32}`",
            )
        found[name.id] = value
    return found


def _check_resolution(at: Seeking, resolution: int, span: Span) -> None:
    """Refuses a resolution that doubling never meets, or that the data do not have."""
    begin, data = at.first.resolution, data_resolution(at.data)
    if not begin:
        at.refuse(
            "AD629",
            f"`{at.growth.name}` has no images, hence no resolution",
            span,
            "bounded here",
            help="write `until layers 10`",
        )
    times = doublings(begin, resolution)
    if begin << times != resolution:
        at.refuse(
            "AD630",
            f"the resolution {resolution} is never met: doubling {begin} gives"
            f" {', '.join(str(begin << i) for i in range(max(times, 1) + 1))}",
            span,
            f"`{at.growth.name}` begins at {begin}",
            help=f"write `resolution {begin << times}`",
        )
    if times and not any(isinstance(move.change, Double) for move in at.growth.moves):
        at.refuse(
            "AD630",
            f"the resolution {resolution} is never met: no action of `{at.growth.name}` doubles it",
            span,
            f"it begins and stays at {begin}",
            related=(Label(at.growth.span, "this growth"),),
            help="write for example `action upscale = double G, D with fade_in(0.5)` in it",
        )
    if data is not None and resolution > data:
        at.refuse(
            "AD630",
            f"the images of `{at.data.name}` are {data} high, so nothing is learned at"
            f" {resolution}",
            span,
            "beyond the data",
            help=f"write `resolution {data}`, or take larger images",
        )


def _along(
    at: Seeking, path: tuple[Move, ...], resolution: int | None, layers: int | None, span: Span
) -> Until:
    """The bounds of a path, which says itself where it ends."""
    ends = at.first.resolution << sum(isinstance(move.change, Double) for move in path)
    if resolution is not None and ends != resolution:
        at.refuse(
            "AD628",
            f"the path ends at the resolution {ends}, and the search at {resolution}",
            span,
            "the two differ",
            help=f"write `until resolution {ends}`, or add moves to the path",
        )
    if layers is not None and layers != len(path):
        at.refuse(
            "AD628",
            f"the path has {len(path)} moves, and the search ends after {layers}",
            span,
            "the two differ",
            help="leave `layers` out: a path says itself how many there are",
        )
    data = data_resolution(at.data)
    if data is not None and ends > data:
        at.refuse(
            "AD630",
            f"the path grows to a resolution of {ends}, and the images of `{at.data.name}` are"
            f" {data} high",
            span,
            "beyond the data",
            help="leave doublings out of the path, or take larger images",
        )
    return Until(resolution, len(path))
