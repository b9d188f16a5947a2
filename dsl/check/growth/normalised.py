"""Discriminators whose examples see each other, where a penalty is on each one's own gradient."""

from collections.abc import Iterator

from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.growth import Grown, Growth, Insert
from autodesign.dsl.spec import Call, Layer, Network

MIXING = "BatchNorm"
"""How the names of layers begin that normalise over a batch."""


def warn_of_batches(at: Seeking, recipe: Call) -> None:
    """Warns of a gradient penalty on a discriminator that normalises over batches (AD641)."""
    if not recipe.args.get("penalty"):
        return
    for grown in at.with_role("discriminator"):
        layer = next(
            (one for one in _layers(at.growth, grown) if one.name.startswith(MIXING)), None
        )
        if layer is not None:
            at.program.problems.warn(
                "AD641",
                f"`{recipe.name}` penalises the gradient of `{grown.name}` at each image, and"
                f" {layer.name} makes it depend on the whole batch",
                recipe.span,
                "with a penalty",
                related=(Label(layer.span, "normalised over the batch"),),
                help=f"leave {layer.name} out of `{grown.name}`, or take `InstanceNorm2d`",
            )


def _layers(growth: Growth, grown: Grown) -> Iterator[Call]:
    """What a network begins with, and what moves put into it."""
    yield from _of(grown.network)
    for move in growth.moves:
        if not isinstance(move.change, Insert):
            yield from move.change.blocks.get(grown.name, ())
        elif move.change.network == grown.name:
            yield from move.change.calls


def _of(network: Network) -> Iterator[Call]:
    for node in network.nodes:
        for step in node.steps:
            if isinstance(step, Layer):
                yield step.call
            else:
                yield from _of(step.network)
