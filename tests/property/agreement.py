"""Runs one network twice, by the executor and by the reference, and compares all there is."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.load import load_text
from autodesign.interpreter.network import reference
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.reference import Example
from autodesign.interpreter.network.result import Result
from autodesign.stdlib.library import standard

VALUES = 1e-12
"""Relative. Both do the same arithmetic in float64, but torch sums a product of matrices in
another order for one row than for several: the last bits may differ. All else is compared
exactly."""
GRADIENTS = 1e-9

Decisions = Mapping[str, Tensor]


def checked(text: str) -> spec.Network:
    """The network `Net` of a file."""
    found, diagnostics = load_text(text, "random.ad", standard())
    assert found is not None, [d.message for d in diagnostics]
    return found.networks["Net"]


@dataclass(frozen=True)
class Case:
    """A network in float64 and a batch for it."""

    net: DynamicNetwork
    inputs: dict[str, Tensor]
    decisions: Decisions


def case(network: spec.Network, seed: int, batch: int, forced: float) -> Case:
    """Weights and inputs from `seed`; a share `forced` of the control nodes gets decisions from
    outside, the others decide for themselves."""
    torch.manual_seed(seed)
    net = DynamicNetwork(network).double()
    inputs = {
        i.name: torch.randn(batch, *i.shape, dtype=torch.float64).requires_grad_()
        for i in network.inputs
    }
    decisions = {
        name: torch.randint(actions, (batch,))
        for name, actions in net.names.controls.items()
        if torch.rand(()) < forced
    }
    return Case(net, inputs, decisions)


def examples(case: Case) -> list[Example]:
    """Each example of the batch, by the reference."""
    batch = len(next(iter(case.inputs.values())))
    return [
        reference.run(
            case.net,
            {name: value[i] for name, value in case.inputs.items()},
            {name: int(actions[i]) for name, actions in case.decisions.items()},
        )
        for i in range(batch)
    ]


def compare(case: Case, out: Result, expected: list[Example]) -> None:
    """Outputs, presence, executed nodes, decisions, scores and cost of every example."""
    for i, example in enumerate(expected):
        assert int(out.cost[i]) == example.cost
        assert [n for n, ran in out.executed.items() if ran[i]] == example.executed
        decided = {n: int(a[i]) for n, a in out.decisions.items() if a[i] >= 0}
        assert decided == example.decisions
        for name, value in example.outputs.items():
            assert bool(out.present[name][i]) == (value is not None)
            close(out[name][i], torch.zeros(()) if value is None else value, VALUES)
        for name, scores in out.scores.items():
            close(scores[i], example.scores.get(name, torch.zeros(())), VALUES)


def close(found: Tensor, expected: Tensor, tolerance: float) -> None:
    expected = expected.to(found.dtype).expand(found.shape)
    assert torch.allclose(found, expected, rtol=tolerance, atol=tolerance), (found, expected)


def compare_gradients(case: Case, out: Result, expected: list[Example]) -> None:
    """Of one weighted sum of all outputs and scores, with respect to inputs and weights."""
    leaves = [*case.inputs.values(), *case.net.parameters()]
    weights = {name: torch.randn_like(value) for name, value in [*out.items(), *out.scores.items()]}
    batched = [(value * weights[name]).sum() for name, value in [*out.items(), *out.scores.items()]]
    single = [
        (value * weights[name][i]).sum()
        for i, example in enumerate(expected)
        for name, value in [*example.outputs.items(), *example.scores.items()]
        if value is not None
    ]
    pairs = zip(_gradients(batched, leaves), _gradients(single, leaves), strict=True)
    for found, wanted in pairs:
        close(found, wanted, GRADIENTS)


def _gradients(terms: list[Tensor], leaves: list[Tensor]) -> list[Tensor]:
    total = torch.stack([torch.zeros((), dtype=torch.float64), *terms]).sum()
    if not total.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(total, leaves, allow_unused=True)
    pairs = zip(found, leaves, strict=True)
    return [torch.zeros_like(leaf) if g is None else g for g, leaf in pairs]
