"""What metrics are derived into: the table of the language reference, metric by metric."""

from collections.abc import Callable
from textwrap import dedent

import pytest

Explicit = Callable[[str], str]
Agree = Callable[[str], None]

AP = """metric AveragePrecision(s: scores[n], y: flag[n]) =
  mean( (1 + count(s[j] > s[i] for j in n if j != i and y[j]))
      / (1 + count(s[j] > s[i] for j in n if j != i))  for i in n if y[i] )"""
ACCURACY = """metric Accuracy(s: scores[n, k], y: label[n]) =
  mean(argmax(s[i]) == y[i] for i in n)"""
F1 = """metric F1(s: scores[n], y: flag[n]) {
  let tp = count(s[i] > 0 for i in n if y[i])
  let fp = count(s[i] > 0 for i in n if not y[i])
  let fn = count(s[i] <= 0 for i in n if y[i])
  value 2 * tp / (2 * tp + fp + fn)
}"""
MACRO_F1 = """metric MacroF1(s: scores[n, k], y: label[n]) =
  mean(2 * count(argmax(s[i]) == d and y[i] == d for i in n)
    / (count(argmax(s[i]) == d for i in n) + count(y[i] == d for i in n)) for d in k)"""
AUC = """metric AUC(s: scores[n], y: flag[n]) =
  mean(s[i] > s[j] for i in n if y[i] for j in n if not y[j])"""
NDCG = """metric NDCG(s: scores[q, n], r: real[q, n]) = mean(
  sum(r[a, i] / log2(1 + rank(s[a], i)) for i in n)
  / sum(r[a, i] / log2(1 + rank(r[a], i)) for i in n) for a in q)"""
KENDALL = """metric Tau(s: scores[n], y: real[n]) = mean(
  (1 if s[i] > s[j] else -1) * (1 if y[i] > y[j] else -1) for i in n for j in n if i < j)"""
C_INDEX = """metric C(s: scores[n], t: real[n], e: flag[n]) =
  mean(s[i] > s[j] for i in n if e[i] for j in n if t[i] < t[j])"""
RECALL_AT_FPR = """metric R(s: scores[n], y: flag[n], f: real = 0.4) = mean(
  count(s[j] > s[i] for j in n if not y[j]) <= f * count(not y[j] for j in n)
  for i in n if y[i])"""
PCKH = """metric PCKh(h: scores[n, m, m], p: point[n], head: real[n], alpha: real = 0.5) =
  mean(dist(argmax(h[i]), p[i]) <= alpha * head[i] for i in n)"""
M_IOU = """metric mIoU(s: scores[n, k], y: label[n]) = mean(
  count(argmax(s[i]) == d and y[i] == d for i in n)
  / count(argmax(s[i]) == d or y[i] == d for i in n) for d in k)"""
KAPPA = """metric Kappa(s: scores[n, k], y: label[n]) {
  let po = mean(argmax(s[i]) == y[i] for i in n)
  let pe = sum(mean(argmax(s[i]) == d for i in n) * mean(y[i] == d for i in n) for d in k)
  value (po - pe) / (1 - pe)
}"""
QUADRATIC = """metric QK(s: scores[n, k], y: label[n]) =
  1 - sum((argmax(s[i]) - y[i]) ^ 2 for i in n) / (k - 1) ^ 2"""
TOP = """metric Top(s: scores[n, k], y: label[n], t: real = 2) =
  mean(y[i] in top(s[i], t) for i in n)"""
TOLERANCE = """metric Near(s: scores[n], y: real[n], t: real = 0.5) =
  mean(abs(s[i] - y[i]) <= t for i in n)"""
CONFIDENT = """metric Confident(s: scores[n, k], y: label[n]) =
  mean(max(s[i]) - 1 > 2 * min(s[i]) and argmax(s[i]) == y[i] for i in n)"""
COSTS = """metric Costs(s: scores[n, k], y: label[n], w: real[k, k]) =
  mean(w[y[i], argmax(s[i])] for i in n)"""
AGREEMENT = """metric Same(s: scores[n, k], t: scores[n, k]) =
  mean(argmax(s[i]) == argmax(t[i]) for i in n)"""
HIT = """metric Hit(s: scores[n, k], y: flag[n, k]) = mean(y[i, argmax(s[i])] for i in n)"""
GAINS = """metric Gains(s: scores[n], w: real[n]) = sum(w[rank(s, i) - 1] for i in n)"""
HINGE = """metric Hinge(s: scores[n], y: flag[n]) =
  mean(1 - s[i] if s[i] < 1 else 0 for i in n if y[i])"""
SQUARE = """metric Square(s: scores[n], y: real[n]) = -mean((s[i] - y[i]) ^ 2 for i in n)"""
ALL = [
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
]


@pytest.mark.parametrize("text", ALL, ids=lambda text: text.split("(")[0].split()[1])
def test_explicit_form_means_the_definition(text: str, agree: Agree, explicit: Explicit) -> None:
    explicit(text)
    agree(text)


@pytest.mark.parametrize("text", [AP, F1, AUC, NDCG, KENDALL, C_INDEX, TOP, TOLERANCE])
def test_comparisons_keep_their_meaning_under_ties(text: str, agree: Callable[..., None]) -> None:
    agree(text, ties=True)


def test_average_precision_is_as_the_language_reference_shows_it(explicit: Explicit) -> None:
    assert explicit(AP) == dedent(
        """\
        metric AveragePrecision(s: scores[n], y: flag[n]) {
          compare c[i, j] = s[j] - s[i] for i in n if y[i] for j in n if j != i
          binary b[i, j] = c[i, j] > 0
          value mean((1 + count(b[i, j] for j if y[j])) / (1 + count(b[i, j] for j)) for i)
          ideal s[i] = y[i]
        }
        """
    )


