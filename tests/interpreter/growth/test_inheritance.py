"""A classifier that grows begins as its parent's function, where that is asked for.

Laws over random generators and discriminators are in tests/property/test_growth_laws.py.
"""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F

import autodesign as ad
from autodesign.dsl.grow import grow, replay
from autodesign.dsl.growth import Growth
from autodesign.interpreter.growth.inheritance import inherit, settle
from autodesign.interpreter.growth.learning import only_output
from autodesign.interpreter.growth.lineage import with_weights
from autodesign.interpreter.jobs.device import threads
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.library import standard

TEXT = """ad 1
growth Nets {
  network C {
    input x: image[3, 8, 8]
    node stem(x) = Conv2d(4, 3, padding=1) | BatchNorm2d | ReLU
    node mid(stem) = Conv2d(6, 3, padding=1, groups=2) | BatchNorm2d | ReLU
    node head(mid) = AdaptiveAvgPool2d(2) | Flatten | Linear(10)
    output y = head
  }
  action early(filters in {4, 6}) = Conv2d(filters, 3, padding=1) | ReLU after C.stem
  action late(filters in {5, 6}) = Conv2d(filters, 1) | BatchNorm2d | ReLU before C.head
  action upscale = double C by Conv2d(4, 3, padding=1) | ReLU with fade_in(0.5)
}
"""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threads(1):
        yield


@pytest.fixture
def growth() -> Growth:
    return ad.loads(TEXT).checked.growths["Nets"]


def used(network: DynamicNetwork) -> DynamicNetwork:
    """As after some training: statistics of normalisation are not those it began with."""
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(8, *network.network.inputs[0].shape))
    return network.eval()


@pytest.mark.parametrize(
    "texts",
    [
        ("early(filters=6)",),
        ("late(filters=5)",),
        ("upscale",),
        ("upscale", "early(filters=4)", "late(filters=6)"),
        ("late(filters=6)", "upscale", "upscale"),
    ],
)
def test_identity_preserves_a_classifier(growth: Growth, texts: tuple[str, ...]) -> None:
    """At each move along a path, of the last one's settled weights."""
    moves = {move.text: move for move in growth.moves}
    architecture = replay(growth, (), standard())
    torch.manual_seed(0)
    weights = used(DynamicNetwork(architecture.networks["C"])).state_dict()
    for text in texts:
        child = grow(growth, architecture, moves[text], standard(), "identity")
        fresh = DynamicNetwork(child.trained["C"]).state_dict()
        begun = inherit(child, architecture, "C", fresh, weights, "identity")
        images = torch.rand(4, *child.trained["C"].inputs[0].shape)
        seen = F.avg_pool2d(images, 2) if text == "upscale" else images
        with torch.inference_mode():
            before = only_output(with_weights(architecture.networks["C"], weights).eval())(seen)
            after = only_output(with_weights(child.trained["C"], begun).eval())(images)
        assert torch.equal(after, before)
        trained = used(with_weights(child.trained["C"], begun))
        weights = settle(child, "C", trained.state_dict())
        architecture = child.settled
