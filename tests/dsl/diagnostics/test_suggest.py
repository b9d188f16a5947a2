"""Near names."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodesign.dsl.diagnostics.suggest import closest, did_you_mean, edit_distance

NAMES = ("Conv1d", "Conv2d", "Conv3d", "Linear", "MaxPool2d", "CrossEntropyLoss", "N1", "N2")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2d", ("Conv2d",)),
        ("Cnov2d", ("Conv2d",)),
        ("Conv", ("Conv1d", "Conv2d", "Conv3d")),
        ("Lienar", ("Linear",)),
        ("MaxPol2d", ("MaxPool2d",)),
        ("CrossEntropy", ("CrossEntropyLoss",)),
        ("N3", ("N1", "N2")),
        ("Transformer", ()),
        ("x", ()),
        ("", ()),
    ],
)
def test_near_names(name: str, expected: tuple[str, ...]) -> None:
    assert closest(name, NAMES) == expected


def test_the_phrase() -> None:
    assert did_you_mean("Lienar", NAMES) == "did you mean Linear?"
    assert did_you_mean("N3", NAMES) == "did you mean N1 or N2?"
    assert did_you_mean("Conv", NAMES) == "did you mean Conv1d, Conv2d or Conv3d?"
    assert did_you_mean("Transformer", NAMES) == ""


def plain_distance(a: str, b: str) -> int:
    """Optimal string alignment, as in the textbooks."""
    d = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            change = d[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, change)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return d[len(a), len(b)]


words = st.text(alphabet="abc", max_size=8)


@given(words, words, st.integers(0, 8))
def test_distance_is_the_textbooks_up_to_its_limit(a: str, b: str, limit: int) -> None:
    plain = plain_distance(a, b)
    assert edit_distance(a, b, limit) == (plain if plain <= limit else None)


def test_work_is_bounded() -> None:
    start = time.process_time()
    assert closest("x" * 1_000_000, NAMES) == ()
    assert closest("node", ["y" * 1_000_000]) == ()
    closest("a_rather_long_name_of_a_node", [f"another_rather_long_name_{n}" for n in range(5000)])
    assert time.process_time() - start < 2
