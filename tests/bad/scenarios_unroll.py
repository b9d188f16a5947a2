"""Players that cannot be unrolled."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.twice import check_twice


class Squashed(nn.Linear):
    """Whose operation without a second derivative stands in no layer of its own."""

    def forward(self, input: Tensor) -> Tensor:
        return nn.functional.hardsigmoid(super().forward(input))


def refusal(player: nn.Module) -> list[Diagnostic]:
    def loss_of(played: Played, x: Tensor) -> Tensor:
        return played(x).square().mean()

    with pytest.raises(SpecError) as raised:
        check_twice("DET", Played(player), loss_of, (torch.ones(2, 4),))
    return list(raised.value.diagnostics)


def AD570(tmp_path: Path) -> list[Diagnostic]:
    block = nn.Sequential(nn.Linear(4, 4), nn.Hardsigmoid())
    return refusal(nn.Sequential(nn.BatchNorm1d(4), block))


def AD570_itself(tmp_path: Path) -> list[Diagnostic]:
    return refusal(Squashed(4, 4))
