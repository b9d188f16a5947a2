"""specs/dynamic: the networks are drawn, and the static ones are made of their nodes."""

from pathlib import Path

import pytest

import autodesign as ad
from autodesign.dsl import spec
from autodesign.interpreter.drawing.command import draw_into

FOLDER = Path(__file__).parents[2] / "specs" / "dynamic"
FILES = sorted(
    path
    for path in FOLDER.glob("*.ad")
    if path.name != "layers.ad" and not path.stem.endswith(("_curve", "_time"))
)


def dynamic(checked: spec.Spec) -> spec.Network:
    return checked.jobs["dynamic"].network


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_network_is_drawn_with_all_its_nodes(path: Path, tmp_path: Path) -> None:
    checked = ad.load(path).checked
    drawn = tmp_path / "network.svg"
    draw_into(checked, dynamic(checked).name, drawn)
    picture = drawn.read_text("utf-8")
    assert all(f">{node.name}<" in picture for node in dynamic(checked).nodes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_static_networks_are_made_of_the_same_nodes(path: Path) -> None:
    """What costs in a static network costs the same in the dynamic one, under the same name.

    But for the single path through the hierarchy, whose leaf has all ten classes.
    """
    checked = ad.load(path).checked
    costs = {node.name: node.greatest for node in dynamic(checked).nodes}
    static = [job.network for name, job in checked.jobs.items() if name != "dynamic"]
    assert static
    for network in static:
        own = {n.name: n.greatest for n in network.nodes if (network.name, n.name) != PATH_LEAF}
        assert own == {name: costs[name] for name in own}


PATH_LEAF = ("Path", "N4")


def test_each_point_of_a_sweep_starts_from_the_job_of_its_own_seed() -> None:
    sweep = ad.load(FOLDER / "residual_curve.ad").checked.sweeps["curve"]
    assert {point.job.seed for point in sweep.points} == {0, 1, 2}
    for point in sweep.points:
        [start] = point.job.starts
        assert isinstance(start.source, spec.Train)
        assert start.source.seed == point.job.seed
