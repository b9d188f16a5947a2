"""Comparisons that cannot change the value are not made."""

from collections.abc import Callable

import pytest

INPUTS = """s: scores[n], a: scores[n, k], y: label[n], f: flag[n], g: flag[n, k], r: real[n],
  q: real[n]"""

NARROWED = [
    ("count(s[i] > 0 and f[i] for i in n)", "for i in n if f[i]", "count(b[i] for i)"),
    (
        "mean(argmax(a[i]) == y[i] and not f[i] for i in n if r[i] > 1)",
        "for i in n if r[i] > 1 if not f[i] for j in k if j != y[i]",
        "count(all(b[i, j] for j) for i) / count(true for i2 in n if r[i2] > 1)",
    ),
    ("any(f[i] and s[i] > 0 and r[i] > 1 for i in n) + 1", "for i in n if f[i] if r[i] > 1", ""),
    ("mean(all(g[i, c] or a[i, c] < 0 for c in k) for i in n)", "for c in k if not g[i, c]", ""),
    (
        "count(s[i] > 0 or f[i] for i in n)",
        "for i in n if not f[i]",
        "count(b[i] for i) + count(true for i2 in n if f[i2])",
    ),
    (
        "mean(not (f[i] and s[i] > 0) for i in n if r[i] > 1)",
        "for i in n if r[i] > 1 if f[i]",
        "(count(not b[i] for i) + count(true for i2 in n if r[i2] > 1 if not f[i2]))",
    ),
    ("sum(r[i] * s[i] if f[i] else 0 for i in n)", "", "sum(r[i] * s[i] for i in n if f[i])"),
    ("sum(0 if f[i] else (s[i] > 1) for i in n)", "for i in n if not f[i]", ""),
    ("count(s[j] > s[i] and j != i for i in n for j in n)", "for j in n if j != i", ""),
    (
        "mean(count(argmax(a[i]) == c and y[i] == c for i in n) / n for c in k)",
        "for c in k for i in n if y[i] == c for j in k if j != c",
        "",
    ),
]

AS_THEY_ARE = [
    # an undefined condition leaves undefined what it is a condition of
    ("count(s[i] > 0 and r[i] / (q[i] - 1) > 1 for i in n)", "for i in n"),
    ("count(s[0] > t and r[t] > 1 for t in 0..5)", "for t in 0..5"),
    # every bit matters
    ("count(f[i] and not f[i] for i in n if s[i] > 0) + count(s[i] > 0 for i in n)", "for i in n"),
    ("max(s[i] > 0 and f[i] for i in n)", "for i in n"),
]


@pytest.mark.parametrize(("value", "loops", "shown"), NARROWED, ids=[one[0] for one in NARROWED])
def test_data_chooses_the_comparisons(
    value: str,
    loops: str,
    shown: str,
    explicit: Callable[[str], str],
    agree: Callable[[str], None],
) -> None:
    text = f"metric M({INPUTS}) = {value}"
    flat = " ".join(explicit(text).split())
    assert f"{loops} binary" in flat or not loops
    assert shown in flat
    agree(text)


@pytest.mark.parametrize(("value", "loops"), AS_THEY_ARE)
def test_comparisons_that_may_matter_are_made(
    value: str, loops: str, explicit: Callable[[str], str], agree: Callable[[str], None]
) -> None:
    text = f"metric M({INPUTS}) = {value}"
    assert f"{loops} binary" in " ".join(explicit(text).split())
    agree(text)


ITSELF = [
    ("count(s[i] > s[j] for i in n for j in n)", "for i in n for j in n if i != j"),
    (
        "mean(1 / count(s[j] >= s[i] for j in n if f[j]) for i in n if f[i])",
        "for i in n if f[i] for j in n if f[j] if i != j",
    ),
    ("mean(all(s[i] >= s[j] for j in n) for i in n)", "for i in n for j in n if j != i"),
    ("mean(a[i, y[i]] > a[i, c] for i in n for c in k)", "for i in n for c in k if y[i] != c"),
    ("mean(s[i] > s[0] for i in n)", "for i in n if i != 0"),
]


@pytest.mark.parametrize(("value", "loops"), ITSELF)
def test_a_score_is_not_compared_with_itself(
    value: str, loops: str, explicit: Callable[[str], str], agree: Callable[[str], None]
) -> None:
    text = f"metric M({INPUTS}) = {value}"
    assert f"{loops} binary" in " ".join(explicit(text).split())
    agree(text)
