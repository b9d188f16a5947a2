"""Comparisons made twice become one family; what is no repetition stays apart."""

from collections.abc import Callable

import pytest

from autodesign.dsl.derive import to_text
from autodesign.dsl.load import find_metric
from autodesign.stdlib.library import standard

Explicit = Callable[[str], str]
Agree = Callable[[str], None]

INPUTS = """s: scores[n], u: scores[n], a: scores[n, k], y: label[n],
  f: flag[n], g: flag[n], r: real[n]"""

ONCE = [
    # the same two scores the other way round
    (
        "count(s[i] > u[i] for i in n if f[i]) - count(u[i] > s[i] for i in n if f[i])",
        "count(b[i] for i) - count(not b[i] for i)",
    ),
    (
        "count(s[i] > 0.5 for i in n) - 2 * count(s[i] < 0.5 for i in n)",
        "count(b[i] for i) - 2 * count(not b[i] for i)",
    ),
    (
        "count(s[i] >= r[i] for i in n) / count(s[i] > r[i] for i in n)",
        "count(not b[i] for i) / count(not b[i] for i)",
    ),
    # pairs that conditions keep apart: of two classes, in an order, of different places
    (
        "sum((s[i] > s[j]) - (s[j] > s[i]) for i in n if f[i] for j in n if not f[j])",
        "sum((1 if b[i, j] else 0) - (1 if not b[i, j] else 0) for i for j)",
    ),
    (
        "count(s[i] > s[j] for i in n for j in n if i < j)"
        " - count(s[j] > s[i] for i in n for j in n if i < j)",
        "count(b[i, j] for i for j) - count(not b[i, j] for i for j)",
    ),
    (
        "count(s[i] > s[j] for i in n if f[i] for j in n if not f[j])"
        " - count(s[i] > s[j] for i in n if not f[i] for j in n if f[j])",
        "count(b[i, j] for i for j) - count(not b[i, j] for j for i)",
    ),
    (
        "count(s[i] > s[j] for i in n for j in n) - 2 * count(s[i] < s[j] for i in n for j in n)",
        "count(b[i, j] for i for j) - 2 * count(not b[i, j] for i for j)",
    ),
    # the same, its loops in another order
    (
        "sum(r[i] * argmax(a[i]) for i in n)"
        " / sum(count(argmax(a[i]) == c for i in n) ^ 2 for c in k)",
        "sum(sum(r[i] * j for j if all(b[i, j, j2] for j2)) for i)"
        " / sum(count(all(b[i, j, j2] for j2) for i) ^ 2 for j)",
    ),
    # the score of the label with others, where each class is compared with all others anyway
    (
        "count(argmax(a[i]) == y[i] for i in n)"
        " / max(count(argmax(a[i]) == c for i in n) for c in k)",
        "count(any(all(b[i, j, j2] for j2) for j if j == y[i]) for i)"
        " / max(count(all(b[i, j, j2] for j2) for i) for j)",
    ),
]

TWICE = [
    # a difference that data may make 0
    "count(s[i] * r[i] > 0 for i in n) - count(s[i] * r[i] < 0 for i in n)",
    # rows that neither has
    "count(s[i] > s[j] for i in n if f[i] for j in n if g[j])"
    " + count(s[i] < s[j] for i in n if not f[i] for j in n if not g[j])",
    # the places of the value's loops depend on others there
    "count(s[i] > s[j] for i in n for j in n if i < j) + count(s[i] > u[j] for j in n for i in n)",
]


def as_written(value: str) -> str:
    return f"metric M({INPUTS}) = {value}"


@pytest.mark.parametrize(("value", "expected"), ONCE, ids=[value for value, _ in ONCE])
def test_made_once(value: str, expected: str, explicit: Explicit, agree: Agree) -> None:
    shown = explicit(as_written(value))
    assert shown.count("  compare ") == 1
    flat = " ".join(shown.split()).replace("( ", "(").replace(" )", ")")
    assert f"value {expected} ideal" in flat
    agree(as_written(value))


@pytest.mark.parametrize("value", TWICE)
def test_no_repetition(value: str, explicit: Explicit, agree: Agree) -> None:
    assert explicit(as_written(value)).count("  compare ") == 2
    agree(as_written(value))


@pytest.mark.parametrize("name", ["CohenKappa", "QuadraticKappa"])
def test_kappas_of_the_library_compare_each_pair_of_classes_once(
    name: str, explicit: Explicit
) -> None:
    metric, _ = find_metric(f"std.metrics.{name}", standard())
    assert metric is not None
    assert explicit(to_text(metric)).count("  compare ") == 1


def test_accuracy_beside_recall_keeps_the_few_comparisons_of_each(explicit: Explicit) -> None:
    """n (k - 1) bits each; one family for both would have all k of the classes of each example."""
    shown = explicit(
        as_written(
            "mean(argmax(a[i]) == y[i] for i in n)"
            " + mean(mean(argmax(a[i]) == c for i in n if y[i] == c) for c in k)"
        )
    )
    assert shown.count("  compare ") == 2
