"""Players that cannot be unrolled."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.pipeline.twice import check_twice


class Squashed(nn.Linear):
    """Whose operation without a second derivative stands in no layer of its own."""

    def forward(self, input: Tensor) -> Tensor:
        return nn.functional.hardsigmoid(super().forward(input))


def refusal(player: nn.Module, **others: nn.Module) -> list[Diagnostic]:
    players = {"DET": player, **others}

    def attempt() -> None:
        value = torch.ones(2, 4, requires_grad=True)
        for each in players.values():
            value = each(value)
        by = list(player.parameters())
        found = torch.autograd.grad(value.square().sum(), by, create_graph=True)
        torch.autograd.grad([g.square().sum() for g in found], by, allow_unused=True)

    with pytest.raises(SpecError) as raised:
        check_twice(attempt, players, "DET")
    return list(raised.value.diagnostics)


def AD570(tmp_path: Path) -> list[Diagnostic]:
    block = nn.Sequential(nn.Linear(4, 4), nn.Hardsigmoid())
    return refusal(nn.Sequential(nn.Linear(4, 4), block))


def AD570_itself(tmp_path: Path) -> list[Diagnostic]:
    return refusal(Squashed(4, 4))


def AD570_another(tmp_path: Path) -> list[Diagnostic]:
    return refusal(nn.Linear(4, 4), D=nn.Sequential(nn.Linear(4, 4), nn.Hardsigmoid()))
