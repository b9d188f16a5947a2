"""What a child takes over from its parent (thesis 5.3.1), and what is left when it has settled.

Weights are state dicts: tensors by the names of `DynamicNetwork`, `rgb.0.weight`.
"""

from collections.abc import Iterable, Mapping

from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.growth import Architecture, Child, Place

State = Mapping[str, Tensor]


def inherit(
    child: Child, parent: Architecture, name: str, fresh: State, weights: State, rule: str
) -> dict[str, Tensor]:
    """The network `name` of a child as its training begins, from its `fresh` weights.

    Layers that it has in common with its parent take over the parent's `weights`. One whose input
    has another width, or that works at another resolution, takes over the slice they share unless
    the rule is "reinit"; the rest of it begins fresh.
    """
    here, there = child.trained[name], parent.networks[name]
    state = dict(fresh)
    for tensor, origin in _tensors(child.inherited[name], here, there, weights):
        state[tensor] = weights[origin]
    if rule != "reinit":
        for tensor, origin in _tensors(child.widened[name], here, there, weights):
            state[tensor] = _overlap(state[tensor], weights[origin])
    return state


def settle(child: Child, name: str, trained: State) -> dict[str, Tensor]:
    """The weights of the settled network `name`, when nothing fades any more."""
    here, there = child.settled.networks[name], child.trained[name]
    pairs = _tensors(child.kept[name], here, there, trained)
    return {tensor: trained[origin] for tensor, origin in pairs}


def _tensors(
    pairs: Iterable[tuple[Place, Place]], here: spec.Network, there: spec.Network, weights: State
) -> Iterable[tuple[str, str]]:
    """The names of the tensors of layers here, each with that of the layer there."""
    for place, origin in pairs:
        begin, end = _layer(here, place) + ".", _layer(there, origin) + "."
        for tensor in weights:
            if tensor.startswith(end):
                yield begin + tensor.removeprefix(end), tensor


def _layer(network: spec.Network, place: Place) -> str:
    """`rgb.0`; a network used as a layer is known by its label."""
    node, position = place
    step = network.node(node).steps[position]
    return f"{node}.{step.label if isinstance(step, spec.Nested) else position}"


def _overlap(fresh: Tensor, old: Tensor) -> Tensor:
    """The fresh tensor with the part that both have in common from the old one."""
    if fresh.dim() != old.dim():
        return fresh
    mixed = fresh.clone()
    common = tuple(slice(min(sizes)) for sizes in zip(fresh.shape, old.shape, strict=True))
    mixed[common] = old[common]
    return mixed
