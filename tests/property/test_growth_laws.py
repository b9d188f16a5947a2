"""What a child is to its parent, over random growths: weights, functions, what fading leaves.

All comparisons are of bits: the same operations on the same numbers.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from examples import many
from hypothesis import given, settings
from random_growths import Case, cases
from torch import Tensor

from autodesign.dsl.spec import Nested
from autodesign.interpreter.growth.fading import fading_layers
from autodesign.interpreter.growth.inheritance import inherit, settle
from autodesign.interpreter.growth.learning import only_output
from autodesign.interpreter.growth.lineage import with_weights
from autodesign.interpreter.network.module import DynamicNetwork

States = Mapping[str, Mapping[str, Tensor]]
examples = settings(max_examples=many(100))


def weights_of(networks: Mapping[str, object], seed: int) -> dict[str, dict[str, Tensor]]:
    """Random weights; statistics of normalisation too are as of a network that has learned."""
    torch.manual_seed(seed)
    found = {}
    for name, network in networks.items():
        state = DynamicNetwork(network).state_dict()
        found[name] = {
            tensor: value + torch.rand_like(value) if value.is_floating_point() else value
            for tensor, value in state.items()
            if not tensor.endswith("alpha")
        }
    return found


def begun(case: Case, parents: States) -> dict[str, dict[str, Tensor]]:
    """The child's weights when its training begins."""
    torch.manual_seed(2)
    fresh = {n: DynamicNetwork(net).state_dict() for n, net in case.child.trained.items()}
    return {
        name: inherit(case.child, case.parent, name, fresh[name], own, case.rule)
        for name, own in parents.items()
    }


def value(network: object, state: Mapping[str, Tensor], x: Tensor, alpha: float | None = None):
    module = with_weights(network, state).eval()
    for layer in fading_layers([module]):
        assert alpha is not None
        layer.alpha.fill_(alpha)
    with torch.inference_mode():
        return only_output(module)(x)


def seen(case: Case) -> tuple[Tensor, Tensor]:
    """Noise for G, and images for D at the child's resolution."""
    torch.manual_seed(3)
    side = case.child.settled.resolution
    return torch.randn(4, 6), torch.rand(4, 2, side, side) * 2 - 1


def as_parent(case: Case, parents: States) -> tuple[Tensor, Tensor]:
    """What the parent makes of the same: its image enlarged, its score of the image averaged."""
    noise, images = seen(case)
    factor = case.child.settled.resolution // case.parent.resolution
    made = value(case.parent.networks["G"], parents["G"], noise)
    if factor == 2:
        made = F.interpolate(made, scale_factor=2, mode="nearest")
        images = F.avg_pool2d(images, 2)
    return made, value(case.parent.networks["D"], parents["D"], images)


@examples
@given(cases())
def test_what_child_and_parent_have_in_common_is_equal(case):
    parents = weights_of(case.parent.networks, 1)
    states = begun(case, parents)
    for name, state in states.items():
        common = 0
        for (node, at), (origin, was) in case.child.inherited[name]:
            step = case.parent.networks[name].node(origin).steps[was]
            label = step.label if isinstance(step, Nested) else None
            for tensor, before in parents[name].items():
                if tensor.startswith(f"{origin}.{label or was}."):
                    here = f"{node}.{label or at}.{tensor.split('.', 2)[2]}"
                    assert torch.equal(state[here], before)
                    common += before.numel()
        both = {(node, at) for (node, at), _ in case.child.widened[name]}
        assert both.isdisjoint(place for place, _ in case.child.inherited[name])
        assert common > 0


@examples
@given(cases())
def test_child_with_fade_weight_0_is_its_parent(case):
    if case.child.fade is None:
        return
    parents = weights_of(case.parent.networks, 1)
    states = begun(case, parents)
    for name, x, expected in zip("GD", seen(case), as_parent(case, parents), strict=True):
        assert torch.equal(value(case.child.trained[name], states[name], x, 0.0), expected)


@examples
@given(cases(rules=("identity",)))
def test_identity_begins_as_the_parents_function(case):
    assert case.child.fade is not None
    parents = weights_of(case.parent.networks, 1)
    states = begun(case, parents)
    for name, x, expected in zip("GD", seen(case), as_parent(case, parents), strict=True):
        # a FadeIn layer begins at 0 by itself
        module = with_weights(case.child.trained[name], states[name]).eval()
        with torch.inference_mode():
            assert torch.equal(only_output(module)(x), expected)


@examples
@given(cases())
def test_child_with_fade_weight_1_is_the_settled_one(case):
    states = weights_of(case.child.trained, 1)
    for name, x in zip("GD", seen(case), strict=True):
        alphas = {
            tensor: torch.ones(())
            for tensor in DynamicNetwork(case.child.trained[name]).state_dict()
            if tensor.endswith("alpha")
        }
        whole = value(case.child.trained[name], states[name] | alphas, x, 1.0)
        left = settle(case.child, name, states[name])
        assert torch.equal(value(case.child.settled.networks[name], left, x), whole)


@examples
@given(cases(rules=("overlap",)))
def test_overlap_keeps_the_common_slice_and_reinit_nothing(case):
    parents = weights_of(case.parent.networks, 1)
    torch.manual_seed(2)
    fresh = {n: DynamicNetwork(net).state_dict() for n, net in case.child.trained.items()}
    for name, own in parents.items():
        kept, anew = (
            inherit(case.child, case.parent, name, fresh[name], own, rule)
            for rule in ("overlap", "reinit")
        )
        for (node, at), (origin, was) in case.child.widened[name]:
            here, there = f"{node}.{at}.weight", f"{origin}.{was}.weight"
            if here in kept:
                assert torch.equal(anew[here], fresh[name][here])
                wide, narrow = kept[here], own[there]
                common = tuple(map(slice, map(min, wide.shape, narrow.shape)))
                assert torch.equal(wide[common], narrow[common])
                rest = torch.ones_like(wide, dtype=torch.bool)
                rest[common] = False
                assert torch.equal(wide[rest], fresh[name][here][rest])
