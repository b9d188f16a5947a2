"""What specs/uniloss says of itself: sizes of its networks, and which specs differ in what."""

from difflib import ndiff
from itertools import pairwise
from pathlib import Path

import pytest

import autodesign as ad
from autodesign.dsl.spec import Nested
from autodesign.interpreter.network.module import DynamicNetwork

FOLDER = Path(__file__).parents[2] / "specs" / "uniloss"


def weights(spec: str, job: str) -> int:
    network = ad.load(FOLDER / spec).checked.jobs[job].network
    return sum(weight.numel() for weight in DynamicNetwork(network).parameters())


def test_the_perceptron_is_784_500_300_2() -> None:
    layers = ((784, 500), (500, 300), (300, 2))
    assert weights("zero.ad", "unified") == sum(n * m + m for n, m in layers)


def test_resnet20_has_the_weights_of_the_paper() -> None:
    """He et al. (2016), table 6: 0.27M. By hand: convolutions, two numbers for each normalised
    channel, the linear layer; shortcuts have none."""
    widths = [3, *[16] * 7, *[32] * 6, *[64] * 6]
    convolutions = sum(9 * a * b + 2 * b for a, b in pairwise(widths))
    assert weights("cifar.ad", "unified") == convolutions + 64 * 10 + 10 == 269_722


def test_an_hourglass_gives_a_heat_map_of_a_quarter_for_each_point() -> None:
    for size in (64, 256):
        job = ad.load(FOLDER / "points.ad", {"size": size}).checked.jobs["unified"]
        assert job.network.outputs[0].edge.shape == (5, size // 4, size // 4)


def test_an_hourglass_looks_at_five_sizes() -> None:
    """Newell et al. (2016), figure 3: from 64x64 down to 4x4."""
    network = ad.load(FOLDER / "points.ad").checked.jobs["unified"].network
    [level] = [step for step in network.node("glass").steps if isinstance(step, Nested)]
    sizes = []
    while level.label == "Level":
        sizes.append(level.network.inputs[0].shape[1])
        level = [s for s in level.network.node("far").steps if isinstance(s, Nested)][1]
    assert [*sizes, level.network.inputs[0].shape[1]] == [64, 32, 16, 8, 4]


def test_fashion_and_cifar_differ_in_the_data_line_alone() -> None:
    lines = [(FOLDER / f"{name}.ad").read_text().splitlines() for name in ("fashion", "cifar")]
    changed = [line for line in ndiff(*lines) if line[0] in "+-"]
    assert len(changed) == 2 and all(line[2:].startswith("data images = ") for line in changed)


@pytest.mark.parametrize("name", ["zero", "fashion", "points"])
def test_a_small_sibling_has_the_same_jobs(name: str) -> None:
    whole, small = (ad.load(FOLDER / f"{file}.ad").checked for file in (name, f"{name}_small"))
    assert list(whole.jobs) == list(small.jobs) and list(whole.params) == list(small.params)
    for job, other in zip(whole.jobs.values(), small.jobs.values(), strict=True):
        assert [(g.text, g.method.name, g.method.args) for g in job.goals] == [
            (g.text, g.method.name, g.method.args) for g in other.goals
        ]


def test_ablations_have_the_sizes_of_the_tables() -> None:
    """Thesis, tables 3.3 and 3.4."""
    batches = ad.load(FOLDER / "batch_sizes.ad").checked.sweeps["batch_sizes"]
    assert [p.job.batch for p in batches.points] == [8, 16, 32, 64, 128, 256, 512, 1024]
    for sweep in ad.load(FOLDER / "anchors.ad").checked.sweeps.values():
        anchors = [point.job.goals[0].method.args for point in sweep.points]
        assert [args["good"] for args in anchors] == [5, 10, 16]
        assert all(args["good"] == args["bad"] == args["near"] for args in anchors)
