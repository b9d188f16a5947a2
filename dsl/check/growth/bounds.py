"""Where a search ends: `until resolution 32, layers 10`."""

from autodesign.dsl.check.growth.method import MOST_LAYERS
from autodesign.dsl.check.growth.reading import Seeking, only
from autodesign.dsl.check.values import evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.grow.bounds import data_resolution, doublings
from autodesign.dsl.grow.told import many
from autodesign.dsl.growth import Double, Move, Until
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast

MOST = {"resolution": 2**16, "layers": MOST_LAYERS}
"""What a search may end at."""
SAMPLES = {"resolution": "resolution 32", "layers": "layers 10"}


def read_until(at: Seeking, method: Call, path: tuple[Move, ...]) -> Until:
    """The bounds of a search. Reports and raises Refused where they cannot be reached."""
    clause = only(at, ast.UntilClause, "until")
    written = _written(at, clause) if isinstance(clause, ast.UntilClause) else {}
    resolution, layers = written.get("resolution"), written.get("layers")
    span = clause.span if clause is not None else at.declaration.name.span
    if resolution is not None:
        _check_resolution(at, resolution, span)
    if "moves" in method.args:
        return _along(at, path, written, span)
    if layers is None:
        both = f"resolution {resolution}, " if resolution else ""
        at.refuse(
            "AD627",
            f"the search `{at.declaration.name.id}` does not say after how many layers it ends",
            span,
            "it could insert layers for ever",
            help=f"write for example `until {both}{SAMPLES['layers']}`",
        )
    needed = doublings(at.first.resolution, resolution) if resolution else 0
    if needed > layers:
        at.refuse(
            "AD628",
            f"{many(layers, 'layer')} cannot reach the resolution {resolution}:"
            f" it takes {many(needed, 'doubling')} from {at.first.resolution} on",
            span,
            "each doubling counts as a layer",
            help=f"write `layers {needed}` or more",
        )
    return Until(resolution, layers)


def _written(at: Seeking, clause: ast.UntilClause) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, expr in clause.bounds:
        if name.id not in MOST:
            at.refuse(
                "AD629",
                f"a search does not end at `{name.id}`",
                name.span,
                "not known",
                help=did_you_mean(name.id, MOST) or f"write `until {', '.join(SAMPLES.values())}`",
            )
        value = evaluate(at.program, at.env, expr)
        most = MOST[name.id]
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            at.refuse(
                "AD629",
                f"`{name.id}` is a whole number from 0 to {most:,}",
                expr.span,
                "this is something else",
                help=f"write for example `{SAMPLES[name.id]}`",
            )
        if name.id in found:
            at.refuse(
                "AD709",
                f"`{name.id}` is said twice",
                name.span,
                "again here",
                help="leave one of the two out",
            )
        found[name.id] = value
    return found


def _check_resolution(at: Seeking, resolution: int, span: Span) -> None:
    """Refuses a resolution that doubling never meets, or that the data do not have."""
    begin, data = at.first.resolution, data_resolution(at.data)
    if not begin:
        at.refuse(
            "AD629",
            f"`{at.growth.name}` has no images, hence no resolution to end at",
            span,
            "bounded here",
            help=f"write `until {SAMPLES['layers']}`",
        )
    times = doublings(begin, resolution)
    met = ", ".join(str(begin << i) for i in range(times + 1))
    if begin << times != resolution:
        at.refuse(
            "AD630",
            f"the resolution {resolution} is never met: from {begin} on, doubling gives {met}",
            span,
            f"`{at.growth.name}` begins at {begin}",
            help=f"write `resolution {begin << max(times - 1, 0)}` or `resolution {begin << times}`"
            if times
            else f"write `resolution {begin}` or more",
        )
    if times and not any(isinstance(move.change, Double) for move in at.growth.moves):
        at.refuse(
            "AD630",
            f"the resolution {resolution} is never met: no action of `{at.growth.name}` doubles",
            span,
            f"it begins at {begin} and stays there",
            related=(Label(at.growth.span, "this growth"),),
            help="write for example `action upscale = double G, D with fade_in(0.5)` in it",
        )
    if data is not None and resolution > data:
        _refuse_beyond(at, resolution, data, span)


def _refuse_beyond(at: Seeking, resolution: int, data: int, span: Span) -> None:
    at.refuse(
        "AD630",
        f"this search grows to the resolution {resolution}, and the images of `{at.data.name}` are"
        f" {data} high",
        span,
        "beyond the data",
        help=f"end at the resolution {data}, or take larger images",
    )


def _along(at: Seeking, path: tuple[Move, ...], written: dict[str, int], span: Span) -> Until:
    """The bounds of a path, which says itself where it ends."""
    ends = at.first.resolution << sum(isinstance(move.change, Double) for move in path)
    resolution, layers = written.get("resolution", ends), written.get("layers", len(path))
    if ends != resolution:
        at.refuse(
            "AD628",
            f"the path ends at the resolution {ends}, and the search at {resolution}",
            span,
            "the two differ",
            help=f"write `until resolution {ends}`, or change the doublings of the path",
        )
    if layers != len(path):
        at.refuse(
            "AD628",
            f"the path has {many(len(path), 'move')}, and the search ends after {layers}",
            span,
            "the two differ",
            help="leave `layers` out: a path says itself how many there are",
        )
    data = data_resolution(at.data)
    if data is not None and ends > data:
        _refuse_beyond(at, ends, data, span)
    return Until(written.get("resolution"), len(path))