def lines(text: str, word: str) -> list[str]:
    """The items of an explicit form that begin with a word."""
    flat = " ".join(text.split())
    marks = ("compare ", "binary ", "value ", "ideal ", "}")
    for mark in marks:
        flat = flat.replace(f" {mark}", f"\n{mark}")
    return [line for line in flat.split("\n") if line.startswith(word)]


def test_accuracy_compares_the_label_with_the_others(explicit: Explicit) -> None:
    shown = explicit(ACCURACY)
    assert lines(shown, "compare") == [
        "compare c[i, j] = s[i, y[i]] - s[i, j] for i in n for j in k if j != y[i]"
    ]
    assert lines(shown, "value") == ["value mean(all(b[i, j] for j) for i)"]
    assert lines(shown, "ideal") == ["ideal s[i, j] = y[i] == j"]


def test_four_counts_of_f1_share_one_family(explicit: Explicit) -> None:
    shown = explicit(F1)
    assert lines(shown, "compare") == ["compare c[i] = s[i] for i in n"]
    assert "count(not b[i] for i if y[i])" in " ".join(shown.split())


def test_disjoint_pairs_are_not_merged_into_all_pairs(explicit: Explicit) -> None:
    shown = explicit(
        """metric Both(s: scores[n], y: flag[n], z: flag[n]) =
             count(s[i] > s[j] for i in n if y[i] for j in n if z[j])
           + count(s[i] > s[j] for i in n if not y[i] for j in n if not z[j])"""
    )
    assert len(lines(shown, "compare")) == 2


def test_argmax_near_a_point_compares_near_cells_with_far_ones(explicit: Explicit) -> None:
    [compare] = lines(explicit(PCKH), "compare")
    near = "sqrt((j - p[i, 0]) ^ 2 + (j2 - p[i, 1]) ^ 2) <= alpha * head[i]"
    far = "sqrt((j3 - p[i, 0]) ^ 2 + (j4 - p[i, 1]) ^ 2) > alpha * head[i]"
    loops = f"for i in n for j in m for j2 in m if {near} for j3 in m for j4 in m if {far}"
    assert compare == f"compare c[i, j, j2, j3, j4] = h[i, j, j2] - h[i, j3, j4] {loops}"


def test_argmax_as_a_number_is_a_sum_over_the_places_that_win(explicit: Explicit) -> None:
    [value] = lines(explicit(QUADRATIC), "value")
    assert "sum(sum((j - y[i]) ^ 2 for j if all(b[i, j, j2] for j2)) for i)" in value


def test_at_least_is_the_negation_of_less(explicit: Explicit) -> None:
    shown = explicit("metric M(s: scores[n]) = count(s[i] >= 0.5 for i in n)")
    assert lines(shown, "compare") == ["compare c[i] = 0.5 - s[i] for i in n"]
    assert lines(shown, "value") == ["value count(not b[i] for i)"]


def test_greater_than_the_greatest_is_greater_than_each(explicit: Explicit) -> None:
    shown = explicit(
        "metric M(s: scores[n, k]) = count(s[i, 0] > max(s[i, j] for j in 1..2) for i in n)"
    )
    assert lines(shown, "compare") == [
        "compare c[i, j] = s[i, 0] - s[i, j] for i in n for j in 1..2"
    ]
    assert lines(shown, "value") == ["value count(all(b[i, j] for j) for i)"]


def test_a_condition_on_scores_becomes_bits(explicit: Explicit) -> None:
    shown = explicit("metric M(s: scores[n], y: flag[n]) = count(y[i] for i in n if s[i] > 0)")
    assert lines(shown, "value") == ["value count(y[i] for i if b[i])"]


def test_loops_that_a_comparison_does_not_need_make_no_further_bits(explicit: Explicit) -> None:
    shown = explicit(
        "metric M(s: scores[n]) = mean(count(rank(s, i) <= t for i in n) for t in 1..3)"
    )
    [compare] = lines(shown, "compare")
    assert compare == "compare c[i, j] = s[j] - s[i] for i in n for j in n if j != i"


def test_conditions_that_never_hold_make_no_bits(explicit: Explicit) -> None:
    shown = explicit(
        "metric M(s: scores[n]) = count(s[i] > 0 for i in n) + count(s[i] > 1 for i in n if 1 > 2)"
    )
    assert lines(shown, "value") == ["value count(b[i] for i)"]


@pytest.mark.parametrize(
    ("inputs", "ideal"),
    [
        ("s: scores[n, k], y: label[n]", ["ideal s[i, j] = y[i] == j"]),
        ("s: scores[n], y: flag[n]", ["ideal s[i] = y[i]"]),
        ("s: scores[n], y: real[n]", ["ideal s[i] = y[i]"]),
        ("s: scores[n], y: real[n], w: flag[n]", []),
        ("s: scores[n], t: scores[n], y: flag[n]", ["ideal s[i] = y[i]", "ideal t[i] = y[i]"]),
    ],
)
def test_ideals_follow_from_types(inputs: str, ideal: list[str], explicit: Explicit) -> None:
    some = "s[i, 0]" if "k" in inputs else "s[i]"
    shown = explicit(f"metric M({inputs}) = count({some} > 0 for i in n)")
    assert lines(shown, "ideal") == ideal


def test_stated_ideals_are_kept(explicit: Explicit) -> None:
    shown = explicit(
        "metric M(s: scores[n], t: real[n]) { value count(s[i] > 0 for i in n) ideal s[i] = -t[i] }"
    )
    assert lines(shown, "ideal") == ["ideal s[i] = -t[i]"]
