"""What is drawn, from the data and from the past."""

import random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sketch import VECTOR, data, gan, vectors

from autodesign.dsl.pipeline import Draw, Phase
from autodesign.interpreter.pipeline.draws import Draws
from autodesign.interpreter.pipeline.history import History
from autodesign.interpreter.pipeline.timetable import Timetable


def draws(*sizes: int, seed: int = 1) -> Draws:
    one = Draw(("x",), data("some", x=VECTOR), ("x",), gan().players[0].span)
    return Draws([one] * len(sizes), [vectors(size, size) for size in sizes], seed)


@given(st.integers(1, 9), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_a_pass_sees_each_example_once(size: int, counts: list[int]) -> None:
    some, seen = draws(5, size), []
    for count in counts:
        batch = some.take(1, count)
        assert batch["x"].shape == (count, 4)
        seen += some.rows[1].tolist()
    for start in range(0, len(seen) - size + 1, size):
        assert sorted(seen[start : start + size]) == list(range(size))


def test_passes_and_draws_differ_and_repeat() -> None:
    one, other = draws(7, 7), draws(7, 7)
    first, again = one.take(0, 7)["x"], one.take(0, 7)["x"]
    assert not torch.equal(first, again)
    assert torch.equal(first.sort(0).values, again.sort(0).values)
    assert not torch.equal(first, one.take(1, 7)["x"])
    assert torch.equal(first, other.take(0, 7)["x"])
    assert not torch.equal(first, draws(7, 7, seed=2).take(0, 7)["x"])


@given(st.integers(0, 30))
def test_a_place_is_found_again(count: int) -> None:
    some, other = draws(5, 7), draws(5, 7)
    if count:
        some.take(1, count)
    other.restore(some.state())
    assert torch.equal(some.take(1, 9)["x"], other.take(1, 9)["x"])


# --- history ---


class Slow:
    """The rule of Shrivastava et al. 2017 (2.3), one example at a time, with Python's lists."""

    def __init__(self, size: int) -> None:
        self.size: int = size
        self.pool: list[Any] = []

    def exchange(self, batch: list[list[float]]) -> list[list[float]]:
        given = []
        for example in batch:
            if len(self.pool) < self.size:
                self.pool.append(example)
                given.append(example)
            elif torch.rand(()).item() < 0.5:
                place = int(torch.randint(self.size, ()))
                given.append(self.pool[place])
                self.pool[place] = example
            else:
                given.append(example)
        return given


@given(st.integers(1, 6), st.lists(st.integers(1, 5), max_size=12), st.integers(0, 99))
def test_history_is_the_slow_rule(size: int, counts: list[int], seed: int) -> None:
    fast, slow, numbers = History(size), Slow(size), random.Random(seed)
    for count in counts:
        batch = torch.tensor([[numbers.random(), 1.0] for _ in range(count)], dtype=torch.float64)
        torch.manual_seed(seed)
        given = fast.exchange(batch.requires_grad_())
        torch.manual_seed(seed)
        assert given.tolist() == slow.exchange(batch.detach().tolist())
        assert not given.requires_grad


def test_about_half_of_what_a_full_history_gives_is_past() -> None:
    torch.manual_seed(0)
    history = History(50)
    history.exchange(torch.zeros(50, 1))
    past = sum(
        int((history.exchange(torch.full((4, 1), float(n))) < n).sum()) for n in range(1, 251)
    )
    # 1000 fair coins: a deviation of 80 has a chance below 1e-6
    assert abs(past - 500) < 80


def test_a_kept_example_is_no_view_of_the_batch() -> None:
    history, batch = History(4), torch.ones(2, 3)
    history.exchange(batch)
    batch.zero_()
    state = history.state()
    assert state is not None
    assert state.tolist() == [[1, 1, 1], [1, 1, 1]]


# --- phases ---


def phases(*lengths: tuple[int, str]) -> tuple[Phase, ...]:
    return tuple(Phase(frozenset({0}), n, unit, False) for n, unit in lengths)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lengths", "steps", "starts"),
    [
        ([(2, "epochs")], [3, 3], [0, 3]),
        ([(4, "steps"), (1, "epochs")], [3, 1, 3], [0, 3, 4]),
        ([(1, "epochs"), (2, "steps"), (6, "steps")], [3, 2, 3, 3], [0, 3, 5, 8]),
    ],
)
def test_each_phase_begins_an_epoch(
    lengths: list[tuple[int, str]], steps: list[int], starts: list[int]
) -> None:
    table = Timetable(phases(*lengths), examples=10, batch=4)
    epochs = [table.at(number) for number in range(table.epochs)]
    assert [epoch.steps for epoch in epochs] == steps
    assert [epoch.before for epoch in epochs] == starts
    assert table.total == sum(steps)
    assert [table.size(step) for step in range(table.steps)] == [4, 4, 2]


def test_long_phases_cost_no_memory() -> None:
    table = Timetable(phases((10**12, "steps")), examples=10, batch=4)
    assert table.at(table.epochs - 1).steps == 1
