"""Metrics as they are read: names, dimensions, and what rank, top and calls stand for."""

from collections.abc import Callable, Iterator

import pytest

from autodesign.dsl import formula as f
from autodesign.dsl.load import load_metric
from autodesign.stdlib.library import standard

Read = Callable[[str], f.Metric]


@pytest.fixture
def read() -> Read:
    def run(text: str) -> f.Metric:
        metric, found = load_metric(text, standard())
        assert metric is not None, [one.message for one in found]
        return metric

    return run


def every(formula: f.Formula) -> Iterator[f.Formula]:
    yield formula
    for part in f.parts(formula):
        yield from every(part)


def loops(metric: f.Metric) -> list[f.Loop]:
    reductions = [x for x in every(metric.value) if isinstance(x, f.Reduce | f.Argmax)]
    return [loop for reduction in reductions for loop in reduction.loops]


def test_inputs_have_kinds_dimensions_and_classes(read):
    metric = read("metric M(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)")
    assert metric.inputs == (f.Input("s", "scores", ("n", "k")), f.Input("y", "label", ("n",), "k"))
    assert metric.dims == ("n", "k")


def test_classes_are_the_dimension_that_labels_lack(read):
    metric = read(
        "metric M(s: scores[n, k, h], y: label[n, h]) = "
        "mean(argmax(s[i, _, a]) == y[i, a] for i in n for a in h)"
    )
    assert metric.input("y").classes == "k"


def test_variables_have_different_names(read):
    metric = read(
        "metric M(s: scores[n], y: flag[n]) = "
        "mean(s[i] > 0 for i in n) + mean(rank(s, i) for i in n if any(s[i] > s[j] for j in n))"
    )
    names = [loop.variable for loop in loops(metric)]
    assert len(names) == len(set(names)) == 4


def test_rank_counts_the_greater_ones(read):
    by_rank = read("metric M(s: scores[n], y: flag[n]) = mean(rank(s, i) for i in n)")
    by_hand = read(
        "metric M(s: scores[n], y: flag[n]) = "
        "mean(1 + count(s[j] > s[i] for j in n if j != i) for i in n)"
    )
    assert by_rank.value == by_hand.value


def test_top_is_a_bound_on_the_rank(read):
    member = read("metric M(s: scores[n], y: flag[n]) = mean(i in top(s, 3) for i in n)")
    by_rank = read("metric M(s: scores[n], y: flag[n]) = mean(rank(s, i) <= 3 for i in n)")
    assert member.value == by_rank.value


def test_a_call_is_the_value_of_what_it_calls(read):
    called = read(
        "metric Auc(s: scores[m], y: flag[m]) = mean(s[i] > s[j] for i in m if y[i] for j in m) "
        "metric M(s: scores[n, k], y: flag[n, k]) = mean(Auc(s[_, c], y[_, c]) for c in k)"
    )
    by_hand = read(
        "metric M(s: scores[n, k], y: flag[n, k]) = "
        "mean(mean(s[i, c] > s[j, c] for i in n if y[i, c] for j in n) for c in k)"
    )
    assert called.value == by_hand.value


def test_a_let_is_put_in_with_variables_of_its_own(read):
    metric = read(
        "metric M(s: scores[n], y: flag[n]) "
        "{ let hits = count(s[i] > 0 for i in n)  value hits / (1 + hits) }"
    )
    assert [loop.variable for loop in loops(metric)] == ["i", "i2"]


def test_parameters_have_defaults(read):
    metric = read("metric M(s: scores[n], t: real, u: real = 0.5) = mean(s[i] > t * u for i in n)")
    assert metric.parameters == {"t": None, "u": 0.5}


def test_the_explicit_form(read):
    metric = read("""metric Ap(s: scores[n], y: flag[n]) {
      compare c[i, j] = s[j] - s[i]  for i in n if y[i] for j in n if j != i
      binary  b[i, j] = c[i, j] > 0
      value   mean((1 + count(b[i, j] for j if y[j])) / (1 + count(b[i, j] for j)) for i)
      ideal   s[i] = y[i]
    }""")
    (family,) = metric.families
    assert (family.compare, family.binary) == ("c", "b")
    assert [(loop.variable, loop.over) for loop in family.loops] == [("i", "n"), ("j", "n")]
    assert {(loop.variable, loop.over) for loop in loops(metric)} == {("i", None), ("j", None)}
    assert metric.ideals[0].input == "s"


def test_families_share_a_prefix_of_loops(read):
    metric = read("""metric M(s: scores[n], y: flag[n]) {
      compare c[i] = s[i]  for i in n if y[i]
      binary  b[i] = c[i] > 0
      compare d[i, j] = s[j] - s[i]  for i in n if y[i] for j in n
      binary  e[i, j] = d[i, j] > 0
      value   mean(b[i] and all(e[i, j] for j) for i)
    }""")
    assert metric.families[0].loops[0] == metric.families[1].loops[0]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("mean(s[i] == y[j] for i in n for j in k)", "AD403"),
        ("mean(rank(s[i], i) for i in n)", "AD403"),
        ("mean(y[i] and y[i] for i in n)", "AD404"),
        ("count(s[i, 0] for i in n)", None),
        ("mean(s[i, 0] for i in n", "AD103"),
        ("argmax(s)", "AD404"),
        ("mean(s[i, c] for c in k)", "AD406"),
        ("mean(s[i, 0] for i)", "AD407"),
        ("mean(s[i, 0] for i in 1..)", "AD407"),
        ("mean(1, 2)", "AD408"),
    ],
)
def test_what_is_refused(value, code):
    text = f"metric M(s: scores[n, k], y: label[n]) = {value}"
    found = [one.code for one in load_metric(text, standard())[1]]
    assert (code in found) if code else found == ["AD404"]
