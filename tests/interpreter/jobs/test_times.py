"""`time`: nodes are timed once, the table is kept, and an example takes what its nodes take."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autodesign.dsl import spec
from autodesign.interpreter.jobs import times as times_module
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Run
from autodesign.interpreter.jobs.times import Times, priced
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.timing import node_times

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]
CPU = torch.device("cpu")

NESTED = """ad 1
network Choice {
  input   x: vector[8]
  control Q(x) = Linear ~> wide, thin
  node    wide(x) = Linear(64) | ReLU | Linear(2)
  node    thin(x) = Linear(2)
  output  y = wide ?? thin
}
network Outer {
  input  x: vector[8]
  control Q(x) = Linear ~> a, b
  node   a(x) = Linear(8) | Choice | ReLU
  node   b(x) = Linear(2)
  output y = a ?? b
}
"""


def table(batch: int = 8, **of_batch: float) -> Times:
    """A table in which a node takes for one example half of what it takes for a batch."""
    nodes = {name: {1: time / 2, batch: time} for name, time in of_batch.items()}
    return Times(device="cpu", threads=1, precision="float32", batch=batch, nodes=nodes)


@pytest.fixture
def rewarded(text: str) -> str:
    """The job with measured time in place of multiplications, in the reward and the report."""
    goal = text.replace("1 - cost / cost(N3)", "1 - time / time(N3)")
    return goal.replace("label), cost, paths", "label), time, time / time(N2, N3), paths")


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Times that are the same each time they are measured; how often they were, by batch."""
    asked: list[int] = []

    def measured(
        net: DynamicNetwork, batch: int, device: torch.device, precision: str
    ) -> dict[str, dict[int, float]]:
        asked.append(batch)
        return {"Q": {batch: 8.0}, "N2": {batch: 16.0}, "N3": {batch: 80.0}}

    monkeypatch.setattr(times_module, "node_times", measured)
    return asked


def test_every_node_is_timed_at_several_numbers_of_examples(
    check: Callable[..., spec.Spec],
) -> None:
    net = DynamicNetwork(check(NESTED).networks["Outer"])
    found = node_times(net, 16, CPU)
    assert list(found) == list(net.names.nodes)
    assert {tuple(times) for times in found.values()} == {(1, 4, 8, 16)}
    assert all(time > 0 for times in found.values() for time in times.values())
    assert net.training


def test_timing_draws_no_random_numbers(check: Callable[..., spec.Spec]) -> None:
    net = DynamicNetwork(check(NESTED).networks["Outer"])
    before = torch.get_rng_state()
    node_times(net, 4, CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_example_takes_what_the_nodes_take_that_it_ran(
    check: Callable[..., spec.Spec],
) -> None:
    torch.manual_seed(0)
    net = DynamicNetwork(check(NESTED).networks["Outer"])
    result = net(torch.randn(32, 8))
    prices = {name: 2.0**i for i, name in enumerate(net.names.nodes)}
    expected = sum(result.executed[name].float() * price for name, price in prices.items())
    assert isinstance(expected, torch.Tensor)
    assert torch.equal(result.spent(prices), expected)
    assert expected.unique().numel() > 1  # examples went different ways


def test_time_of_nodes_counts_the_networks_in_them() -> None:
    times = table(Q=8, a=16, b=24, **{"a.Choice.Q": 32, "a.Choice.wide": 40, "ab": 48})
    assert times.of(["a"]) == (16 + 32 + 40) / 8
    assert times.of(["a", "b"]) == (16 + 32 + 40 + 24) / 8


def test_a_pass_takes_what_its_nodes_take_for_the_examples_they_get() -> None:
    # N2 takes 40 for 1 example and 80 for 8: 40 + 40 * 3 / 7 for 4 of them
    assert table(N2=80, N3=16).of_batch({"N2": 4, "N3": 0}) == pytest.approx(40 + 40 * 3 / 7)
    assert table(N2=80).of_batch({"N2": 16}) == 160


def test_time_of_nodes_becomes_a_number(rewarded: str, check: Callable[..., spec.Spec]) -> None:
    job = check(rewarded).jobs["job"]
    known = priced(job, table(Q=8, N2=16, N3=80))
    assert "TimeOf" in repr(job) and "TimeOf" not in repr(known)
    assert "Constant(value=10.0)" in repr(known.goals[0].term)


def test_a_report_tells_the_mean_time(
    start: Start, rewarded: str, tmp_path: Path, fixed: list[int]
) -> None:
    done = start(tmp_path / "run", rewarded)
    result = done.results["job"]
    # Q takes a microsecond for an example (8 for a batch of 8), N2 two, N3 ten.
    expected = 1 + 2 * result.rates["N2"] + 10 * result.rates["N3"]
    assert result.values["time"] == pytest.approx(expected, rel=1e-6)  # a float32 sum
    assert result.values["time / time(N2, N3)"] == pytest.approx(expected / 12, rel=1e-6)
    assert fixed == [8]


def test_a_job_that_asks_for_no_time_times_nothing(
    start: Start, tmp_path: Path, fixed: list[int]
) -> None:
    start(tmp_path / "run")
    assert fixed == [] and not (tmp_path / "run" / "job" / "times.json").exists()


class KilledAtStep(Listener):
    def __init__(self, step: int) -> None:
        self.left = step

    def stepped(self, epoch: int, step: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def left_in(directory: Path) -> dict[str, bytes]:
    names = ("last.safetensors", "best.safetensors", "metrics.jsonl", "result.json", "times.json")
    return {name: (directory / "job" / name).read_bytes() for name in names}


def test_a_resumed_run_goes_on_with_the_same_table(
    start: Start, rewarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured times differ from run to run; a table that is measured again would change rewards
    and so the weights."""
    start(tmp_path / "unbroken", rewarded)
    measured = left_in(tmp_path / "unbroken")
    kept = Times.model_validate_json(measured["times.json"])
    with monkeypatch.context() as patch:
        patch.setattr(times_module, "node_times", lambda *asked: kept.nodes)
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path / "broken", rewarded, listener=KilledAtStep(7))
    monkeypatch.setattr(times_module, "node_times", None)
    start(tmp_path / "broken", rewarded, resume=True)
    assert left_in(tmp_path / "broken") == measured


def test_a_table_that_is_gone_or_another_is_not_measured_again(
    start: Start, rewarded: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "run", rewarded, listener=KilledAtStep(7))
    path = tmp_path / "run" / "job" / "times.json"
    other = json.dumps({**json.loads(path.read_text()), "batch": 4})
    for text in (None, "{}", other):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        with pytest.raises(RunError) as caught:
            start(tmp_path / "run", rewarded, resume=True)
        assert [one.code for one in caught.value.diagnostics] == ["AD903"]
