"""`interpret graph`: a network of a spec into a file. Loads no torch."""

from collections.abc import Mapping
from pathlib import Path

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.interpreter.drawing.draw import draw
from autodesign.interpreter.drawing.graph import size
from autodesign.interpreter.drawing.layout import TooLarge
from autodesign.interpreter.drawing.marks import Picture
from autodesign.interpreter.drawing.svg import svg
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.failures import listed, refused

MOST_NODES = 300
"""Of a network that can be drawn, those of nested networks among them."""
KINDS = (".svg", ".png", ".pdf")


def draw_into(
    checked: spec.Spec,
    name: str,
    output: Path,
    run: Path | None = None,
    job: str | None = None,
) -> None:
    """Draws a network, with `run` coloured by how often a job there ran its nodes.

    Raises SpecError AD985 for an unknown network, AD986 where it cannot be drawn into `output`,
    AD987 where it is too large to be drawn, AD988 where the run does not tell.
    """
    _check_output(output)
    network = _network(checked, name)
    rates, remark = None, ""
    if run is not None:
        from autodesign.interpreter.drawing.usage import usage

        used = usage(checked, network, run, job)
        rates, remark = used.rates, used.remark
    picture = _picture(network, rates, remark)
    if picture is None:
        raise refused(
            "AD987",
            f"`{name}` is too large to be drawn: a picture of it could not be read",
            network.span,
            notes=[
                f"It has {size(network):,} nodes, those of the networks in it among them; at most "
                f"{MOST_NODES} are drawn, with at most a thousand edges."
            ],
            help="draw a part of it: a `network` that it uses can be drawn by itself",
        )
    files.write(output, _written(picture, network, output.suffix.lower()))


def svg_of(
    network: spec.Network, rates: Mapping[str, float] | None = None, remark: str = ""
) -> str | None:
    """The drawing as one <svg> element, None where it is too large to be read. `rates` colours the
    nodes by the share of examples that ran each, by dotted path."""
    picture = _picture(network, rates, remark)
    return svg(picture, _title(network)) if picture else None


def _picture(
    network: spec.Network, rates: Mapping[str, float] | None, remark: str
) -> Picture | None:
    if size(network) > MOST_NODES:
        return None
    try:
        return draw(network, rates, remark)
    except TooLarge:
        return None


def _written(picture: Picture, network: spec.Network, suffix: str) -> bytes:
    if suffix == ".svg":
        return svg(picture, _title(network)).encode()
    from autodesign.interpreter.drawing.plot import plotted

    return plotted(picture, suffix[1:])


def _title(network: spec.Network) -> str:
    return f"The network {network.name}"


def _check_output(output: Path) -> None:
    if output.suffix.lower() not in KINDS:
        raise refused(
            "AD986",
            f"I cannot draw into {output}: a drawing is an SVG, PNG or PDF file",
            help=f"name a file that ends in .svg, as in -o {output.with_suffix('.svg').name}",
        )
    if not output.parent.is_dir():
        raise refused(
            "AD986",
            f"I cannot draw into {output}: there is no folder {output.parent}",
            help="make the folder, or name another file with -o",
        )


def _network(checked: spec.Spec, name: str) -> spec.Network:
    known = dict(checked.networks)
    for growth in checked.growths.values():
        known |= {f"{growth.name}.{grown.name}": grown.network for grown in growth.networks}
    if name in known:
        return known[name]
    raise refused(
        "AD985",
        f"{checked.name} has no network `{name}` that could be drawn",
        notes=[f"It has {listed(known)}."] if known else ["It has no network."],
        help=did_you_mean(name, known)
        or "name one of them; a network with parameters, or without sizes, is drawn where another"
        " uses it",
    )
