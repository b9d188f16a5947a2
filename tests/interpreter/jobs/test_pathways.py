"""What a report tells of decisions: the network coloured by use, its paths with test images, wall
time beside multiplications."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pytest
import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs import checkpoint, curves
from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.jobs.pathways import decided, distribution, strip
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.run import Run
from autodesign.interpreter.jobs.times import Times
from autodesign.interpreter.jobs.wall import Alone, Wall
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.static import needed, paths, run_static
from autodesign.stdlib.data.reading.examples import Splits

Start = Callable[..., Run]
Check = Callable[..., spec.Spec]

CASCADE = """ad 1
network Cascade {
  input   x: vector[4]
  node    N1(x)  = Linear(3)
  control Q1(N1) = Linear ~> N2, N3
  node    N2(N1) = Linear(2)
  node    N3(x)  = Linear(5)
  control Q2(N3) = Linear ~> N4, skip
  node    N4(N3) = Linear(2)
  output  y = N2 ?? N4 ?? 0
}
"""

DOTS = """ad 1
network Inner {
  input   x: vector[4]
  control Q(x) = Linear ~> a, b
  node    a(x) = Linear(2)
  node    b(x) = Linear(2)
  output  y = a ?? b
}
network Outer {
  input  x: vector[4]
  node   c(x) = Linear(4) | Inner | Linear(3)
  node   d(c) = Linear(2)
  output y = d
}
"""


@pytest.fixture
def run(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    return start(tmp_path / "run")


def place(run: Run) -> JobDirectory:
    return JobDirectory(run.directory / "job")


# --- paths alone ----------------------------------------------------------------------------------


def test_the_paths_of_a_network(check: Check) -> None:
    net = check(CASCADE).networks["Cascade"]
    found = {" ".join(n.name for n in net.nodes if n.name in path) for path in paths(net)}
    assert found == {"N1 Q1 N2", "N1 Q1 N3 Q2 N4", "N1 Q1 N3 Q2"}


def test_all_nodes_and_one_path_give_what_forced_decisions_give(check: Check) -> None:
    torch.manual_seed(0)
    module = DynamicNetwork(check(CASCADE).networks["Cascade"]).eval()
    x = torch.randn(6, 4)
    for action, nodes in ((0, {"N1", "N2"}), (1, {"N3", "N4"})):
        decisions = {"Q1": torch.full((6,), action), "Q2": torch.zeros(6, dtype=torch.long)}
        expected = module(x, decisions=decisions)["y"]
        torch.testing.assert_close(run_static(module, [x], nodes)["y"], expected)
    every = run_static(module, [x])["y"]
    torch.testing.assert_close(every, run_static(module, [x], {"N1", "N2"})["y"])


def test_a_network_within_runs_all_its_nodes_or_decides(check: Check) -> None:
    torch.manual_seed(0)
    module = DynamicNetwork(check(DOTS).networks["Outer"]).eval()
    x = torch.randn(5, 4)
    torch.testing.assert_close(run_static(module, [x], {"c", "d"})["y"], module(x)["y"])
    first = module(x, decisions={"c.Inner.Q": torch.zeros(5, dtype=torch.long)})["y"]
    torch.testing.assert_close(run_static(module, [x])["y"], first)


# --- what is kept of a run ------------------------------------------------------------------------


def test_images_are_those_of_the_first_examples_of_each_path(
    run: Run, splits: Splits, check: Check, text: str
) -> None:
    net = DynamicNetwork(check(text).networks["HighLow"]).eval()
    best = checkpoint.read(place(run).best).tensors
    net.load_state_dict(checkpoint.below("network", best))
    images = splits.test.batch(torch.arange(len(splits.test)))["image"]
    ran = net(images).executed
    kept = checkpoint.read(place(run).examples).tensors
    assert set(kept) == set(run.results["job"].paths)
    for path, shown in kept.items():
        node = "N2" if "N2" in path else "N3"
        expected = (images[ran[node]] * 255).round().to(torch.uint8)
        assert torch.equal(shown, expected)


def test_wall_time_is_told_beside_multiplications(run: Run) -> None:
    wall = Wall.read(place(run).wall)
    # By hand: N2 is 4 * 10 multiplications, N3 64 * 16 + 16 * 10.
    assert {one.nodes: one.cost for one in wall.alone} == {("N2",): 40, ("N3",): 1184}
    assert wall.cost == 1224 and wall.batch == 8 and wall.criterion == "Accuracy(y, label)"
    assert min(wall.dynamic, wall.every, *(one.time for one in wall.alone)) > 0
    assert all(one.value is not None and 0 <= one.value <= 1 for one in wall.alone)


@pytest.mark.parametrize(("greater", "best"), [(True, "N3"), (False, "N4")])
def test_the_best_path_is_the_one_of_the_best_value(greater: bool, best: str) -> None:
    alone = (
        Alone(nodes=("N2",), cost=9, time=2.0, value=0.8),
        Alone(nodes=("N3",), cost=5, time=1.0, value=0.8),
        Alone(nodes=("N4",), cost=1, time=1.0, value=0.1),
    )
    wall = Wall(
        device="cpu",
        threads=1,
        batch=8,
        dynamic=1.0,
        every=2.0,
        cost=15,
        criterion="Accuracy(y, label)",
        greater=greater,
        alone=alone,
    )
    assert wall.best is not None and wall.best.nodes == (best,)


def test_a_network_that_decides_nothing_has_none_of_it(
    start: Start, head: str, tmp_path: Path
) -> None:
    job = """
