"""Networks from text, and the devices there are."""

from collections.abc import Callable

import pytest
import torch

from autodesign.dsl.load import load_text
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.library import standard

Build = Callable[[str], DynamicNetwork]


@pytest.fixture(scope="session")
def build() -> Build:
    """The last network of a text, its weights from a fixed seed."""

    def built(text: str) -> DynamicNetwork:
        found, diagnostics = load_text(f"ad 1\n{text}", "test.ad", standard())
        assert found is not None, [d.message for d in diagnostics]
        torch.manual_seed(0)
        return DynamicNetwork(list(found.networks.values())[-1])

    return built


@pytest.fixture(
    params=[
        "cpu",
        pytest.param(
            "cuda",
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> torch.device:
    return torch.device(request.param)
