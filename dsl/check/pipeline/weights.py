"""Whether a player has weights to learn with."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autodesign.dsl.check.arguments import DERIVED
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Layer, Step

if TYPE_CHECKING:
    from autodesign.dsl.check.pipeline.players import Actor

WEIGHED = DERIVED | {"num_parameters"}
"""Arguments of layers with weights, or with statistics that look like some"""


def check_weights(at: Reading, actor: "Actor", span: Span) -> None:
    """Refuses a player that is to learn and has nothing to learn with."""
    if not has_weights(actor):
        at.refuse(
            "AD536",
            f"the player `{actor.item.name.id}` has no weights",
            span,
            "nothing to learn with",
            related=(Label(actor.item.body.span, "no layer of this has any"),),
            help="give it a layer with weights, or leave it out here",
        )


def has_weights(actor: "Actor") -> bool:
    """Whether a player may have weights: all but pooling, activations and the like do, and it is
    not known of layers from elsewhere."""
    if actor.detector is not None or not actor.fitted:
        return True
    return any(map(_learns, layers(next(iter(actor.fitted.values()))[0])))


def _learns(layer: Layer) -> bool:
    known = layer.call.module.startswith("std.layers.")
    return not known or layer.cost > 0 or not WEIGHED.isdisjoint(layer.call.args)


def layers(steps: tuple[Step, ...]) -> Iterator[Layer]:
    """The layers of a chain, those of networks in it among them."""
    for step in steps:
        if isinstance(step, Layer):
            yield step
        else:
            for node in step.network.nodes:
                yield from layers(node.steps)