network Plain { input image: image[1, 8, 8] node N(image) = Flatten | Linear(10) output y = N }
train job = Plain on digits {
  minimize CrossEntropyLoss(y, label) using SGD(lr=0.1) epochs 1 batch 8
}
"""
    run = start(tmp_path / "run", head + job)
    assert not place(run).wall.exists() and not place(run).examples.exists()
    assert "What it decides" not in (run.directory / "report.html").read_text()


# --- the page -------------------------------------------------------------------------------------


def test_the_page_shows_paths_and_wall_time(run: Run, text: str) -> None:
    page = (run.directory / "report.html").read_text()
    result = run.results["job"]
    assert page.count('class="strip"') == len(result.paths)
    for count in result.paths.values():
        assert f'<td class="n">{count}</td>' in page
    for words in ("the network as it decides", "all regular nodes", "the best path alone"):
        assert words in page
    assert re.search(r'class="chip off">N[23]<', page) or len(result.rates) == 3


def test_the_times_of_nodes_predict_that_of_a_batch(run: Run, check: Check, text: str) -> None:
    nodes = {"Q": {1: 2.0, 8: 16.0}, "N2": {1: 5.0, 8: 19.0}, "N3": {1: 10.0, 8: 80.0}}
    times = Times(device="cpu", threads=1, precision="float32", batch=8, nodes=nodes)
    times.write(place(run).times)
    rates = {"Q": 1.0, "N2": 0.5, "N3": 0.0}
    result = run.results["job"].model_copy(update={"rates": rates})
    shown = decided(check(text).jobs["job"], result, place(run))
    # Q for all 8; N2 for 4, on the line from 5 for 1 to 19 for 8; N3 for none
    assert shown is not None and shown.predicted == 16 + (5 + 14 * 3 / 7)


def test_the_network_is_coloured_by_use(run: Run, check: Check, text: str) -> None:
    job = check(text).jobs["job"]
    rates = {"Q": 1.0, "N2": 0.0, "N3": 0.25}
    result = run.results["job"].model_copy(update={"rates": rates})
    shown = decided(job, result, place(run))
    assert shown is not None
    drawing = ElementTree.fromstring(str(shown.drawing))
    space = "{http://www.w3.org/2000/svg}"
    fills, words = {}, {}
    for group in drawing.iter(f"{space}g"):
        name = group.attrib.get("data-name")
        if name in rates:
            fills[name] = next(group.iter(f"{space}path")).attrib["fill"]
            words[name] = [text.text for text in group.iter(f"{space}text")][-1]
    assert fills["N2"] == "#eceef0" and len(set(fills.values())) == 3
    assert words == {
        "Q": "32 mult. · 100%",
        "N2": "40 mult. · 0%",
        "N3": "1.18k mult. · 25%",
    }


def test_paths_that_are_not_shown_are_counted(run: Run, check: Check, text: str) -> None:
    many = {" ".join(["Q"] * (i + 1)): 40 - i for i in range(20)}
    result = replace_paths(run.results["job"], many)
    shown = decided(check(text).jobs["job"], result, place(run))
    assert shown is not None and len(shown.paths) == 12
    assert shown.others == sum(40 - i for i in range(12, 20))
    assert shown.paths[0].share == 40 / sum(many.values())


def replace_paths(result: Result, paths: dict[str, int]) -> Result:
    return result.model_copy(update={"paths": paths, "examples": sum(paths.values())})


def test_the_distribution_is_drawn_the_same_each_time() -> None:
    drawn = distribution({"A B": 3, "A C": 1, "A": 4})
    assert drawn == distribution({"A B": 3, "A C": 1, "A": 4})
    assert drawn.startswith("<svg") and "nodes that ran" in drawn


@pytest.mark.parametrize("channels", [1, 3])
def test_images_stand_side_by_side(channels: int) -> None:
    from PIL import Image

    images: Tensor = torch.randint(255, (3, channels, 4, 5), dtype=torch.uint8)
    address = strip(images)
    drawn = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    assert drawn.size == (3 * 5 + 2 * 2, 4)
    right = drawn.crop((14, 0, 19, 4))
    values = torch.from_numpy(numpy.array(right)).view(4, 5, channels).permute(2, 0, 1)
    assert torch.equal(values, images[2])


def test_needed_leaves_out_what_only_control_nodes_read(check: Check) -> None:
    net = check(CASCADE).networks["Cascade"]
    assert needed(net, {"N1", "Q1", "N3", "Q2", "N4"}) == {"N3", "N4"}
    assert needed(net, {"N1", "Q1"}) == frozenset()  # the default alone
    without = replace(net, outputs=tuple(drop(one) for one in net.outputs))
    assert needed(without, {"N1", "Q1"}) is None


def drop(output: spec.Output) -> spec.Output:
    return replace(output, edge=replace(output.edge, default=None))
