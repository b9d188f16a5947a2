"""Networks of many control nodes, as they are written: what must come of each is known."""

from collections.abc import Callable, Iterable
from time import process_time

import pytest

from autodesign.dsl.spec import Analysis, Spec

Checked = Callable[..., Spec]

GENEROUS = 5.0
"""Seconds of CPU time; on an idle machine each of these takes a small part of one."""


def analysis(checked: Checked, lines: Iterable[str]) -> Analysis:
    start = process_time()
    spec = checked("network Net {\n  input x: vector[1]\n" + "\n".join(lines) + "\n}")
    assert process_time() - start < GENEROUS
    return spec.networks["Net"].analysis


def chain(length: int) -> list[str]:
    """Two paths that part and meet again, over and over (thesis fig. 2.3, chain)."""
    lines, before = [], "x"
    for i in range(length):
        lines += [
            f"control Q{i}({before}) = Linear ~> A{i}, B{i}",
            f"node A{i}({before}) = Linear(1)",
            f"node B{i}({before}) = Linear(2) | Linear(1)",
            f"node C{i}(A{i} ?? 0, B{i} ?? 0) = add",
        ]
        before = f"C{i}"
    return [*lines, f"output y = {before}"]


def cascade(length: int) -> list[str]:
    """Each stage may be the last."""
    lines, before = [], "x"
    for i in range(length):
        lines += [
            f"control Q{i}({before}) = Linear ~> N{i}, skip",
            f"node N{i}({before}) = Linear(1)",
        ]
        before = f"N{i}"
    return [*lines, f"output y = {before}"]


def hierarchy(inner: int) -> list[str]:
    """A binary tree, numbered like a heap: node i leads to 2i or 2i + 1."""
    lines = ["node N1(x) = Linear(1)"]
    for i in range(1, inner + 1):
        lines.append(f"control Q{i}(N{i}) = Linear ~> N{2 * i}, N{2 * i + 1}")
        lines += [f"node N{child}(N{i}) = Linear(1)" for child in (2 * i, 2 * i + 1)]
    leaves = [f"N{i}" for i in range(inner + 1, 2 * inner + 2)]
    return [*lines, f"output y = {' ?? '.join(leaves)}"]


def experts(number: int) -> list[str]:
    names = [f"E{i}" for i in range(number)]
    lines = [f"node {name}(x) = Linear({i + 1}) | Linear(1)" for i, name in enumerate(names)]
    return [
        f"control Q(x) = Linear ~> {', '.join(names)}",
        *lines,
        f"output y = {' ?? '.join(names)}",
    ]


@pytest.mark.parametrize("length", [1, 40, 1000])
def test_chain(checked: Checked, length: int) -> None:
    found = analysis(checked, chain(length))
    assert found.exact
    assert found.present["y"] == "always"
    assert (found.least, found.greatest) == (3 * length, 6 * length)  # Q: 2, A: 1, B: 2 + 2


@pytest.mark.parametrize("length", [1, 40, 1000])
def test_cascade(checked: Checked, length: int) -> None:
    found = analysis(checked, cascade(length))
    assert found.exact
    assert found.present["y"] == "sometimes"
    assert (found.least, found.greatest) == (2, 3 * length)  # Q: 2, N: 1
    assert found.when_present == (3 * length, 3 * length)
    assert found.when_null == (2, 3 * length - 1)


@pytest.mark.parametrize(("inner", "shallow", "deep"), [(1, 1, 1), (40, 5, 6), (127, 7, 7)])
def test_hierarchy(checked: Checked, inner: int, shallow: int, deep: int) -> None:
    found = analysis(checked, hierarchy(inner))
    assert found.exact
    assert found.present["y"] == "always"
    assert (found.least, found.greatest) == (1 + 3 * shallow, 1 + 3 * deep)


@pytest.mark.parametrize("number", [2, 40, 100])
def test_one_expert_of_many(checked: Checked, number: int) -> None:
    found = analysis(checked, experts(number))
    assert found.exact
    assert found.present["y"] == "always"
    assert (found.least, found.greatest) == (number + 2, number + 2 * number)


def test_experts_beyond_all_measure_are_cut(checked: Checked) -> None:
    *lines, _ = experts(1000)
    summed = ", ".join(f"E{i} ?? 0" for i in range(1000))
    found = analysis(checked, [*lines, f"node S({summed}) = add", "output y = S"])
    assert not found.exact
    assert found.present["y"] == "always"
    assert found.least <= 1000 + 2
    assert found.greatest >= 1000 + 2 * 1000


def test_networks_nested_to_a_great_depth_are_analysed_once_each(
    check: Callable[..., object],
) -> None:
    lines = ["network N0 { input x: vector[1]  control Q(x) = Linear ~> A, skip"]
    lines += ["  node A(x) = Linear(1)  output y = A }"]
    for i in range(1, 12):
        lines.append(
            f"network N{i} {{ input x: vector[1]  node A(x) = N{i - 1}  node B(x) = N{i - 1}"
            "  output y = A ?? B }"
        )
    start = process_time()
    spec, _ = check("\n".join(lines))
    assert process_time() - start < GENEROUS
    assert isinstance(spec, Spec)
    found = spec.networks["N11"].analysis
    copies = 2**11
    assert found.exact
    assert (found.least, found.greatest) == (2 * copies, 3 * copies)  # Q: 2, A: 1
    assert found.when_null == (2 * copies, 2 * copies)
    assert found.when_present == (2 * copies + 1, 3 * copies)
